import type { DataType, TypedArray } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { copy, emptyLike, movableOf, partFrom, tensorOf } from './cells.js'
import { loadFlushed, reshaped, resultArray, storeFlushed } from './elements.js'
import {
  axisOf,
  isBigInt,
  type Kernel,
  type KernelCall,
  KernelError,
  movable,
  numbers,
  ulpOfLargest,
} from './kernel.js'

/** Rows of a tensor seen as a list of rows of one shape. */
function takeRows(input: Tensor, rowShape: StaticShape, positions: readonly number[], shape: StaticShape): Tensor {
  const size = elementCount(rowShape)
  const count = size === 0 ? 0 : input.size / size
  const source = movableOf(reshaped(input, [count, size]))
  const result = emptyLike(input, [positions.length, size])
  for (const [index, position] of positions.entries()) {
    if (position < 0 || position >= count) throw new KernelError(`index ${position} is outside of ${count} rows`)
    copy([1, size], partFrom(source, [position]), partFrom(result, [index]))
  }
  return tensorOf(input, shape, result)
}

/** Slices along an axis by index; the axes before `batch_dims` are common to both. */
function gather(call: KernelCall, axisGiven: number): Tensor[] {
  const [params, indices] = [call.input(0), call.input(1)]
  const axis = axisOf(axisGiven, params.shape.length)
  const batchGiven = call.intAttr('batch_dims') ?? 0
  const batch = batchGiven < 0 ? batchGiven + indices.shape.length : batchGiven
  const limit = params.shape[axis]!
  const rowShape = params.shape.slice(axis + 1)
  const outer = elementCount(params.shape.slice(batch, axis))
  const found = indices.numbers()
  const batches = elementCount(indices.shape.slice(0, batch))
  const each = found.length / Math.max(batches, 1)
  const positions: number[] = []
  for (let b = 0; b < batches; b++) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < each; i++) {
        const index = found[b * each + i]!
        if (index < 0 || index >= limit) throw new KernelError(`index ${index} is outside of an axis of ${limit}`)
        positions.push((b * outer + o) * limit + index)
      }
    }
  }
  const shape = [...params.shape.slice(0, axis), ...indices.shape.slice(batch), ...rowShape]
  return [takeRows(params, rowShape, positions, shape)]
}

/** Where each vector of indices points, as a number of rows. */
function flatIndices(indices: Tensor, shape: StaticShape): { positions: number[]; rowShape: StaticShape } {
  const depth = indices.shape.at(-1) ?? 0
  const values = indices.numbers()
  const count = elementCount(indices.shape.slice(0, -1))
  const positions = Array.from({ length: count }, (_, row) => {
    let position = 0
    for (let axis = 0; axis < depth; axis++) {
      const index = values[row * depth + axis]!
      const limit = shape[axis]!
      if (index < 0 || index >= limit) throw new KernelError(`index ${index} is outside of an axis of ${limit}`)
      position = position * limit + index
    }
    return position
  })
  return { positions, rowShape: shape.slice(depth) }
}

function gatherNd(call: KernelCall): Tensor[] {
  const [params, indices] = [call.input(0), call.input(1)]
  const { positions, rowShape } = flatIndices(indices, params.shape)
  return [takeRows(params, rowShape, positions, [...indices.shape.slice(0, -1), ...rowShape])]
}

/** Zeros with updates added at the indices. */
function scatterNd(call: KernelCall): Tensor[] {
  const [indices, updates] = [call.input(0), call.input(1)]
  const shape = call.ints(2)
  const { positions, rowShape } = flatIndices(indices, shape)
  return [addRows(updates, positions, elementCount(rowShape), shape)]
}

function addRows(rows: Tensor, positions: readonly number[], size: number, shape: StaticShape): Tensor {
  const values = loadFlushed(rows) as Float32Array
  const result = resultArray(rows.dtype, elementCount(shape)) as Float32Array
  for (const [row, position] of positions.entries()) {
    if (position < 0) continue
    for (let at = 0; at < size; at++) result[position * size + at]! += values[row * size + at]!
  }
  return storeFlushed(rows.dtype, shape, result)
}

/** Rows summed by a number that each carries; a negative number drops its row. */
function unsortedSegmentSum(call: KernelCall): Tensor[] {
  const [data, ids] = [call.input(0), call.input(1)]
  const count = call.scalar(2)
  const rest = data.shape.slice(ids.shape.length)
  const positions = ids.numbers()
  if (positions.some((id) => id >= count)) throw new KernelError(`a segment is outside of ${count}`)
  return [addRows(data, positions, elementCount(rest), [count, ...rest])]
}

/** Rows dealt out to as many tensors as there are partitions. */
function dynamicPartition(call: KernelCall): Tensor[] {
  const [data, partitions] = [call.input(0), call.input(1)]
  const count = call.intAttr('num_partitions') ?? 0
  const rowShape = data.shape.slice(partitions.shape.length)
  const dealt: number[][] = Array.from({ length: count }, () => [])
  for (const [row, partition] of partitions.numbers().entries()) {
    const rows = dealt[partition]
    if (!rows) throw new KernelError(`partition ${partition} is outside of ${count}`)
    rows.push(row)
  }
  return dealt.map((rows) => takeRows(data, rowShape, rows, [rows.length, ...rowShape]))
}

