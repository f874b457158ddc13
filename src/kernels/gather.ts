import { type DataType, storageOf } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { copy, emptyLike, movableOf, partFrom, tensorOf } from './cells.js'
import { loadFlushed, reshaped, resultArray, storeFlushed } from './elements.js'
import {
  axisOf,
  complexes,
  integers,
  isBigInt,
  type Kernel,
  type KernelCall,
  KernelError,
  movable,
  numbers,
} from './kernel.js'
import { flatIndices } from './scatter.js'

/** Rows of a tensor seen as a list of rows of one shape. */
export function takeRows(
  input: Tensor,
  rowShape: StaticShape,
  positions: readonly number[],
  shape: StaticShape,
): Tensor {
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

function gatherNd(call: KernelCall): Tensor[] {
  const [params, indices] = [call.input(0), call.input(1)]
  const { positions, rowShape } = flatIndices(indices, params.shape)
  return [takeRows(params, rowShape, positions, [...indices.shape.slice(0, -1), ...rowShape])]
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

export function integerTensor(like: DataType | undefined, shape: StaticShape, values: readonly number[]): Tensor {
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
  return [integerTensor(input.dtype, input.shape, inverse)]
}

/** The indices of elements that are not 0. */
function where(call: KernelCall): Tensor[] {
  const { shape, dtype } = call.input(0)
  const values: Numeric = loadFlushed(call.input(0))
  const lanes = storageOf(dtype)!.lanes
  const zero = isBigInt(dtype) ? 0n : 0
  const found: number[] = []
  let count = 0
  for (let index = 0; index < values.length; index += lanes) {
    if (values[index] === zero && values[index + lanes - 1] === zero) continue
    count++
    let rest = index / lanes
    const at = found.length
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      found[at + axis] = rest % shape[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
  }
  return [integerTensor('int64', [count, shape.length], found)]
}

export type Key = number | bigint | string

/** What elements are compared by: strings by their bytes, denormals as 0. */
export function keysOf(tensor: Tensor): Key[] {
  if (tensor.dtype === 'string') return tensor.strings().map((value) => Buffer.from(value).toString('latin1'))
  return Array.from(loadFlushed(tensor) as ArrayLike<number | bigint>)
}

/** Each value once, in the order of first appearance, where each element's is, and how often it comes. */
export function unique(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const places = new Map<Key, number>()
  const firsts: number[] = []
  const counts: number[] = []
  const positions = keysOf(input).map((key, index) => {
    const place = places.get(key) ?? places.size
    if (place === places.size) firsts.push(index)
    places.set(key, place)
    counts[place] = (counts[place] ?? 0) + 1
    return place
  })
  const type = call.typeAttr('out_idx')
  const results = [
    takeRows(input, [], firsts, [firsts.length]),
    integerTensor(type, [positions.length], positions),
    integerTensor(type, [counts.length], counts),
  ]
  return call.node.op === 'Unique' ? results.slice(0, 2) : results
}

/** What of the first list is not in the second, and where it stood. */
function listDiff(call: KernelCall): Tensor[] {
  const [x, y] = [call.input(0), call.input(1)]
  const dropped = new Set(keysOf(y))
  const positions: number[] = []
  for (const [index, value] of keysOf(x).entries()) if (!dropped.has(value)) positions.push(index)
  return [
    takeRows(x, [], positions, [positions.length]),
    integerTensor(call.typeAttr('out_idx'), [positions.length], positions),
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
  return [storeFlushed(input.dtype, shape, best), integerTensor('int32', shape, positions)]
}

export const gatherKernels: readonly Kernel[] = [
  { ops: ['Gather'], dtypes: movable, run: (call) => gather(call, 0) },
  { ops: ['GatherV2'], dtypes: movable, run: (call) => gather(call, call.scalar(2)) },
  { ops: ['GatherNd'], dtypes: movable, run: gatherNd },
  { ops: ['DynamicPartition'], dtypes: movable, run: dynamicPartition },
  // The indices' dtype; what is stitched may be anything.
  { ops: ['DynamicStitch', 'ParallelDynamicStitch'], dtypes: ['int32'], run: dynamicStitch },
  { ops: ['InvertPermutation'], dtypes: ['int32', 'int64'], run: invertPermutation },
  // Not float16, for which TensorFlow finds no kernel to count with.
  {
    ops: ['Where'],
    dtypes: ['float32', 'float64', 'bfloat16', ...integers, ...complexes, 'bool'],
    run: where,
  },
  { ops: ['Unique', 'UniqueWithCounts'], dtypes: [...numbers, 'bool', 'string'], run: unique },
  { ops: ['ListDiff'], dtypes: [...numbers, 'string'], run: listDiff },
  { ops: ['TopKV2'], dtypes: numbers, run: (call) => topK(call, call.scalar(1)) },
]
