import { newElements } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { arithmeticKernels } from './arithmetic.js'
import { broadcastShape, broadcastStrides } from './broadcast.js'
import type { Complex } from './complex-functions.js'
import * as functions from './complex-functions.js'
import { byParts, complexOf, partOf, partType } from './complex-parts.js'
import { loadFlushed, splat, storeFlushed } from './elements.js'
import { fillKernels } from './fill.js'
import { axisOf, complexes, type Kernel, KernelCall, ulpOfElement, ulpOfLargest, wide } from './kernel.js'
import { matmulKernels } from './matmul.js'
import { matrixKernels } from './matrix.js'
import { reductionKernels } from './reduction.js'
import { scatterKernels } from './scatter.js'
import { segmentKernels } from './segments.js'
import { eachRow, rowStrides } from './strided.js'
import { unaryKernels } from './unary.js'

function at(values: ArrayLike<number>, index: number): Complex {
  return [values[2 * index]!, values[2 * index + 1]!]
}

function unary(op: string, compute: (value: Complex) => Complex, ulp: number): Kernel {
  return {
    ops: [op],
    dtypes: complexes,
    ...(ulp > 0 && { bound: ulpOfElement(ulp, complexes) }),
    run(call) {
      const input = call.input(0)
      const values = loadFlushed(input) as Float64Array
      const result = newElements(input.dtype, input.size) as Float64Array
      for (let index = 0; index < input.size; index++) result.set(compute(at(values, index)), 2 * index)
      return [storeFlushed(input.dtype, input.shape, result)]
    },
  }
}

/** Visits pairs of elements of two inputs under broadcasting, with the number of the result's element. */
function eachPair(call: KernelCall, visit: (index: number, a: Complex, b: Complex) => void): StaticShape {
  const [a, b] = [call.input(0), call.input(1)]
  const shape = broadcastShape(a.shape, b.shape)
  const [left, right] = [loadFlushed(a) as Float64Array, loadFlushed(b) as Float64Array]
  const strides = [rowStrides(shape), broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)]
  eachRow(shape, strides, (starts, steps, length) => {
    const [write, i, j] = starts as [number, number, number]
    for (let count = 0; count < length; count++) {
      visit(write + count, at(left, i + count * steps[1]!), at(right, j + count * steps[2]!))
    }
  })
  return shape
}

function binary(ops: string[], compute: (a: Complex, b: Complex) => Complex, ulp: number): Kernel {
  return {
    ops,
    dtypes: complexes,
    ...(ulp > 0 && { bound: ulpOfElement(ulp, complexes) }),
    run(call) {
      const { dtype } = call.input(0)
      const size = elementCount(broadcastShape(call.input(0).shape, call.input(1).shape))
      const result = newElements(dtype, size) as Float64Array
      const shape = eachPair(call, (index, a, b) => result.set(compute(a, b), 2 * index))
      return [storeFlushed(dtype, shape, result)]
    },
  }
}

function equality(op: string, wanted: boolean): Kernel {
  return {
    ops: [op],
    dtypes: complexes,
    run(call) {
      const result = new Uint8Array(elementCount(broadcastShape(call.input(0).shape, call.input(1).shape)))
      const shape = eachPair(call, (index, [a, b], [c, d]) => {
        result[index] = (a === c && b === d) === wanted ? 1 : 0
      })
      return [Tensor.of('bool', shape, result)]
    },
  }
}

/** A number of each complex one. */
function toReal(op: string, compute: (value: Complex) => number, ulp: number): Kernel {
  return {
    ops: [op],
    dtypes: complexes,
    ...(ulp > 0 && { bound: ulpOfElement(ulp, complexes) }),
    run(call) {
      const input = call.input(0)
      const values = (ulp > 0 ? loadFlushed(input) : input.values()) as Float64Array
      const dtype = partType(input.dtype)
      const result = newElements(dtype, input.size) as Float64Array
      for (let index = 0; index < result.length; index++) result[index] = compute(at(values, index))
      return [ulp > 0 ? storeFlushed(dtype, input.shape, result) : Tensor.of(dtype, input.shape, result)]
    },
  }
}

