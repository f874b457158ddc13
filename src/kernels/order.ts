import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { copy, emptyLike, movableOf, partFrom, tensorOf } from './cells.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { integerTensor, unique } from './gather.js'
import { axisOf, isBigInt, type Kernel, type KernelCall, KernelError, movable, numbers } from './kernel.js'
import { reversedAlong } from './movement.js'

/** Turns round the start of each sequence, as far as its length says. */
function reverseSequence(call: KernelCall): Tensor[] {
  const [input, lengths] = [call.input(0), call.ints(1)]
  const rank = input.shape.length
  const along = axisOf(call.intAttr('seq_dim') ?? 0, rank)
  const batch = axisOf(call.intAttr('batch_dim') ?? 0, rank)
  if (lengths.length !== input.shape[batch]) throw new KernelError('there is not one length a sequence')
  const size = input.shape[along]!
  if (lengths.some((length) => length < 0 || length > size)) throw new KernelError('a length is beyond the sequence')
  const source = movableOf(input)
  const result = emptyLike(input, input.shape)
  const one = input.shape.map((each, axis) => (axis === along || axis === batch ? 1 : each))
  for (const [sequence, length] of lengths.entries()) {
    for (let at = 0; at < size; at++) {
      const begin = (position: number): number[] =>
        input.shape.map((_, axis) => (axis === batch ? sequence : axis === along ? position : 0))
      copy(one, partFrom(source, begin(at < length ? length - 1 - at : at)), partFrom(result, begin(at)))
    }
  }
  return [tensorOf(input, input.shape, result)]
}

/** The older Reverse, told by a boolean an axis. */
function reverse(call: KernelCall): Tensor[] {
  const axes = Array.from(call.input(1).values() as Uint8Array).flatMap((isReversed, axis) =>
    isReversed ? [axis] : [],
  )
  return reversedAlong(call.input(0), axes)
}

/** The element that would stand at a place of each row if it were sorted. */
function nthElement(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const n = call.scalar(1)
  const size = input.shape.at(-1) ?? 0
  if (n < 0 || n >= size) throw new KernelError(`there is no element ${n} of ${size}`)
  const values: Numeric = loadFlushed(input)
  const result: Numeric = resultArray(input.dtype, input.size / size)
  const at = call.boolAttr('reverse') ? size - 1 - n : n
  for (let row = 0; row < result.length; row++) {
    const sorted = values.slice(row * size, (row + 1) * size).sort()
    result[row] = sorted[at]
  }
  return [storeFlushed(input.dtype, input.shape.slice(0, -1), result)]
}

/** Whether the class asked for is among the k likeliest; ties count for it. */
function inTopK(call: KernelCall, k: number): Tensor[] {
  const [predictions, targets] = [call.input(0), call.ints(1)]
  const [rows, classes] = predictions.shape as [number, number]
  const values = loadFlushed(predictions) as Float32Array
  const result = Uint8Array.from({ length: rows }, (_, row) => {
    const target = targets[row]!
    const own = values[row * classes + target]
    const line = values.subarray(row * classes, (row + 1) * classes)
    if (own === undefined || target < 0 || target >= classes || !line.every(Number.isFinite)) return 0
    return line.filter((value) => value > own).length < k ? 1 : 0
  })
  return [Tensor.of('bool', [rows], result)]
}

/** Where values would be put into sorted rows: before what is equal, or behind it. */
function searchSorted(call: KernelCall, isBefore: (row: Numeric, value: Numeric) => boolean): Tensor[] {
  const [sorted, wanted] = [call.input(0), call.input(1)]
  const size = sorted.shape.at(-1)!
  const count = wanted.shape.at(-1)!
  const [rows, values]: Numeric[] = [loadFlushed(sorted), loadFlushed(wanted)]
  const places = Array.from({ length: wanted.size }, (_, at) => {
    const start = Math.floor(at / count) * size
    let [low, high] = [0, size]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBefore(rows[start + middle], values[at])) low = middle + 1
      else high = middle
    }
    return low
  })
  return [integerTensor(call.typeAttr('out_type'), wanted.shape, places)]
}

/** Of vectors; distinct slices along an axis are not computed. */
function uniqueAlong(call: KernelCall): Tensor[] {
  if (call.input(0).shape.length !== 1) throw new KernelError('only the distinct elements of a vector are computed')
  const results = unique(call)
  return call.node.op === 'UniqueV2' ? results.slice(0, 2) : results
}

/** How long ranges come out is known only when they are computed. */
const longestRanges = 2 ** 24

/** Ranges one behind the other, and where each starts. */
function raggedRange(call: KernelCall): Tensor[] {
  const { dtype } = call.input(0)
  const big = isBigInt(dtype)
  const columns: Numeric[] = call.inputs.map((input) => input.values())
  const rows = Math.max(...call.inputs.map((input) => (input.shape.length === 0 ? 1 : input.size)))
  const pick = (input: number, row: number): Numeric => columns[input][columns[input].length === 1 ? 0 : row]
  const splits = [0]
  const values: Numeric[] = []
  const zero: Numeric = big ? 0n : 0
  for (let row = 0; row < rows; row++) {
    const [start, limit, delta] = [pick(0, row), pick(1, row), pick(2, row)]
    if (delta === zero) throw new KernelError('a range does not end')
    const count = big ? countOf(Number(start), Number(limit), Number(delta)) : countOf(start, limit, delta)
    if (values.length + count > longestRanges) throw new KernelError('the ranges are too long to be computed')
    for (let index = 0; index < count; index++) {
      const step: Numeric = big ? BigInt(index) : index
      values.push(start + step * delta)
    }
    splits.push(values.length)
  }
  const result: Numeric = resultArray(dtype, values.length)
  result.set(values)
  return [
    integerTensor(call.typeAttr('Tsplits') ?? 'int64', [splits.length], splits),
    Tensor.of(dtype, [values.length], result),
  ]
}

function countOf(start: number, limit: number, delta: number): number {
  return Math.max(0, Math.ceil((limit - start) / delta))
}

export const orderKernels: readonly Kernel[] = [
  { ops: ['ReverseSequence'], dtypes: movable.filter((dtype) => !dtype.startsWith('q')), run: reverseSequence },
  { ops: ['Reverse'], dtypes: movable.filter((dtype) => !dtype.startsWith('q')), run: reverse },
  { ops: ['NthElement'], dtypes: numbers, run: nthElement },
  { ops: ['InTopK'], dtypes: ['float32'], run: (call) => inTopK(call, call.intAttr('k') ?? 0) },
  { ops: ['InTopKV2'], dtypes: ['float32'], run: (call) => inTopK(call, call.scalar(2)) },
  { ops: ['LowerBound'], dtypes: numbers, run: (call) => searchSorted(call, (row, value) => row < value) },
  { ops: ['UpperBound'], dtypes: numbers, run: (call) => searchSorted(call, (row, value) => row <= value) },
  { ops: ['UniqueV2', 'UniqueWithCountsV2'], dtypes: [...numbers, 'bool', 'string'], run: uniqueAlong },
  { ops: ['RaggedRange'], dtypes: ['float32', 'float64', 'int32', 'int64'], run: raggedRange },
]
