import { elementCount, sameShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { type Kernel, type KernelCall, KernelError, ulpOfElement, ulpOfLargest, wide } from './kernel.js'

/** A matrix in double with what elimination left of it: L below the diagonal, U from it on. */
interface Factors {
  size: number
  values: Float64Array
  /** Which row of the matrix each row was. */
  order: number[]
  /** -1 for an odd number of exchanges. */
  sign: number
}

/** Gaussian elimination with the largest element of a column as pivot. */
function factorise(values: Float64Array, size: number): Factors {
  const order = Array.from({ length: size }, (_, row) => row)
  let sign = 1
  for (let column = 0; column < size; column++) {
    let best = column
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(values[row * size + column]!) > Math.abs(values[best * size + column]!)) best = row
    }
    if (best !== column) {
      sign = -sign
      exchangeRows(values, size, best, column)
      ;[order[best], order[column]] = [order[column]!, order[best]!]
    }
    const pivot = values[column * size + column]!
    if (pivot === 0) continue
    for (let row = column + 1; row < size; row++) {
      const factor = values[row * size + column]! / pivot
      values[row * size + column] = factor
      for (let at = column + 1; at < size; at++) values[row * size + at]! -= factor * values[column * size + at]!
    }
  }
  return { size, values, order, sign }
}

function exchangeRows(values: Float64Array, size: number, a: number, b: number): void {
  for (let at = 0; at < size; at++) {
    const kept = values[a * size + at]!
    values[a * size + at] = values[b * size + at]!
    values[b * size + at] = kept
  }
}

/** Solves for each column of a right side. */
function solve({ size, values, order }: Factors, right: Float64Array, columns: number): Float64Array {
  const solved = new Float64Array(size * columns)
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < size; row++) {
      let rest = right[order[row]! * columns + column]!
      for (let at = 0; at < row; at++) rest -= values[row * size + at]! * solved[at * columns + column]!
      solved[row * columns + column] = rest
    }
    for (let row = size - 1; row >= 0; row--) {
      let rest = solved[row * columns + column]!
      for (let at = row + 1; at < size; at++) rest -= values[row * size + at]! * solved[at * columns + column]!
      const pivot = values[row * size + row]!
      if (pivot === 0) throw new KernelError('the matrix cannot be inverted')
      solved[row * columns + column] = rest / pivot
    }
  }
  return solved
}

/** The square matrices of the last two axes, in double; transposed where the op says adjoint. */
function matricesOf(call: KernelCall): { size: number; matrices: Float64Array[] } {
  const input = call.input(0)
  const [rows, size] = input.shape.slice(-2) as [number, number]
  if (input.shape.length < 2 || rows !== size) throw new KernelError('a matrix is not square')
  const values = loadFlushed(input) as Float64Array
  const adjoint = call.boolAttr('adjoint')
  const matrices = Array.from({ length: input.size === 0 ? 0 : input.size / (size * size) }, (_, at) => {
    const matrix = Float64Array.from(values.subarray(at * size * size, (at + 1) * size * size))
    return adjoint ? matrix.map((_, index) => matrix[(index % size) * size + Math.floor(index / size)]!) : matrix
  })
  return { size, matrices }
}

function joined(like: Tensor, shape: readonly number[], parts: readonly Float64Array[]): Tensor {
  const result = resultArray(like.dtype, elementCount(shape)) as Float64Array
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return storeFlushed(like.dtype, shape, result)
}

function inverse(call: KernelCall): Tensor[] {
  const { size, matrices } = matricesOf(call)
  const identity = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0))
  const inverted = matrices.map((matrix) => solve(factorise(matrix, size), identity, size))
  return [joined(call.input(0), call.input(0).shape, inverted)]
}

function determinantOf({ size, values, sign }: Factors): number {
  let product = sign
  for (let at = 0; at < size; at++) product *= values[at * (size + 1)]!
  return product
}

function determinant(call: KernelCall): Tensor[] {
  const { size, matrices } = matricesOf(call)
  const shape = call.input(0).shape.slice(0, -2)
  // Of matrices without elements it is 1.
  const count = elementCount(shape)
  const found =
    size === 0 ? new Array<number>(count).fill(1) : matrices.map((matrix) => determinantOf(factorise(matrix, size)))
  return [joined(call.input(0), shape, [Float64Array.from(found)])]
}

function logDeterminant(call: KernelCall): Tensor[] {
  const { size, matrices } = matricesOf(call)
  const shape = call.input(0).shape.slice(0, -2)
  const signs: number[] = []
  const logarithms = matrices.map((matrix) => {
    const { values, sign } = factorise(matrix, size)
    let total = 0
    let side = sign
    for (let at = 0; at < size; at++) {
      total += Math.log(Math.abs(values[at * (size + 1)]!))
      side *= Math.sign(values[at * (size + 1)]!)
    }
    signs.push(side)
    return total
  })
  const input = call.input(0)
  return [joined(input, shape, [Float64Array.from(signs)]), joined(input, shape, [Float64Array.from(logarithms)])]
}

