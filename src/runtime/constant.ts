import { ModelLoadError } from './errors.js'
import type { TensorProto, TensorShape } from './graphdef.js'
import { readVarint } from './wire.js'

/** A constant of the graph, not decoded yet. */
export interface Constant {
  readonly node: string
  /** A number of TensorFlow's DataType. */
  readonly type: number
  readonly shape: number[]
  /** Where the elements stand as TensorFlow has them in memory (`tensor_content`, a mapped region). */
  readonly content?: Uint8Array
  /** The content is a region of a memory-mapped package, whose end may be padding. */
  readonly mapped?: boolean
  /** Otherwise the elements themselves; a list that is too short repeats its last value. */
  readonly values?: readonly (number | boolean)[] | readonly Uint8Array[]
}

/** A constant as TensorFlow.js wants it. Complex numbers lie as (real, imaginary) pairs, strings as bytes. */
export interface DecodedConstant {
  readonly dtype: TfjsDataType
  readonly shape: number[]
  readonly values: Float32Array | Int32Array | Uint8Array | Uint8Array[]
}

export type TfjsDataType = 'float32' | 'int32' | 'bool' | 'string' | 'complex64'

/** Their numbers in TensorFlow's DataType. */
export const tfjsTypeNumbers: Record<TfjsDataType, number> = { float32: 1, int32: 3, string: 7, complex64: 8, bool: 10 }

type NumberArray = ArrayLike<number> & { readonly buffer: ArrayBufferLike }
interface NumberArrayConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumberArray
  from(values: ArrayLike<number>): NumberArray
}

/** How TensorFlow stores a type, and what TensorFlow.js makes of it. */
interface Storage {
  readonly dtype: TfjsDataType
  /** The array of the elements in memory; none for 64-bit integers, which are read as numbers. */
  readonly array?: NumberArrayConstructor
  /** From the element in memory to TensorFlow.js's, where assigning it isn't enough. */
  readonly convert?: (value: number) => number
}

const integer = (array: NumberArrayConstructor): Storage => ({ dtype: 'int32', array })

/** By number of TensorFlow's DataType. */
const storages: Record<number, Storage> = {
  1: { dtype: 'float32', array: Float32Array },
  2: { dtype: 'float32', array: Float64Array },
  3: integer(Int32Array),
  4: integer(Uint8Array),
  5: integer(Int16Array),
  6: integer(Int8Array),
  7: { dtype: 'string' },
  8: { dtype: 'complex64', array: Float32Array },
  9: { dtype: 'int32', convert: clamp },
  10: { dtype: 'bool', array: Uint8Array },
  11: integer(Int8Array),
  12: integer(Uint8Array),
  13: integer(Int32Array),
  14: { dtype: 'float32', array: Uint16Array, convert: (bits) => floatFromBits(bits << 16) },
  15: integer(Int16Array),
  16: integer(Uint16Array),
  17: integer(Uint16Array),
  18: { dtype: 'complex64', array: Float64Array },
  19: { dtype: 'float32', array: Uint16Array, convert: floatFromHalf },
  22: { dtype: 'int32', array: Uint32Array, convert: clamp },
  23: { dtype: 'int32', convert: (value) => clamp(value < 0 ? Infinity : value) },
}

/** What TensorFlow.js makes of a type (a number of TensorFlow's DataType): undefined where it has nothing. */
export function tfjsDataType(type: number): TfjsDataType | undefined {
  return storages[type % 100]?.dtype
}

/** Zeros of TensorFlow.js's own type; empty strings. */
export function zeros(dtype: TfjsDataType, shape: number[]): DecodedConstant {
  return decodeConstant({ node: '', type: tfjsTypeNumbers[dtype], shape })
}

export function constantFromProto(node: string, proto: TensorProto): Constant {
  const { dtype = 0, tensorShape, tensorContent, values } = proto
  return { node, type: dtype, shape: staticShape(node, tensorShape), content: tensorContent, values }
}

/** The sizes of a shape that a constant has; throws a ModelLoadError `format` where one is unknown. */
export function staticShape(node: string, shape: TensorShape = {}): number[] {
  const sizes = (shape.dim ?? []).map((dim) => dim.size)
  if (shape.unknownRank || sizes.some((size) => size < 0)) {
    throw new ModelLoadError('format', `The constant ${node} has an unknown shape.`)
  }
  return sizes
}

