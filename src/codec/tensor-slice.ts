import type { TypedArray } from '../graph/data-type.js'
import type { StaticShape } from '../graph/shape.js'
import { WireReader } from './wire-reader.js'

/** A range of each dimension: what of a tensor a part of a partitioned variable holds. */
export type TensorSlice = readonly { readonly start: number; readonly length: number }[]

/** The lengths of a slice that stand for the whole dimension. */
const wholeDimension = -1

/** What RestoreV2 writes as `4 1 0,2:0,1`: the shape of the whole tensor, and of each dimension start and length, or `-`. */
export interface ShapeAndSlice {
  shape: StaticShape
  slice: TensorSlice
}

/** Undefined where the text has another form, or the slice lies outside the shape. */
export function parseShapeAndSlice(text: string): ShapeAndSlice | undefined {
  const words = text.split(' ')
  const shape = words.slice(0, -1).map(Number)
  const slice = words
    .at(-1)!
    .split(':')
    .map((word, axis) => {
      if (word === '-') return { start: 0, length: shape[axis] ?? Number.NaN }
      const [start, length] = word.split(',').map(Number)
      return { start: start ?? Number.NaN, length: length ?? Number.NaN }
    })
  const isRight =
    shape.length === slice.length &&
    shape.every((size, axis) => {
      const { start, length } = slice[axis]!
      return Number.isInteger(size) && start >= 0 && length >= 0 && start + length <= size
    })
  return isRight ? { shape, slice } : undefined
}

export function wholeOf(shape: StaticShape): TensorSlice {
  return shape.map((length) => ({ start: 0, length }))
}

/** Reads a TensorSliceProto: an extent a dimension, in which a missing length means the whole dimension. */
export function decodeTensorSlice(bytes: Uint8Array): TensorSlice {
  const reader = new WireReader(bytes)
  const slice: { start: number; length: number }[] = []
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === 1) slice.push(decodeExtent(reader.view()))
    else reader.skip(tag & 7)
  }
  return slice
}

function decodeExtent(bytes: Uint8Array): { start: number; length: number } {
  const reader = new WireReader(bytes)
  let start = 0
  let length = wholeDimension
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === 1) start = Number(reader.int64())
    else if (tag >>> 3 === 2) length = Number(reader.int64())
    else reader.skip(tag & 7)
  }
  return { start, length }
}

/** A slice with the lengths of whole dimensions filled in. */
export function boundedBy(slice: TensorSlice, shape: StaticShape): TensorSlice {
  return slice.map(({ start, length }, axis) => ({ start, length: length === wholeDimension ? shape[axis]! : length }))
}

/**
 * The key under which a checkpoint has a slice of a tensor (tensorflow/core/util/saved_tensor_slice_util.cc), one character a
 * byte: 0, the name, the number of dimensions and of each start and length, in a code that sorts as the values do.
 */
export function sliceKey(name: string, slice: TensorSlice): string {
  const escaped = name.replace(/[\0\xff]/g, (character) => (character === '\0' ? '\0\xff' : '\xff\0'))
  const extents = slice.flatMap(({ start, length }) => [orderedSigned(start), orderedSigned(length)])
  return `${orderedNumber(0)}${escaped}\0\x01${orderedNumber(slice.length)}${extents.join('')}`
}

/** How many bytes follow, and these, the highest first. */
function orderedNumber(value: number): string {
  let bytes = ''
  for (let left = value; left > 0; left = Math.floor(left / 256)) bytes = String.fromCharCode(left % 256) + bytes
  return String.fromCharCode(bytes.length) + bytes
}

/** As many leading one bits as there are bytes, then a zero, then the number; inverted for one below zero. */
function orderedSigned(value: number): string {
  const magnitude = BigInt(value < 0 ? -value - 1 : value)
  let length = 1
  while (magnitude >> BigInt(7 * length - 1) !== 0n) length++
  const ones = ((1n << BigInt(length)) - 1n) << BigInt(7 * length)
  const code = ones | magnitude
  const bits = value < 0 ? ~code : code
  let bytes = ''
  for (let index = length - 1; index >= 0; index--) {
    bytes += String.fromCharCode(Number((bits >> BigInt(8 * index)) & 0xffn))
  }
  return bytes
}

/** Copies what two slices of one tensor have in common from one to the other; gives how many elements that is. */
export function copySlice(
  from: { values: TypedArray; slice: TensorSlice },
  to: { values: TypedArray; slice: TensorSlice },
): number {
  const common = to.slice.map(({ start, length }, axis) => {
    const other = from.slice[axis]!
    const first = Math.max(start, other.start)
    return { start: first, length: Math.max(0, Math.min(start + length, other.start + other.length) - first) }
  })
  const count = common.reduce((product, { length }) => product * length, 1)
  if (count === 0) return 0
  const copy = (axis: number, fromOffset: number, toOffset: number): void => {
    if (axis === common.length) {
      to.values[toOffset] = from.values[fromOffset]!
      return
    }
    const { start, length } = common[axis]!
    const [source, target] = [from.slice[axis]!, to.slice[axis]!]
    const sourceStart = fromOffset * source.length + start - source.start
    const targetStart = toOffset * target.length + start - target.start
    if (axis === common.length - 1) {
      const row = from.values.subarray(sourceStart, sourceStart + length)
      ;(to.values as Float64Array).set(row as Float64Array, targetStart)
      return
    }
    for (let index = 0; index < length; index++) copy(axis + 1, sourceStart + index, targetStart + index)
  }
  copy(0, 0, 0)
  return count
}
