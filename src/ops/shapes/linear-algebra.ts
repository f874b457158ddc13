import type { Shape } from '../../graph/shape.js'
import { broadcastShapes, concatShapes, type Dim, dimAt, mergeDims, mergeShapes, withRank } from './dimensions.js'
import { einsum } from './einsum.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

export function matMul(c: ShapeContext): Shape {
  const a = withRank(c.shape(0), 2)
  const b = withRank(c.shape(1), 2)
  const [rows, left] = c.boolAttr('transpose_a') ? [a[1]!, a[0]!] : [a[0]!, a[1]!]
  const [right, columns] = c.boolAttr('transpose_b') ? [b[1]!, b[0]!] : [b[0]!, b[1]!]
  mergeDims(left, right)
  return [rows, columns]
}

function batchMatMul(c: ShapeContext): Shape[] {
  const a = c.shape(0)
  const b = c.shape(1)
  if (c.node.op === 'BatchMatMul') return oldBatchMatMul(c)
  if (a === null || b === null) return [null]
  const rows = a.at(c.boolAttr('adj_x') ? -1 : -2)
  const columns = b.at(c.boolAttr('adj_y') ? -2 : -1)
  return [concatShapes(broadcastShapes(a.slice(0, -2), b.slice(0, -2)), [rows ?? null, columns ?? null])]
}

/** Before version 2 the batches are the same. */
function oldBatchMatMul(c: ShapeContext): Shape[] {
  const [a, b] = [c.shape(0), c.shape(1)]
  const rows = a?.at(c.boolAttr('adj_x') ? -1 : -2) ?? null
  const columns = b?.at(c.boolAttr('adj_y') ? -2 : -1) ?? null
  return [concatShapes(mergeShapes(batchOf(a), batchOf(b)), [rows, columns])]
}

/** Square matrices: each of the two sizes tells the other. */
function square(c: ShapeContext): Shape {
  const input = c.shape(0)
  if (input === null) return null
  const size = mergeDims(dimAt(input, -1), dimAt(input, -2))
  return [...input.slice(0, -2), size, size]
}

function batchOf(shape: Shape): Shape {
  return shape === null ? null : shape.slice(0, -2)
}

/** A batch of square matrices, and right sides of as many rows. */
function solve(c: ShapeContext): Shape[] {
  const matrix = square(c)
  const right = c.shape(1)
  const join = c.node.op === 'MatrixSolve' ? mergeShapes : broadcastShapes
  const rows = mergeDims(matrix?.at(-1) ?? null, right?.at(-2) ?? null)
  return [concatShapes(join(batchOf(matrix), batchOf(right)), [rows, right?.at(-1) ?? null])]
}

/** Singular values, and the two bases where they are asked for. */
function svd(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return c.boolAttr('compute_uv') ? [null, null, null] : [null, [0], [0]]
  const batch = input.slice(0, -2)
  const [rows, columns] = input.slice(-2) as [Dim, Dim]
  const small = rows === null || columns === null ? null : Math.min(rows, columns)
  const values: Shape = [...batch, small]
  if (!c.boolAttr('compute_uv')) return [values, [0], [0]]
  const full = c.boolAttr('full_matrices')
  return [values, [...batch, rows, full ? rows : small], [...batch, columns, full ? columns : small]]
}

function lu(c: ShapeContext): Shape[] {
  const input = square(c)
  return [input, input === null ? null : input.slice(0, -1)]
}

function diagonalPart(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null]
  const [rows, columns] = input.slice(-2) as [Dim, Dim]
  const small = rows === null || columns === null ? null : Math.min(rows, columns)
  return [[...input.slice(0, -2), small]]
}

function setDiagonal(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const diagonal = c.shape(1)
  if (diagonal === null || (input !== null && !input.includes(null))) return [input]
  return [mergeShapes(input, [...diagonal.slice(0, -1), null, null])]
}

function diagPart(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const half = input && input.length / 2
  return [input && mergeShapes(input.slice(0, half!), input.slice(half!))]
}

export const linearAlgebraShapes: ShapeFunctions = {
  MatMul: (c) => [matMul(c)],
  ...forOps('_FusedMatMul SparseMatMul', (c) => [matMul(c)]),
  Einsum: einsum,
  ...forOps('BatchMatMul BatchMatMulV2 BatchMatMulV3', batchMatMul),
  ...forOps('Cholesky MatrixInverse', (c) => [square(c)]),
  MatrixBandPart: (c) => [c.shape(0)],
  MatrixSetDiag: setDiagonal,
  ...forOps('MatrixSolve MatrixTriangularSolve', solve),
  MatrixDeterminant: (c) => [batchOf(c.shape(0))],
  LogMatrixDeterminant: (c) => [batchOf(c.shape(0)), batchOf(c.shape(0))],
  Svd: svd,
  Lu: lu,
  MatrixDiag: (c) => [concatShapes(c.shape(0), c.shape(0)?.slice(-1) ?? null)],
  MatrixDiagPart: diagonalPart,
  Diag: (c) => [concatShapes(c.shape(0), c.shape(0))],
  DiagPart: diagPart,
}
