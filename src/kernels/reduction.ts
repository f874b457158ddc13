import { type DataType, storageOf, type TypedArray } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { loadFlushed, resultArray, rounderOf, storeFlushed } from './elements.js'
import {
  axisOf,
  floats,
  halves,
  integers,
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
import { eachRow, rowStrides } from './strided.js'

/** How the axes that go are named by an input, and what is left of the shape. */
interface Reduction {
  /** The result's shape with 1 for each axis that went. */
  kept: StaticShape
  /** The result's shape as asked for. */
  shape: StaticShape
  /** How many elements make one. */
  count: number
}

function planReduction(call: KernelCall): Reduction {
  const { shape } = call.input(0)
  const axes = new Set(call.ints(1).map((axis) => axisOf(axis, shape.length)))
  const kept = shape.map((size, axis) => (axes.has(axis) ? 1 : size))
  return {
    kept,
    shape: call.boolAttr('keep_dims') ? kept : shape.filter((_, axis) => !axes.has(axis)),
    count: elementCount(shape.filter((_, axis) => axes.has(axis))),
  }
}

/** Walks input and result together; the result stands still along the axes that go. */
function accumulate(values: Numeric, shape: StaticShape, kept: StaticShape, totals: Numeric, join: Numeric): void {
  const own = rowStrides(kept)
  const strides = [rowStrides(shape), kept.map((size, axis) => (size === 1 ? 0 : own[axis]!))]
  eachRow(shape, strides, ([read, write], [, step], length) => {
    let i = read!
    let at = write!
    for (let count = 0; count < length; count++) {
      totals[at] = join(totals[at], values[i++])
      at += step!
    }
  })
}

interface Reducer {
  start: number
  bigStart?: bigint
  join: (total: number, value: number) => number
  bigJoin?: (total: bigint, value: bigint) => bigint
}

/** Sums are kept in double and rounded at the end, which is nearer to the truth than any order of float32. */
function reduce(call: KernelCall, { start, bigStart, join, bigJoin }: Reducer, isMean = false): Tensor[] {
  const input = call.input(0)
  const { kept, shape, count } = planReduction(call)
  const { dtype } = input
  const big = isBigInt(dtype)
  const size = elementCount(kept)
  const totals: Numeric = big
    ? new Array<bigint>(size).fill(bigStart ?? BigInt(start))
    : new Float64Array(size).fill(start)
  accumulate(loadFlushed(input), input.shape, kept, totals, big ? bigJoin : join)
  const result: Numeric = resultArray(dtype, size)
  for (let index = 0; index < size; index++) {
    const total = totals[index]
    if (!isMean) result[index] = total
    else if (big) result[index] = count === 0 ? 0n : total / BigInt(count)
    else result[index] = isFloat(dtype) ? total / count : Math.trunc(total / count)
  }
  return [storeFlushed(dtype, shape, result as TypedArray)]
}

const sum: Reducer = { start: 0, join: (total, value) => total + value, bigJoin: (total, value) => total + value }

/** A product of integers wraps at every step. */
function product(call: KernelCall): Tensor[] {
  const wraps = !isFloat(call.input(0).dtype)
  return reduce(call, {
    start: 1,
    join: wraps ? Math.imul : (total, value) => total * value,
    bigJoin: (total, value) => BigInt.asIntN(64, total * value),
  })
}

/** The smallest value of a dtype, from which a maximum of nothing is made. */
function extreme(dtype: DataType, largest: boolean): { start: number; bigStart?: bigint } {
  if (isFloat(dtype)) return { start: largest ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY }
  const bits = storageOf(dtype)!.array.BYTES_PER_ELEMENT * 8
  const signed = dtype.startsWith('i')
  const low = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const value = largest ? low + 2n ** BigInt(bits) - 1n : low
  return { start: Number(value), bigStart: value }
}

/** The lowest finite number of a dtype. */
export function lowestOf(dtype: DataType): number {
  return isFloat(dtype) ? -highestOf(dtype) : extreme(dtype, false).start
}

/** The highest finite number of a dtype. */
export function highestOf(dtype: DataType): number {
  if (dtype === 'float64') return Number.MAX_VALUE
  if (dtype === 'float16') return 65504
  if (dtype === 'bfloat16') return 2 ** 127 * (2 - 2 ** -7)
  return dtype === 'float32' ? 2 ** 127 * (2 - 2 ** -23) : extreme(dtype, true).start
}

function maximum(call: KernelCall): Tensor[] {
  return reduce(call, {
    ...extreme(call.input(0).dtype, false),
    join: (total, value) => (value > total || Number.isNaN(value) ? value : total),
    bigJoin: maxBigInt,
  })
}

function minimum(call: KernelCall): Tensor[] {
  return reduce(call, {
    ...extreme(call.input(0).dtype, true),
    join: (total, value) => (value < total || Number.isNaN(value) ? value : total),
    bigJoin: minBigInt,
  })
}

function truth(call: KernelCall, start: 0 | 1, join: (total: number, value: number) => number): Tensor[] {
  const input = call.input(0)
  const { kept, shape } = planReduction(call)
  const result = new Uint8Array(elementCount(kept)).fill(start)
  accumulate(input.values(), input.shape, kept, result, join)
  return [Tensor.of('bool', shape, result)]
}

/** The first position of the largest or smallest element along an axis. */
function argExtreme(call: KernelCall, better: (value: Numeric, best: Numeric) => boolean): Tensor[] {
  const input = call.input(0)
  const axis = axisOf(call.scalar(1), Math.max(input.shape.length, 1))
  const values: Numeric = loadFlushed(input)
  const size = input.shape[axis] ?? 1
  if (size === 0) throw new KernelError('the axis is empty')
  const shape = input.shape.toSpliced(axis, 1)
  const inner = elementCount(input.shape.slice(axis + 1))
  const positions = Array.from({ length: elementCount(shape) }, (_, index) => {
    const start = Math.floor(index / inner) * size * inner + (index % inner)
    let best = 0
    for (let at = 1; at < size; at++) {
      if (better(values[start + at * inner], values[start + best * inner])) best = at
    }
    return best
  })
  const type = call.typeAttr('output_type') ?? 'int64'
  const result = type === 'int64' ? BigInt64Array.from(positions, BigInt) : resultArray(type, positions.length)
  if (type !== 'int64') (result as Int32Array).set(positions)
  return [Tensor.of(type, shape, result)]
}

function multiplyWrapping(a: Numeric, b: Numeric): Numeric {
  return typeof a === 'bigint' ? BigInt.asIntN(64, a * b) : Math.imul(a, b)
}

/** Running totals along an axis, with or without the element itself, from either end. */
function cumulate(call: KernelCall, start: number, join: (a: Numeric, b: Numeric) => Numeric): Tensor[] {
  const input = call.input(0)
  const axis = axisOf(call.scalar(1), input.shape.length)
  const values: Numeric = loadFlushed(input)
  const result: Numeric = resultArray(input.dtype, input.size)
  const size = input.shape[axis]!
  const inner = elementCount(input.shape.slice(axis + 1))
  const [reverse, exclusive] = [call.boolAttr('reverse'), call.boolAttr('exclusive')]
  const first = isBigInt(input.dtype) ? BigInt(start) : start
  const round = isFloat(input.dtype) ? rounderOf(input.dtype) : (value: Numeric): Numeric => value
  for (let row = 0; row < input.size / Math.max(size, 1); row++) {
    const base = Math.floor(row / inner) * size * inner + (row % inner)
    let total = first
    for (let step = 0; step < size; step++) {
      const at = base + (reverse ? size - 1 - step : step) * inner
      const next = join(total, values[at])
      result[at] = exclusive ? total : next
      total = round(next)
    }
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

function l2Loss(call: KernelCall): Tensor[] {
  const input = call.input(0)
  let total = 0
  for (const value of loadFlushed(input) as Float64Array) total += value * value
  const result = resultArray(input.dtype, 1)
  result[0] = total / 2
  return [storeFlushed(input.dtype, [], result)]
}

export const reductionKernels: readonly Kernel[] = [
  { ops: ['Sum'], dtypes: numbers, bound: ulpOfLargest(16), run: (call) => reduce(call, sum) },
  { ops: ['Mean'], dtypes: numbers, bound: ulpOfLargest(16), run: (call) => reduce(call, sum, true) },
  { ops: ['Prod'], dtypes: [...wide, ...integers], bound: ulpOfLargest(32), run: product },
  // TensorFlow rounds after each factor.
  { ops: ['Prod'], dtypes: halves, bound: ulpOfLargest(1024), run: product },
  { ops: ['Max'], dtypes: numbers, run: maximum },
  { ops: ['Min'], dtypes: numbers, run: minimum },
  { ops: ['All'], dtypes: ['bool'], run: (call) => truth(call, 1, (total, value) => (total && value ? 1 : 0)) },
  { ops: ['Any'], dtypes: ['bool'], run: (call) => truth(call, 0, (total, value) => (total || value ? 1 : 0)) },
  { ops: ['ArgMax'], dtypes: [...numbers, 'bool'], run: (call) => argExtreme(call, (value, best) => value > best) },
  { ops: ['ArgMin'], dtypes: [...numbers, 'bool'], run: (call) => argExtreme(call, (value, best) => value < best) },
  { ops: ['Cumsum'], dtypes: numbers, bound: ulpOfLargest(4), run: (call) => cumulate(call, 0, (a, b) => a + b) },
  {
    ops: ['Cumprod'],
    dtypes: numbers,
    bound: ulpOfLargest(4),
    run: (call) => cumulate(call, 1, isFloat(call.input(0).dtype) ? (a, b) => a * b : multiplyWrapping),
  },
  { ops: ['L2Loss'], dtypes: floats, bound: ulpOfLargest(32), run: l2Loss },
]