/**
 * Decodes a constant as TensorFlow does: the content, or the list whose last value fills what is missing, or zeros.
 * float16, bfloat16 and float64 become float32; integers become int32, those of 64 bits at its limits where they are
 * beyond them. What lies in the file as TensorFlow.js wants it stays where it is, as a view.
 */
export function decodeConstant(constant: Constant): DecodedConstant {
  const { type, shape, node } = constant
  const storage = storages[type]
  if (!storage) throw new ModelLoadError('format', `The constant ${node} has a type (${type}) without a value.`)
  const { dtype, array, convert } = storage
  const count = elementCount(shape)
  if (dtype === 'string') return { dtype, shape, values: decodeStrings(constant, count) }
  const Result = dtype === 'int32' ? Int32Array : dtype === 'bool' ? Uint8Array : Float32Array
  const length = dtype === 'complex64' ? 2 * count : count
  const raw = rawElements(constant, array, length)
  if (raw instanceof Result && raw.length === length) return { dtype, shape, values: raw }
  const values = new Result(length)
  // A complex number's last value is a pair.
  const lanes = length / count
  for (let index = 0; index < length && raw.length > 0; index++) {
    const value = raw[index < raw.length ? index : raw.length - lanes + (index % lanes)]!
    values[index] = convert ? convert(value) : value
  }
  return { dtype, shape, values }
}

/** The elements of a quantised constant, in the narrowest array that has them all. */
export function quantizedElements(constant: Constant): ArrayLike<number> {
  const count = elementCount(constant.shape)
  const raw = rawElements(constant, storages[constant.type]?.array, count)
  return raw.length === count ? raw : (decodeConstant(constant).values as Int32Array)
}

/** The elements as they are in memory, as many as there are; never more than `length`. */
function rawElements(
  { node, content, mapped, values = [] }: Constant,
  array: NumberArrayConstructor | undefined,
  length: number,
): ArrayLike<number> {
  const size = array?.BYTES_PER_ELEMENT ?? 8
  if (!content?.length || length === 0) {
    const list = values.slice(0, length) as number[]
    // The array cuts off the bits that the type doesn't have, and makes numbers of booleans.
    return array ? array.from(list) : list
  }
  if (mapped ? content.length < length * size : content.length !== length * size)
    throw wrongSize(node, content.length, length * size)
  if (!array) {
    const view = new DataView(content.buffer, content.byteOffset, content.length)
    return Array.from(
      { length },
      (_, index) => view.getInt32(index * 8 + 4, true) * 2 ** 32 + view.getUint32(index * 8, true),
    )
  }
  // Not slice, which on a Buffer gives a view.
  const aligned = content.byteOffset % size ? new Uint8Array(content) : content
  return new array(aligned.buffer, aligned.byteOffset, length)
}

function decodeStrings({ node, content, values = [] }: Constant, count: number): Uint8Array[] {
  const strings: Uint8Array[] = []
  if (content?.length) {
    const lengths: number[] = []
    let position = 0
    for (let index = 0; index < count; index++) {
      const [length, end] = readVarint(content, position)
      lengths.push(length)
      position = end
    }
    for (const length of lengths) strings.push(content.subarray(position, (position += length)))
    if (position !== content.length) throw wrongSize(node, content.length, position)
  } else {
    const list = values as readonly Uint8Array[]
    for (let index = 0; index < count; index++) {
      strings.push(list[Math.min(index, list.length - 1)] ?? new Uint8Array())
    }
  }
  return strings
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function wrongSize(node: string, found: number, expected: number): ModelLoadError {
  return new ModelLoadError('format', `The constant ${node} has ${found} bytes, its type and shape say ${expected}.`)
}

function clamp(value: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value))
}

const bits = new DataView(new ArrayBuffer(4))

function floatFromBits(value: number): number {
  bits.setInt32(0, value)
  return bits.getFloat32(0)
}

function floatFromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return exponent ? sign * 2 ** (exponent - 25) * (1024 + fraction) : sign * 2 ** -24 * fraction
}
