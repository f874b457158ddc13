import type { DataType } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import {
  floats,
  isBigInt,
  isFloat,
  type Kernel,
  type KernelCall,
  KernelError,
  maxBigInt,
  minBigInt,
  numbers,
  ulpOfLargest,
  wide,
} from './kernel.js'
import { highestOf, lowestOf } from './reduction.js'

/** How rows of one segment become one row. */
interface Reducer {
  /** What a segment without rows has. */
  empty: (dtype: DataType) => number
  join: (total: number, value: number) => number
  bigJoin: (total: bigint, value: bigint) => bigint
  /** Whether the total is divided by the number of rows, or by its root. */
  divide?: (count: number) => number
}

const sum: Reducer = { empty: () => 0, join: (total, value) => total + value, bigJoin: (total, value) => total + value }
const mean: Reducer = { ...sum, divide: (count) => count }
const rootMean: Reducer = { ...sum, divide: Math.sqrt }
const product: Reducer = {
  empty: () => 1,
  join: (total, value) => total * value,
  bigJoin: (total, value) => BigInt.asIntN(64, total * value),
}
const largest: Reducer = { empty: () => 0, join: larger, bigJoin: maxBigInt }
const smallest: Reducer = { empty: () => 0, join: smaller, bigJoin: minBigInt }

/** Not Math.max: a not-a-number lasts until the next value. */
function larger(total: number, value: number): number {
  if (total > value) return total
  return value
}

function smaller(total: number, value: number): number {
  if (total < value) return total
  return value
}

/**
 * Rows of `data` reduced by the number of their segment; sums are kept in double.
 * @param rows which row of the data each number belongs to
 */
function reduceRows(
  data: Tensor,
  rowShape: StaticShape,
  rows: readonly number[],
  ids: readonly number[],
  count: number,
  reducer: Reducer,
): Tensor {
  const size = elementCount(rowShape)
  const { dtype } = data
  const big = isBigInt(dtype)
  const values: Numeric = loadFlushed(data)
  const totals: Numeric = big ? new Array<bigint>(count * size) : new Float64Array(count * size)
  const counts = new Uint32Array(count)
  const wraps = !big && !isFloat(dtype)
  const join: Numeric = big ? reducer.bigJoin : wraps && reducer === product ? Math.imul : reducer.join
  for (const [index, id] of ids.entries()) {
    if (id < 0) continue
    const first = counts[id]! === 0
    counts[id]!++
    for (let at = 0; at < size; at++) {
      const value = values[rows[index]! * size + at]
      totals[id * size + at] = first ? value : join(totals[id * size + at], value)
    }
  }
  const result: Numeric = resultArray(dtype, count * size)
  const empty = reducer.empty(dtype)
  for (let index = 0; index < count * size; index++) {
    const rowsIn = counts[Math.floor(index / size)]!
    if (rowsIn === 0) result[index] = big ? bigOf(dtype, empty) : empty
    else if (!reducer.divide) result[index] = totals[index]
    else result[index] = divided(totals[index], reducer.divide(rowsIn), dtype)
  }
  return storeFlushed(dtype, [count, ...rowShape], result)
}

/** The bounds of 64-bit integers are no doubles. */
function bigOf(dtype: DataType, value: number): bigint {
  if (value === 2 ** 63) return 2n ** 63n - 1n
  if (value === 2 ** 64) return 2n ** 64n - 1n
  return dtype === 'uint64' ? BigInt.asUintN(64, BigInt(value)) : BigInt(value)
}

/** The total of integers has wrapped before it is divided. */
function divided(total: number | bigint, by: number, dtype: DataType): number | bigint {
  if (isFloat(dtype)) return (total as number) / by
  const one: Numeric = resultArray(dtype, 1)
  one[0] = total
  return typeof total === 'bigint' ? one[0] / BigInt(by) : Math.trunc(one[0] / by)
}

/** Sorted segments: as many as the last number says. */
function segments(call: KernelCall, reducer: Reducer): Tensor[] {
  const [data, ids] = [call.input(0), call.ints(1)]
  if (ids.length !== data.shape[0]) throw new KernelError('there is not one segment a row')
  if (ids.some((id, row) => id < (ids[row - 1] ?? 0))) throw new KernelError('the segments are not sorted')
  const rows = ids.map((_, row) => row)
  return [reduceRows(data, data.shape.slice(1), rows, ids, (ids.at(-1) ?? -1) + 1, reducer)]
}

/** Segments in any order; a negative number drops its row. */
function unsorted(call: KernelCall, reducer: Reducer): Tensor[] {
  const [data, ids] = [call.input(0), call.input(1)]
  const count = call.scalar(2)
  const numbers = ids.numbers()
  if (numbers.some((id) => id >= count)) throw new KernelError(`a segment is outside of ${count}`)
  const rows = numbers.map((_, row) => row)
  return [reduceRows(data, data.shape.slice(ids.shape.length), rows, numbers, count, reducer)]
}