/** Complex numbers of two tensors of parts, which are broadcast together. */
function fromParts(call: KernelCall): Tensor[] {
  const [real, imaginary] = [call.input(0), call.input(1)]
  const shape = broadcastShape(real.shape, imaginary.shape)
  const spread = (tensor: Tensor): Tensor => {
    const values = tensor.values() as Float64Array
    const result = newElements(tensor.dtype, elementCount(shape)) as Float64Array
    eachRow(shape, [rowStrides(shape), broadcastStrides(tensor.shape, shape)], ([write, read], [, step], length) => {
      for (let count = 0; count < length; count++) result[write! + count] = values[read! + count * step!]!
    })
    return Tensor.of(tensor.dtype, shape, result)
  }
  return [complexOf(spread(real), spread(imaginary))]
}

/** Products along axes, or running along one. */
function product(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const axes = new Set(call.ints(1).map((axis) => axisOf(axis, input.shape.length)))
  const kept = input.shape.map((size, axis) => (axes.has(axis) ? 1 : size))
  const own = rowStrides(kept)
  const values = loadFlushed(input) as Float64Array
  const totals = new Float64Array(2 * elementCount(kept)).map((_, index) => (index % 2 === 0 ? 1 : 0))
  const strides = [rowStrides(input.shape), kept.map((size, axis) => (size === 1 ? 0 : own[axis]!))]
  eachRow(input.shape, strides, ([read, write], [step, move], length) => {
    for (let count = 0; count < length; count++) {
      const target = write! + count * move!
      totals.set(functions.multiply(at(totals, target), at(values, read! + count * step!)), 2 * target)
    }
  })
  const result = newElements(input.dtype, elementCount(kept)) as Float64Array
  result.set(totals)
  const shape = call.boolAttr('keep_dims') ? kept : input.shape.filter((_, axis) => !axes.has(axis))
  return [storeFlushed(input.dtype, shape, result)]
}

