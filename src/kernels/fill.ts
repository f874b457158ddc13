import { type DataType, newElements, type TypedArray } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { splat } from './elements.js'
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
  const values = newElements(dtype, count) as Float64Array
  const round = dtype === 'float32' ? Math.fround : (value: number): number => value
  for (let index = 0; index < count; index++) values[index] = start + round(index * delta)
  return [Tensor.of(dtype, [count], values)]
}

function rangeLength(start: number, limit: number, delta: number, dtype: DataType): number {
  if (dtype === 'float32') return Math.ceil(Math.abs(Math.fround(Math.fround(limit - start) / delta)))
  return Math.ceil(Math.abs((limit - start) / delta))
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
  const values = newElements(on.dtype, elementCount(shape)) as Float32Array
  values.fill((off.values() as Float32Array)[0]!)
  const hot = (on.values() as Float32Array)[0]!
  const inner = elementCount(indices.shape.slice(axis))
  for (const [position, index] of indices.numbers().entries()) {
    if (index < 0 || index >= depth) continue
    values[(Math.floor(position / inner) * depth + index) * inner + (position % inner)] = hot
  }
  return [Tensor.of(on.dtype, shape, values as TypedArray)]
}

const fixedSize = movable.filter((dtype) => dtype !== 'string' && !dtype.startsWith('complex'))

export const fillKernels: readonly Kernel[] = [
  { ops: ['Fill'], dtypes: movable, dtypeInput: 1, run: fill },
  { ops: ['Range'], dtypes: ['float32', 'float64', 'int32', 'int64'], run: range },
  { ops: ['LinSpace'], dtypes: ['float32', 'float64'], run: linSpace },
  { ops: ['OneHot'], dtypes: fixedSize, dtypeInput: 2, run: oneHot },
]
