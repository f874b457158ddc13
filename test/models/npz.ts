import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'

export type NpyNumbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** An array of NumPy in row-major order. */
export interface NpyArray {
  /** NumPy's own name: `float32`, `int64`, `bool`, ...; `string` for bytes and text. */
  dtype: string
  shape: number[]
  /**
   * Booleans as 0 and 1; float16 as its values in a Float32Array; complex numbers as (real, imaginary) pairs. Byte
   * strings have one character a byte.
   */
  data: NpyNumbers | string[]
}

/** The arrays of an .npz file by name. Object arrays (pickles) are an error. */
export function readNpz(path: string | URL): Record<string, NpyArray> {
  const files = unzipSync(readFileSync(path))
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name.replace(/\.npy$/, ''), readNpy(file)]))
}

/** Reads an .npy file, versions 1 to 3. (numpy/lib/format.py) */
export function readNpy(file: Uint8Array): NpyArray {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getUint32(0) !== 0x934e554d) throw new Error('not an .npy file')
  const start = file[6] === 1 ? 10 : 12
  const end = start + (file[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  const header = new TextDecoder().decode(file.subarray(start, end))
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1]
  if (descr === undefined || sizes === undefined) throw new Error(`can't read the header of an .npy file: ${header}`)
  const shape = sizes.split(',').flatMap((size) => (size.trim() ? [Number(size)] : []))
  const { dtype, data } = readElements(descr, file.slice(end))
  if (!/'fortran_order':\s*True/.test(header)) return { dtype, shape, data }
  return { dtype, shape, data: rowMajor(data, shape, dtype.startsWith('complex') ? 2 : 1) }
}

const arrays = {
  i1: ['int8', Int8Array],
  u1: ['uint8', Uint8Array],
  b1: ['bool', Uint8Array],
  i2: ['int16', Int16Array],
  u2: ['uint16', Uint16Array],
  i4: ['int32', Int32Array],
  u4: ['uint32', Uint32Array],
  i8: ['int64', BigInt64Array],
  u8: ['uint64', BigUint64Array],
  f4: ['float32', Float32Array],
  f8: ['float64', Float64Array],
  c8: ['complex64', Float32Array],
  c16: ['complex128', Float64Array],
} as const

function readElements(descr: string, bytes: Uint8Array<ArrayBuffer>): Pick<NpyArray, 'dtype' | 'data'> {
  const kind = descr.slice(1)
  if (descr[0] === '>') throw new Error(`big-endian arrays (${descr}) aren't read`)
  if (kind === 'f2') return { dtype: 'float16', data: Float32Array.from(new Uint16Array(bytes.buffer), halfToFloat) }
  if (kind in arrays) {
    const [dtype, array] = arrays[kind as keyof typeof arrays]
    return { dtype, data: new array(bytes.buffer) }
  }
  if (kind[0] !== 'S' && kind[0] !== 'U') throw new Error(`arrays of ${descr} aren't read`)
  const codes = kind[0] === 'S' ? bytes : new Uint32Array(bytes.buffer)
  const width = Number(kind.slice(1))
  const data = Array.from({ length: width ? codes.length / width : 0 }, (_, index) =>
    String.fromCodePoint(...codes.subarray(index * width, (index + 1) * width)).replace(/\0+$/, ''),
  )
  return { dtype: 'string', data }
}

/** Puts column-major elements (of `lanes` entries each) in row-major order. */
function rowMajor<T extends NpyArray['data']>(data: T, shape: readonly number[], lanes: number): T {
  const result = data.slice() as T
  const count = data.length / lanes
  for (let index = 0; index < count; index++) {
    let rest = index
    let from = 0
    let stride = count
    for (const size of [...shape].reverse()) {
      stride /= size
      from += (rest % size) * stride
      rest = Math.floor(rest / size)
    }
    for (let lane = 0; lane < lanes; lane++) result[index * lanes + lane] = data[from * lanes + lane]!
  }
  return result
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction
}
