import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { complexOf, isComplex, partOf } from './complex-parts.js'
import { load, loadFlushed, resultArray, storeFlushed } from './elements.js'
import { integerTensor } from './gather.js'
import {
  complexes,
  floats,
  integers,
  type Kernel,
  type KernelCall,
  KernelError,
  movable,
  numbers,
  ulpOfLargest,
} from './kernel.js'
import { batchToSpace, spaceToBatch, transposed } from './movement.js'
import { reductionKernels } from './reduction.js'

/** Each axis of one format in another, e.g. NHWC to NCHW. */
function mapAxes(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [from, to] = [call.stringAttr('src_format'), call.stringAttr('dst_format')]
  const rank = from.length
  const mapped = input.numbers().map((axis) => {
    if (axis < -rank || axis >= rank) throw new KernelError(`there is no axis ${axis} in ${from}`)
    return to.indexOf(from[(axis + rank) % rank]!)
  })
  return [integerTensor(input.dtype, input.shape, mapped)]
}

/** A vector with an element an axis, or a matrix with a row an axis, brought into the order of another format. */
function permuteAxes(call: KernelCall): Tensor[] {
  const input = call.input(0)
  let [from, to] = [call.stringAttr('src_format'), call.stringAttr('dst_format')]
  const rows = input.shape[0]!
  if (rows === from.length - 2) {
    const spatial = (format: string): string => format.replace(/[NC]/g, '')
    ;[from, to] = [spatial(from), spatial(to)]
  }
  if (rows !== from.length) throw new KernelError(`${rows} elements for the format ${from}`)
  const width = input.size / rows
  const values = input.numbers()
  const moved = [...to].flatMap((axis) => {
    const row = from.indexOf(axis)
    return values.slice(row * width, (row + 1) * width)
  })
  return [integerTensor(input.dtype, input.shape, moved)]
}

function conjugateTranspose(call: KernelCall): Tensor[] {
  const moved = transposed(call.input(0), call.ints(1))
  if (!isComplex(moved.dtype)) return [moved]
  const imaginary = partOf(moved, 1)
  const negated = (imaginary.values() as Float64Array).map((value) => -value)
  return [complexOf(partOf(moved, 0), Tensor.of(imaginary.dtype, imaginary.shape, negated))]
}

/** How many bits of each integer are 1. */
function populationCount(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const bytes = input.bytes()
  const width = bytes.length / Math.max(input.size, 1)
  const counts = new Uint8Array(input.size)
  for (const [index, byte] of bytes.entries()) {
    for (let rest = byte; rest > 0; rest &= rest - 1) counts[Math.floor(index / width)]!++
  }
  return [Tensor.of('uint8', input.shape, counts)]
}

/** Not Math.min and Math.max: BigInts are compared as well, and of a not-a-number the first argument stays. */
function smaller(a: Numeric, b: Numeric): Numeric {
  if (b < a) return b
  return a
}

function larger(a: Numeric, b: Numeric): Numeric {
  if (a < b) return b
  return a
}