/** Sorted segments of rows that are picked by an index each. */
function sparse(call: KernelCall, reducer: Reducer): Tensor[] {
  const [data, picked, ids] = [call.input(0), call.ints(1), call.ints(2)]
  if (ids.some((id, row) => id < (ids[row - 1] ?? 0))) throw new KernelError('the segments are not sorted')
  if (picked.length !== ids.length) throw new KernelError('there is not one segment an index')
  if (picked.some((row) => row < 0 || row >= data.shape[0]!)) throw new KernelError('an index is outside of the rows')
  const asked = call.inputs.length > 3 ? call.scalar(3) : (ids.at(-1) ?? -1) + 1
  if (ids.some((id) => id >= asked)) throw new KernelError(`a segment is outside of ${asked}`)
  return [reduceRows(data, data.shape.slice(1), picked, ids, asked, reducer)]
}

/** How often each integer comes, or the sum of its weights; integers from `size` on are left out. */
function countRows(call: KernelCall, rows: number, binary: boolean): Tensor {
  const [values, size, weights] = [call.input(0).numbers(), call.scalar(1), call.input(2)]
  const length = values.length / Math.max(rows, 1)
  const big = isBigInt(weights.dtype)
  const given: Numeric = weights.size > 0 && !binary ? loadFlushed(weights) : undefined
  const result: Numeric = resultArray(weights.dtype, rows * size)
  const one: Numeric = big ? 1n : 1
  for (const [index, value] of values.entries()) {
    if (value < 0) throw new KernelError('an integer is negative')
    if (value >= size) continue
    const at = Math.floor(index / length) * size + value
    result[at] = binary ? one : result[at] + (given ? given[index] : one)
  }
  return storeFlushed(weights.dtype, call.input(0).shape.length === 2 ? [rows, size] : [size], result)
}

function bincount(call: KernelCall): Tensor[] {
  if (call.node.op === 'Bincount') {
    if (call.input(0).shape.length === 2) throw new KernelError('the integers are no list')
    return [countRows(call, 1, false)]
  }
  const { shape } = call.input(0)
  if (shape.length > 2) throw new KernelError('the integers are no list or matrix')
  return [countRows(call, shape.length === 2 ? shape[0]! : 1, call.boolAttr('binary_output'))]
}

/** How many values lie in each of several bins of one width; those beyond the ends count in the outer bins. */
function histogram(call: KernelCall): Tensor[] {
  const values = loadFlushed(call.input(0)) as ArrayLike<number | bigint>
  const [low, high] = Array.from(loadFlushed(call.input(1)) as ArrayLike<number | bigint>, Number) as [number, number]
  const count = call.scalar(2)
  if (!(low < high)) throw new KernelError('the range is empty')
  const step = (high - low) / count
  const type = call.typeAttr('dtype') ?? 'int32'
  const bins = new Array<number>(count).fill(0)
  for (let index = 0; index < values.length; index++) {
    const value = Math.max(Number(values[index]), low) - low
    bins[Math.min(Math.trunc(value / step), count - 1)]!++
  }
  if (type === 'int64') return [Tensor.of('int64', [count], BigInt64Array.from(bins, BigInt))]
  return [Tensor.of('int32', [count], Int32Array.from(bins))]
}

type Run = (call: KernelCall, reducer: Reducer) => Tensor[]

function segmentKernel(
  ops: string[],
  run: Run,
  reducer: Reducer,
  ulp = 0,
  dtypes: readonly DataType[] = numbers,
): Kernel {
  return { ops, dtypes, ...(ulp > 0 && { bound: ulpOfLargest(ulp) }), run: (call) => run(call, reducer) }
}

export const segmentKernels: readonly Kernel[] = [
  segmentKernel(['SegmentSum'], segments, sum, 8),
  segmentKernel(['SegmentMean'], segments, mean, 8),
  segmentKernel(['SegmentProd'], segments, product, 8),
  segmentKernel(['SegmentMax'], segments, largest),
  segmentKernel(['SegmentMin'], segments, smallest),
  segmentKernel(['UnsortedSegmentSum'], unsorted, sum, 8),
  segmentKernel(['UnsortedSegmentProd'], unsorted, product, 8),
  segmentKernel(['UnsortedSegmentMax'], unsorted, { ...largest, empty: lowestOf }),
  segmentKernel(['UnsortedSegmentMin'], unsorted, { ...smallest, empty: highestOf }),
  segmentKernel(['SparseSegmentSum', 'SparseSegmentSumWithNumSegments'], sparse, sum, 8),
  segmentKernel(['SparseSegmentMean', 'SparseSegmentMeanWithNumSegments'], sparse, mean, 8, floats),
  segmentKernel(['SparseSegmentSqrtN', 'SparseSegmentSqrtNWithNumSegments'], sparse, rootMean, 8, floats),
  { ops: ['Bincount'], dtypes: [...wide, 'int32', 'int64'], dtypeInput: 2, run: bincount },
  { ops: ['DenseBincount'], dtypes: [...wide, 'int32', 'int64'], dtypeInput: 2, run: bincount },
  { ops: ['HistogramFixedWidth'], dtypes: [...wide, 'int32', 'int64'], run: histogram },
]
