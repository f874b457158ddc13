import { describe, expect, it } from 'vitest'
import { readNpy } from './npz.js'

function npy(header: string, data: ArrayBufferView, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header)
  const length = version === 1 ? Uint8Array.of(text.length, 0) : Uint8Array.of(text.length, 0, 0, 0)
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...length, ...text, ...bytes])
}

function header(descr: string, shape: string, fortran = 'False'): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`
}

describe('readNpy', () => {
  it('reads numbers', () => {
    expect(readNpy(npy(header('<f4', '(2, 1)'), Float32Array.of(1.5, -2)))).toEqual({
      dtype: 'float32',
      shape: [2, 1],
      data: Float32Array.of(1.5, -2),
    })
    expect(readNpy(npy(header('<i8', '(1,)'), BigInt64Array.of(-3n), 2)).data).toEqual(BigInt64Array.of(-3n))
    expect(readNpy(npy(header('|b1', '()'), Uint8Array.of(1)))).toEqual({
      dtype: 'bool',
      shape: [],
      data: Uint8Array.of(1),
    })
    expect(readNpy(npy(header('<f2', '(3,)'), Uint16Array.of(0x3c00, 0xc000, 0x7c00))).data).toEqual(
      Float32Array.of(1, -2, Number.POSITIVE_INFINITY),
    )
  })

  it('reads strings without their padding', () => {
    const bytes = new TextEncoder().encode('ab\0cde')
    expect(readNpy(npy(header('|S3', '(2,)'), bytes)).data).toEqual(['ab', 'cde'])
    expect(readNpy(npy(header('<U2', '(2,)'), Uint32Array.of(0x1f642, 0, 97, 98))).data).toEqual(['🙂', 'ab'])
  })

  it('puts column-major arrays in row-major order', () => {
    const columns = Int32Array.of(1, 4, 2, 5, 3, 6)
    expect(readNpy(npy(header('<i4', '(2, 3)', 'True'), columns)).data).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6))
    const pairs = Float32Array.of(1, 0.1, 3, 0.3, 2, 0.2, 4, 0.4)
    expect(readNpy(npy(header('<c8', '(2, 2)', 'True'), pairs)).data).toEqual(
      Float32Array.of(1, 0.1, 2, 0.2, 3, 0.3, 4, 0.4),
    )
  })

  it('refuses what it does not read', () => {
    expect(() => readNpy(npy(header('|O', '(1,)'), new Uint8Array(8)))).toThrow("arrays of |O aren't read")
    expect(() => readNpy(npy(header('>f4', '(1,)'), new Uint8Array(4)))).toThrow('big-endian')
    expect(() => readNpy(new Uint8Array(20))).toThrow('not an .npy file')
  })
})