function runningProduct(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const axis = axisOf(call.scalar(1), input.shape.length)
  const values = loadFlushed(input) as Float64Array
  const result = newElements(input.dtype, input.size) as Float64Array
  const size = input.shape[axis]!
  const inner = elementCount(input.shape.slice(axis + 1))
  const [reverse, exclusive] = [call.boolAttr('reverse'), call.boolAttr('exclusive')]
  for (let row = 0; row < input.size / Math.max(size, 1); row++) {
    const base = Math.floor(row / inner) * size * inner + (row % inner)
    let total: Complex = [1, 0]
    for (let step = 0; step < size; step++) {
      const index = base + (reverse ? size - 1 - step : step) * inner
      const next = functions.multiply(total, at(values, index))
      result.set(exclusive ? total : next, 2 * index)
      total = next
    }
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

/** Products of matrices, from four products of their parts; an adjoint matrix is conjugated as well. */
function matMul(real: Kernel, call: KernelCall): Tensor[] {
  const times = (i: 0 | 1, j: 0 | 1): Tensor =>
    real.run(new KernelCall(call.node, [partOf(call.input(0), i), partOf(call.input(1), j)]))[0]!
  const [signA, signB] = [call.boolAttr('adj_x') ? -1 : 1, call.boolAttr('adj_y') ? -1 : 1]
  const join = (x: Tensor, factorX: number, y: Tensor, factorY: number): Tensor => {
    const [values, others] = [x.copyValues() as Float64Array, y.values() as Float64Array]
    for (let index = 0; index < values.length; index++) {
      values[index] = factorX * values[index]! + factorY * others[index]!
    }
    return storeFlushed(x.dtype, x.shape, values)
  }
  return [complexOf(join(times(0, 0), 1, times(1, 1), -signA * signB), join(times(0, 1), signB, times(1, 0), signA))]
}

function productOfMatrices(op: string): Kernel {
  const real = matmulKernels.find(({ ops }) => ops.includes(op))!
  return { ops: [op], dtypes: complexes, bound: ulpOfLargest(4, complexes), run: (call) => matMul(real, call) }
}

function ones(call: KernelCall): Tensor[] {
  const { dtype, shape } = call.input(0)
  const one = newElements(dtype, 1) as Float64Array
  one[0] = 1
  return [splat(dtype, shape, one)]
}

const noNan =
  (compute: (a: Complex, b: Complex) => Complex) =>
  (a: Complex, b: Complex): Complex =>
    functions.isZero(b) ? [0, 0] : compute(a, b)

const squaredDifference = ([a, b]: Complex, [c, d]: Complex): Complex => [(a - c) ** 2 + (b - d) ** 2, 0]
const reciprocal = (value: Complex): Complex => functions.divide([1, 0], value)

/** The kernels of complex numbers: what acts on the two parts apart is computed by the kernels of floats. */
export const complexKernels: readonly Kernel[] = [
  ...byParts(arithmeticKernels, ['Add', 'AddV2', 'Sub', 'AddN', 'BiasAdd', 'BiasAddV1']),
  ...byParts(unaryKernels, ['Neg', 'ZerosLike']),
  ...byParts(fillKernels, ['OneHot']),
  ...byParts(reductionKernels, ['Sum', 'Mean', 'Cumsum']),
  ...byParts(scatterKernels, [
    'ScatterNd',
    'ScatterNdNonAliasingAdd',
    'TensorScatterUpdate',
    'TensorScatterAdd',
    'TensorScatterSub',
    'SparseTensorDenseAdd',
    'SparseToDense',
  ]),
  ...byParts(segmentKernels, ['SegmentSum', 'SegmentMean', 'UnsortedSegmentSum']),
  ...byParts(matrixKernels, ['MatrixDiag', 'MatrixDiagPart', 'MatrixSetDiag', 'MatrixBandPart']),
  productOfMatrices('MatMul'),
  productOfMatrices('BatchMatMul'),
  productOfMatrices('BatchMatMulV2'),
  { ops: ['OnesLike'], dtypes: complexes, run: ones },
  { ops: ['Prod'], dtypes: complexes, bound: ulpOfLargest(8, complexes), run: product },
  { ops: ['Cumprod'], dtypes: complexes, bound: ulpOfLargest(8, complexes), run: runningProduct },
  { ops: ['Complex'], dtypes: wide, run: fromParts },
  { ops: ['Real'], dtypes: complexes, run: (call) => [partOf(call.input(0), 0)] },
  { ops: ['Imag'], dtypes: complexes, run: (call) => [partOf(call.input(0), 1)] },
  toReal('ComplexAbs', functions.absolute, 2),
  toReal('Angle', functions.angle, 4),
  equality('Equal', true),
  equality('NotEqual', false),
  binary(['Mul'], functions.multiply, 2),
  binary(['RealDiv', 'Div'], functions.divide, 4),
  binary(['DivNoNan'], noNan(functions.divide), 4),
  binary(['MulNoNan'], noNan(functions.multiply), 2),
  binary(['SquaredDifference'], squaredDifference, 2),
  binary(['Pow'], functions.power, 64),
  unary('Conj', functions.conjugate, 0),
  unary('Square', (value) => functions.multiply(value, value), 2),
  unary('Sign', functions.sign, 4),
  unary('Sqrt', functions.sqrt, 4),
  unary('Rsqrt', (value) => reciprocal(functions.sqrt(value)), 8),
  unary('Reciprocal', reciprocal, 4),
  unary('Inv', reciprocal, 4),
  unary('Exp', functions.exp, 4),
  unary('Expm1', functions.expm1, 8),
  unary('Log', functions.log, 32),
  unary('Log1p', functions.log1p, 8),
  unary('Sin', functions.sin, 4),
  unary('Cos', functions.cos, 4),
  unary('Tan', functions.tan, 8),
  unary('Asin', functions.asin, 4),
  unary('Acos', functions.acos, 4),
  unary('Atan', functions.atan, 4),
  unary('Sinh', functions.sinh, 4),
  unary('Cosh', functions.cosh, 4),
  unary('Asinh', functions.asinh, 4),
  unary('Acosh', functions.acosh, 4),
  unary('Atanh', functions.atanh, 4),
  unary('Tanh', functions.tanh, 8),
  unary('Sigmoid', functions.sigmoid, 32),
]
