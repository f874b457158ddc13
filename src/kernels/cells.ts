import { storageOf, type TypedArray } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { KernelError } from './kernel.js'
import { type Cells, copyView, rowStrides, type View } from './strided.js'

/**
 * A tensor's elements as they are stored, to be moved about: half types as bits, strings as byte arrays, and a complex
 * number as two cells, for which its shape has one axis more.
 */
export interface Movable {
  readonly cells: Cells
  readonly shape: StaticShape
}

export function movableOf(tensor: Tensor): Movable {
  if (tensor.dtype === 'string') return { cells: tensor.strings() as Uint8Array[], shape: tensor.shape }
  const lanes = storageOf(tensor.dtype)?.lanes
  if (!lanes) throw new KernelError(`a ${tensor.dtype} tensor cannot be moved about`)
  return { cells: tensor.values(), shape: lanes === 2 ? [...tensor.shape, 2] : tensor.shape }
}

/** Room for a result of the same dtype as a tensor; `shape` is without the axis of a complex number. */
export function emptyLike(tensor: Tensor, shape: StaticShape): Movable {
  if (tensor.dtype === 'string') {
    return { cells: new Array<Uint8Array>(elementCount(shape)).fill(new Uint8Array(0)), shape }
  }
  const held = storageOf(tensor.dtype)!
  const cells = new held.array(elementCount(shape) * held.lanes)
  return { cells, shape: held.lanes === 2 ? [...shape, 2] : shape }
}

export function tensorOf(like: Tensor, shape: StaticShape, { cells }: Movable): Tensor {
  if (like.dtype === 'string') return Tensor.ofStrings(shape, cells as Uint8Array[])
  return Tensor.of(like.dtype, shape, cells as TypedArray)
}

/** All of it, row by row. */
export function whole({ cells, shape }: Movable): View {
  return { cells, offset: 0, strides: rowStrides(shape) }
}

/** The part that starts at a position, every `steps` elements along each axis. */
export function partFrom({ cells, shape }: Movable, begin: readonly number[], steps?: readonly number[]): View {
  const strides = rowStrides(shape)
  let offset = 0
  for (const [axis, start] of begin.entries()) offset += start * strides[axis]!
  return { cells, offset, strides: steps ? strides.map((stride, axis) => stride * (steps[axis] ?? 1)) : strides }
}

/** Copies one grid over another; `sizes` is without the axis of a complex number. */
export function copy(sizes: StaticShape, from: View, to: View): void {
  const lanes = from.strides.length > sizes.length ? [2] : []
  copyView([...sizes, ...lanes], from, to)
}