function matrixSolve(call: KernelCall): Tensor[] {
  const right = call.input(1)
  const { size, matrices } = matricesOf(call)
  const columns = right.shape.at(-1)!
  if (right.shape.at(-2) !== size || !sameShape(right.shape.slice(0, -2), call.input(0).shape.slice(0, -2))) {
    throw new KernelError('the right side does not go with the matrix')
  }
  const values = loadFlushed(right) as Float64Array
  const solved = matrices.map((matrix, at) => {
    const side = Float64Array.from(values.subarray(at * size * columns, (at + 1) * size * columns))
    return solve(factorise(matrix, size), side, columns)
  })
  return [joined(right, right.shape, solved)]
}

/** The factors in one matrix, and which row each row was. */
function lu(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const { size, matrices } = matricesOf(call)
  const factors = matrices.map((matrix) => factorise(matrix, size))
  if (factors.some(({ values }) => values.some((value, at) => at % (size + 1) === 0 && value === 0))) {
    throw new KernelError('the matrix cannot be inverted')
  }
  const rows = factors.flatMap(({ order }) => order)
  const shape = input.shape.slice(0, -1)
  const order =
    call.typeAttr('output_idx_type') === 'int64'
      ? Tensor.of('int64', shape, BigInt64Array.from(rows, BigInt))
      : Tensor.of('int32', shape, Int32Array.from(rows))
  return [
    joined(
      input,
      input.shape,
      factors.map(({ values }) => values),
    ),
    order,
  ]
}

/** Singular values by Jacobi's rotations of columns, largest first. The signs of singular vectors are not defined. */
function singularValues(call: KernelCall): Tensor[] {
  const vectors = call.attr('compute_uv')
  if (vectors?.kind !== 'b' || vectors.value) throw new KernelError('singular vectors, whose signs are not defined')
  const input = call.input(0)
  const [rows, columns] = input.shape.slice(-2) as [number, number]
  const count = Math.min(rows, columns)
  const size = rows * columns
  const values = loadFlushed(input) as Float64Array
  const found = Array.from({ length: size === 0 ? 0 : input.size / size }, (_, at) => {
    const matrix = Float64Array.from(values.subarray(at * size, (at + 1) * size))
    const vectors = Array.from({ length: columns }, (_, column) =>
      Array.from({ length: rows }, (_, row) => matrix[row * columns + column]!),
    )
    orthogonalise(vectors)
    const lengths = vectors.map((vector) => Math.hypot(...vector)).sort((a, b) => b - a)
    return Float64Array.from(lengths.slice(0, count))
  })
  const empty = Tensor.of(input.dtype, [0], resultArray(input.dtype, 0))
  return [joined(input, [...input.shape.slice(0, -2), count], found), empty, empty]
}

function orthogonalise(vectors: number[][]): void {
  for (let sweep = 0; sweep < 60; sweep++) {
    let turned = false
    for (let p = 0; p < vectors.length; p++) {
      for (let q = p + 1; q < vectors.length; q++) turned = rotate(vectors[p]!, vectors[q]!) || turned
    }
    if (!turned) return
  }
}

/** Makes two columns orthogonal; says whether they were not. */
function rotate(a: number[], b: number[]): boolean {
  let [aa, bb, ab] = [0, 0, 0]
  for (const [at, x] of a.entries()) {
    aa += x * x
    bb += b[at]! * b[at]!
    ab += x * b[at]!
  }
  if (Math.abs(ab) <= 1e-16 * Math.sqrt(aa * bb)) return false
  const cotangent = (bb - aa) / (2 * ab)
  const tangent = (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent))
  const cosine = 1 / Math.sqrt(1 + tangent * tangent)
  const sine = cosine * tangent
  for (const [at, x] of a.entries()) {
    a[at] = cosine * x - sine * b[at]!
    b[at] = sine * x + cosine * b[at]!
  }
  return true
}

/** Measured with matrices of up to 40 rows; errors grow with the condition of the matrix. */
export const linearAlgebraKernels: readonly Kernel[] = [
  { ops: ['MatrixInverse'], dtypes: [...wide, 'float16'], bound: ulpOfLargest(256), run: inverse },
  { ops: ['MatrixDeterminant'], dtypes: wide, bound: ulpOfElement(64), run: determinant },
  { ops: ['LogMatrixDeterminant'], dtypes: wide, bound: ulpOfLargest(64), run: logDeterminant },
  { ops: ['MatrixSolve'], dtypes: wide, bound: ulpOfLargest(256), run: matrixSolve },
  { ops: ['Lu'], dtypes: wide, bound: ulpOfLargest(16), run: lu },
  { ops: ['Svd'], dtypes: wide, bound: ulpOfLargest(16), run: singularValues },
]
