import type { Shape } from '../../graph/shape.js'
import { type Dim, mergeDims, withRank } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** The three tensors of a sparse one: indices, values and the dense shape. */
export function sparseTensor(rank: Dim): readonly [Shape, Shape, Shape] {
  return [[null, rank], [null], [rank]]
}

/** Rows of the data summed by segment: how many segments there are is an input's value, or not known. */
function segment(c: ShapeContext, count: Dim): Shape[] {
  const data = c.shape(0)
  return [data === null ? null : [count, ...data.slice(1)]]
}

function fillEmptyRows(c: ShapeContext): Shape[] {
  const indices = withRank(c.shape(0), 2)
  const count = mergeDims(indices[0]!, withRank(c.shape(1), 1)[0]!)
  const rank = mergeDims(indices[1]!, withRank(c.shape(2), 1)[0]!)
  return [[null, rank], [null], [c.shapeFrom(2)?.[0] ?? null], [count]]
}

/** As many values as before, by indices into the new shape; one size of it may be open. */
function reshape(c: ShapeContext): Shape[] {
  const indices = withRank(c.shape(0), 2)
  const rank = withRank(c.shape(2), 1)[0]!
  return [[indices[0]!, rank], [rank]]
}

/** Each level of row splits, and the values, of which there are as many as the chosen rows have. */
function raggedGather(c: ShapeContext): Shape[] {
  const splits = c.outputCount - 1
  const values = c.shape(c.intAttr('PARAMS_RAGGED_RANK') ?? 1)
  return [...new Array<Shape>(splits).fill([null]), values === null ? null : [null, ...values.slice(1)]]
}

/** The shape that is asked for, with what the values say of the inner axes. */
function raggedToTensor(c: ShapeContext): Shape[] {
  const target = c.shape(0)?.length === 0 ? null : c.shapeFrom(0)
  const values = c.shape(1)
  const types = c.attr('row_partition_types')
  const partitions = types?.kind === 'list' ? (types.value.s ?? []).map((each) => new TextDecoder().decode(each)) : []
  const ragged = partitions.filter((type) => type !== 'FIRST_DIM_SIZE').length
  if (values === null) return [target]
  const outer = ragged + 1
  const rank = outer + values.length - 1
  const sizes = withRank(target, rank)
  return [sizes.map((size, axis) => size ?? (axis < outer ? null : values[axis - outer + 1]!))]
}

function raggedRange(c: ShapeContext): Shape[] {
  const vectors = c.shapes.slice(0, 3).filter((shape) => shape?.length === 1)
  const scalars = c.shapes.slice(0, 3).every((shape) => shape?.length === 0)
  const count = vectors.map((shape): Dim => shape![0]!).reduce<Dim>(mergeDims, null)
  return [[scalars ? 2 : count === null ? null : count + 1], [null]]
}

/** A matrix that is sparse, by a dense one. */
function sparseByDense(c: ShapeContext): Shape[] {
  const b = withRank(c.shape(3), 2)
  const a = withRank(c.shapeFrom(2), 2)
  return [[a[c.boolAttr('adjoint_a') ? 1 : 0]!, b[c.boolAttr('adjoint_b') ? 0 : 1]!]]
}

/** Sparse and ragged tensors. */
export const sparseShapes: ShapeFunctions = {
  ...forOps('SparseSegmentMean SparseSegmentSqrtN SparseSegmentSum', (c) => segment(c, null)),
  ...forOps(
    `SparseSegmentMeanWithNumSegments SparseSegmentSqrtNWithNumSegments SparseSegmentSumWithNumSegments
     SparseSegmentMeanGrad SparseSegmentSqrtNGrad`,
    (c) => segment(c, c.dim(3)),
  ),
  SparseFillEmptyRows: fillEmptyRows,
  SparseFillEmptyRowsGrad: (c) => [withRank(c.shape(0), 1), []],
  SparseReshape: reshape,
  SparseToDense: (c) => [c.shapeFrom(1)],
  SparseTensorDenseAdd: (c) => [c.shape(3)],
  SparseTensorDenseMatMul: sparseByDense,
  RaggedGather: raggedGather,
  RaggedTensorToTensor: raggedToTensor,
  RaggedRange: raggedRange,
}