/** Elements kept between two bounds, each a scalar or of the input's shape. */
function clip(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [values, low, high]: Numeric[] = [0, 1, 2].map((index) => loadFlushed(call.input(index)))
  if (low.length !== 1 && low.length !== values.length) throw new KernelError('the bounds do not go with the input')
  const result: Numeric = resultArray(input.dtype, input.size)
  for (let at = 0; at < values.length; at++) {
    const lowest = low[low.length === 1 ? 0 : at]
    const highest = high[high.length === 1 ? 0 : at]
    result[at] = larger(smaller(values[at], highest), lowest)
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

/** Products of three-dimensional vectors in the last axis. */
function cross(call: KernelCall): Tensor[] {
  const [a, b] = [call.input(0), call.input(1)]
  if (a.shape.at(-1) !== 3 || a.size !== b.size) throw new KernelError('the vectors do not have three elements')
  const [left, right]: Numeric[] = [loadFlushed(a), loadFlushed(b)]
  const result: Numeric = resultArray(a.dtype, a.size)
  const one: Numeric = resultArray(a.dtype, 2)
  for (let base = 0; base < a.size; base += 3) {
    for (let axis = 0; axis < 3; axis++) {
      const [next, last] = [base + ((axis + 1) % 3), base + ((axis + 2) % 3)]
      one[0] = left[next] * right[last]
      one[1] = left[last] * right[next]
      result[base + axis] = one[0] - one[1]
    }
  }
  return [storeFlushed(a.dtype, a.shape, result)]
}

/** A tensor as the diagonal of one of twice its rank. */
function diagonal(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const values: Numeric = input.values()
  const lanes = values.length / Math.max(input.size, 1)
  const result = new (values.constructor as Numeric)(values.length * input.size)
  for (let at = 0; at < input.size; at++) {
    for (let lane = 0; lane < lanes; lane++) result[at * (input.size + 1) * lanes + lane] = values[at * lanes + lane]
  }
  return [Tensor.of(input.dtype, [...input.shape, ...input.shape], result)]
}

function diagonalPart(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const shape = input.shape.slice(0, input.shape.length / 2)
  const size = elementCount(shape)
  if (size * size !== input.size) throw new KernelError('the axes do not come in pairs')
  const values: Numeric = input.values()
  const lanes = values.length / Math.max(input.size, 1)
  const result = new (values.constructor as Numeric)(size * lanes)
  for (let at = 0; at < size; at++) {
    for (let lane = 0; lane < lanes; lane++) result[at * lanes + lane] = values[at * (size + 1) * lanes + lane]
  }
  return [Tensor.of(input.dtype, shape, result)]
}

/** The older ops with one block size for height and width. */
function squareBlocks(call: KernelCall, back: boolean): Tensor[] {
  const block = call.intAttr('block_size') ?? 1
  const paddings = call.ints(1)
  return [(back ? batchToSpace : spaceToBatch)(call.input(0), [block, block], paddings)]
}

const sum = reductionKernels.find(({ ops }) => ops.includes('Sum'))!

/** The root of the sum of squares. */
function euclideanNorm(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const squares = Tensor.of(
    'float64',
    input.shape,
    Float64Array.from(load(input) as Float32Array, (value) => value * value),
  )
  const [total] = sum.run(Object.assign(Object.create(call), { inputs: [squares, call.input(1)] }) as KernelCall)
  const result = resultArray(input.dtype, total!.size) as Float32Array
  result.set((total!.values() as Float64Array).map(Math.sqrt))
  return [storeFlushed(input.dtype, total!.shape, result)]
}

const diagonals = ['float32', 'float64', 'float16', 'int32', 'int64', ...complexes] as const
const clipped = numbers.filter((dtype) => dtype !== 'uint32' && dtype !== 'uint64')

export const shapeArithmeticKernels: readonly Kernel[] = [
  { ops: ['DataFormatDimMap'], dtypes: ['int32', 'int64'], run: mapAxes },
  { ops: ['DataFormatVecPermute'], dtypes: ['int32', 'int64'], run: permuteAxes },
  { ops: ['ConjugateTranspose'], dtypes: movable.filter((dtype) => !dtype.startsWith('q')), run: conjugateTranspose },
  { ops: ['PopulationCount'], dtypes: integers, run: populationCount },
  { ops: ['ClipByValue'], dtypes: clipped, run: clip },
  { ops: ['Cross'], dtypes: numbers, run: cross },
  { ops: ['Diag'], dtypes: diagonals, run: diagonal },
  { ops: ['DiagPart'], dtypes: diagonals, run: diagonalPart },
  { ops: ['SpaceToBatch'], dtypes: numbers, run: (call) => squareBlocks(call, false) },
  { ops: ['BatchToSpace'], dtypes: numbers, run: (call) => squareBlocks(call, true) },
  { ops: ['EuclideanNorm'], dtypes: floats, bound: ulpOfLargest(8), run: euclideanNorm },
]