/** Rows of several tensors put where their indices say; the last of two for one place wins. */
function dynamicStitch(call: KernelCall): Tensor[] {
  const count = call.inputs.length / 2
  const first = call.input(count)
  const rowShape = first.shape.slice(call.input(0).shape.length)
  const size = elementCount(rowShape)
  const places = call.inputs.slice(0, count).map((indices) => indices.numbers())
  const rows = places.flat().reduce((most, place) => Math.max(most, place + 1), 0)
  const result = emptyLike(first, [rows, size])
  for (const [index, placed] of places.entries()) {
    const source = movableOf(reshaped(call.input(count + index), [placed.length, size]))
    for (const [row, place] of placed.entries()) copy([1, size], partFrom(source, [row]), partFrom(result, [place]))
  }
  return [tensorOf(first, [rows, ...rowShape], result)]
}

function integers(like: DataType | undefined, shape: StaticShape, values: readonly number[]): Tensor {
  if (like === 'int64') return Tensor.of('int64', shape, BigInt64Array.from(values, BigInt))
  return Tensor.of('int32', shape, Int32Array.from(values))
}

function invertPermutation(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const inverse = new Array<number>(input.size).fill(-1)
  for (const [index, position] of input.numbers().entries()) {
    if (inverse[position] !== -1) throw new KernelError('the input is no permutation')
    inverse[position] = index
  }
  return [integers(input.dtype, input.shape, inverse)]
}

/** The indices of elements that are not 0. */
function where(call: KernelCall): Tensor[] {
  const { shape, dtype } = call.input(0)
  const zero = isBigInt(dtype) ? 0n : 0
  const found: number[] = []
  let count = 0
  for (const [index, value] of (loadFlushed(call.input(0)) as Float32Array).entries()) {
    if ((value as number | bigint) === zero) continue
    count++
    let rest = index
    const at = found.length
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      found[at + axis] = rest % shape[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
  }
  return [integers('int64', [count, shape.length], found)]
}

/** Each value once, in the order of first appearance, where each element's is, and how often it comes. */
function unique(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const places = new Map<number | bigint, number>()
  const counts: number[] = []
  const positions = Array.from(loadFlushed(input) as ArrayLike<number | bigint>, (value) => {
    const place = places.get(value) ?? places.size
    places.set(value, place)
    counts[place] = (counts[place] ?? 0) + 1
    return place
  })
  const values = resultArray(input.dtype, places.size)
  for (const [value, place] of places) values[place] = value
  const type = call.typeAttr('out_idx')
  const results = [
    storeFlushed(input.dtype, [places.size], values as TypedArray),
    integers(type, [positions.length], positions),
    integers(type, [counts.length], counts),
  ]
  return call.node.op === 'Unique' ? results.slice(0, 2) : results
}

/** What of the first list is not in the second, and where it stood. */
function listDiff(call: KernelCall): Tensor[] {
  const [x, y] = [call.input(0), call.input(1)]
  const dropped = new Set<number | bigint>(loadFlushed(y) as Iterable<number | bigint>)
  const positions: number[] = []
  for (const [index, value] of (loadFlushed(x) as Float32Array).entries())
    if (!dropped.has(value)) positions.push(index)
  return [
    takeRows(x, [], positions, [positions.length]),
    integers(call.typeAttr('out_idx'), [positions.length], positions),
  ]
}

function descending(a: number, b: number): number {
  return a > b ? -1 : a < b ? 1 : 0
}

/** The k largest along the last axis, largest first, and where they stood; of equal ones the first. */
function topK(call: KernelCall, k: number): Tensor[] {
  const input = call.input(0)
  const size = input.shape.at(-1) ?? 0
  if (k > size) throw new KernelError(`${k} of ${size} elements are asked for`)
  const values = loadFlushed(input) as Float32Array
  const rows = size === 0 ? 0 : input.size / size
  const best = resultArray(input.dtype, rows * k) as Float32Array
  const positions: number[] = []
  for (let row = 0; row < rows; row++) {
    const order = Array.from({ length: size }, (_, index) => index)
    order.sort((a, b) => descending(values[row * size + a]!, values[row * size + b]!) || a - b)
    for (let at = 0; at < k; at++) {
      best[row * k + at] = values[row * size + order[at]!]!
      positions.push(order[at]!)
    }
  }
  const shape = [...input.shape.slice(0, -1), k]
  return [storeFlushed(input.dtype, shape, best), integers('int32', shape, positions)]
}

const listed = numbers.filter((dtype) => dtype !== 'float16' && dtype !== 'bfloat16')
const summed: readonly DataType[] = ['float32', 'float64', 'int32']

export const gatherKernels: readonly Kernel[] = [
  { ops: ['Gather'], dtypes: movable, run: (call) => gather(call, 0) },
  { ops: ['GatherV2'], dtypes: movable, run: (call) => gather(call, call.scalar(2)) },
  { ops: ['GatherNd'], dtypes: movable, run: gatherNd },
  { ops: ['ScatterNd'], dtypes: summed, dtypeInput: 1, bound: ulpOfLargest(4, ['float32', 'float64']), run: scatterNd },
  {
    ops: ['UnsortedSegmentSum'],
    dtypes: summed,
    bound: ulpOfLargest(4, ['float32', 'float64']),
    run: unsortedSegmentSum,
  },
  { ops: ['DynamicPartition'], dtypes: movable, run: dynamicPartition },
  // The indices' dtype; what is stitched may be anything.
  { ops: ['DynamicStitch', 'ParallelDynamicStitch'], dtypes: ['int32'], run: dynamicStitch },
  { ops: ['InvertPermutation'], dtypes: ['int32', 'int64'], run: invertPermutation },
  { ops: ['Where'], dtypes: [...listed, 'bool'], run: where },
  { ops: ['Unique', 'UniqueWithCounts'], dtypes: listed, run: unique },
  { ops: ['ListDiff'], dtypes: listed, run: listDiff },
  { ops: ['TopKV2'], dtypes: listed, run: (call) => topK(call, call.scalar(1)) },
]
