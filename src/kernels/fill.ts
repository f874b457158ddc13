import { type DataType, newElements } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { resultArray, rounderOf, splat, store } from './elements.js'
import { isBigInt, type Kernel, type KernelCall, KernelError, movable } from './kernel.js'

/** One value everywhere: stored once, however large the shape. */
function fill(call: KernelCall): Tensor[] {
  const shape = call.ints(0)
  const value = call.input(1)
  if (shape.some((size) => size < 0)) throw new KernelError('a size is negative')
  if (value.dtype !== 'string') return [splat(value.dtype, shape, value.values())]
  return [Tensor.ofStrings(shape, elementCount(shape) === 0 ? [] : value.strings())]
}

/** start, start + delta, start + 2·delta, ... up to but without the limit. */
function range(call: KernelCall): Tensor[] {
  const { dtype } = call.input(0)
  if (isBigInt(dtype)) return [bigRange(call, dtype)]
  const [start, limit, delta] = [call.scalar(0), call.scalar(1), call.scalar(2)]
  if (delta === 0 || (delta > 0 ? start > limit : start < limit)) throw new KernelError('the range does not end')
  const count = rangeLength(start, limit, delta, dtype)
  const values = resultArray(dtype, count) as Float64Array
  const round = rounderOf(dtype)
  for (let index = 0; index < count; index++) values[index] = start + round(round(index) * delta)
  return [store(dtype, [count], values)]
}

function rangeLength(start: number, limit: number, delta: number, dtype: DataType): number {
  const round = rounderOf(dtype)
  return Math.ceil(Math.abs(round(round(limit - start) / delta)))
}

function bigRange(call: KernelCall, dtype: DataType): Tensor {
  const [start, limit, delta] = [0, 1, 2].map((index) => (call.input(index).values() as BigInt64Array)[0]!)
  if (!delta || (delta > 0n ? start! > limit! : start! < limit!)) throw new KernelError('the range does not end')
  const values: bigint[] = []
  for (let value = start!; delta > 0n ? value < limit! : value > limit!; value += delta) values.push(value)
  return Tensor.of(dtype, [values.length], BigInt64Array.from(values))
}

/** `num` values from start to stop, both among them. */
function linSpace(call: KernelCall): Tensor[] {
  const { dtype } = call.input(0)
  const round = dtype === 'float32' ? Math.fround : (value: number): number => value
  const [start, stop, count] = [call.scalar(0), call.scalar(1), call.scalar(2)]
  const values = newElements(dtype, count) as Float64Array
  const step = count > 1 ? round(round(stop - start) / (count - 1)) : 0
  for (let index = 0; index < count; index++) values[index] = round(start + round(step * index))
  if (count > 1) values[count - 1] = stop
  return [Tensor.of(dtype, [count], values)]
}

/** A vector along a new axis: the on value at each index, the off value elsewhere. */
function oneHot(call: KernelCall): Tensor[] {
  const indices = call.input(0)
  const depth = call.scalar(1)
  const [on, off] = [call.input(2), call.input(3)]
  const axisAttr = call.intAttr('axis') ?? -1
  const axis = axisAttr < 0 ? indices.shape.length : axisAttr
  const shape = indices.shape.toSpliced(axis, 0, depth)
  const isText = on.dtype === 'string'
  const only = (tensor: Tensor): Numeric => (isText ? tensor.strings() : tensor.values())[0]
  const count = elementCount(shape)
  const values: Numeric = isText ? new Array(count) : newElements(on.dtype, count)
  values.fill(only(off))
  const hot = only(on)
  const inner = elementCount(indices.shape.slice(axis))
  for (const [position, index] of indices.numbers().entries()) {
    if (index < 0 || index >= depth) continue
    values[(Math.floor(position / inner) * depth + index) * inner + (position % inner)] = hot
  }
  return [isText ? Tensor.ofStrings(shape, values) : Tensor.of(on.dtype, shape, values)]
}

const ofOnePart = movable.filter((dtype) => !dtype.startsWith('complex'))

export const fillKernels: readonly Kernel[] = [
  { ops: ['Fill'], dtypes: movable, dtypeInput: 1, run: fill },
  { ops: ['Range'], dtypes: ['float32', 'float64', 'bfloat16', 'int32', 'int64'], run: range },
  { ops: ['LinSpace'], dtypes: ['float32', 'float64'], run: linSpace },
  { ops: ['OneHot'], dtypes: ofOnePart, dtypeInput: 2, run: oneHot },
]
