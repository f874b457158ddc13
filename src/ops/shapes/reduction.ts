import type { Shape } from '../../graph/shape.js'
import {
  broadcastShapes,
  type Dim,
  mergeDims,
  resolveAxis,
  ShapeMismatch,
  unknownOfRank,
  withRank,
} from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** Sum, Max, ...: the axes are the second input. */
function reduce(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const keep = c.boolAttr('keep_dims')
  if (input === null) return [null]
  const axes = c.ints(1)
  if (!axes) return [keep ? unknownOfRank(input.length) : null]
  const reduced = new Set(axes.map((axis) => resolveAxis(axis, input.length)))
  const sizes: Dim[] = []
  for (const [axis, size] of input.entries()) {
    if (!reduced.has(axis)) sizes.push(size)
    else if (keep) sizes.push(1)
  }
  return [sizes]
}

/** ArgMax, ArgMin: one axis, the second input. */
function argReduce(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null]
  const axis = c.int(1)
  if (axis === undefined) return [unknownOfRank(Math.max(input.length - 1, 0))]
  if (input.length === 0) return [[]]
  return [input.toSpliced(resolveAxis(axis, input.length), 1)]
}

/** Segment sums: the first axis becomes the number of segments, which the identifiers' values say. */
function segment(c: ShapeContext): Shape[] {
  const data = c.shape(0)
  if (data === null) return [null]
  if (data.length === 0) throw new ShapeMismatch('segments of a scalar')
  return [[null, ...data.slice(1)]]
}

function unsortedSegment(c: ShapeContext): Shape[] {
  const data = c.shape(0)
  const ids = c.shape(1)
  if (data === null || ids === null) return [null]
  return [[c.dim(2), ...data.slice(ids.length)]]
}

function topK(c: ShapeContext, k: Dim): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null, null]
  const shape = [...input.slice(0, -1), k]
  return [shape, shape]
}

/** Matrices of losses and gradients a row: the loss is a vector over the batch. */
function crossEntropy(c: ShapeContext): Shape[] {
  const [features, labels] = [c.shape(0) ?? unknownOfRank(2), c.shape(1) ?? unknownOfRank(2)]
  const joined = withRank(broadcastShapes(features, labels), 2)
  const shape = joined.map((size, axis) => size ?? features[axis] ?? labels[axis] ?? null)
  return [[shape[0]!], shape]
}

function sparseCrossEntropy(c: ShapeContext): Shape[] {
  const features = withRank(c.shape(0), 2)
  const batch = mergeDims(features[0]!, c.shape(1)?.[0] ?? null)
  return [[batch], [batch, features[1]!]]
}

/** Counts of a vector's values, or of each row's. */
function denseBincount(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null]
  const size = c.dim(1)
  return [input.length === 0 && size === null ? null : [...input.slice(0, -1), size]]
}

export const reductionShapes: ShapeFunctions = {
  ...forOps('All Any EuclideanNorm Max Mean Min Prod Sum', reduce),
  ...forOps('ArgMax ArgMin', argReduce),
  ...forOps('SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum', segment),
  ...forOps('UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum', unsortedSegment),
  ...forOps('Cumsum Cumprod CumulativeLogsumexp', (c) => [c.shape(0)]),
  SoftmaxCrossEntropyWithLogits: crossEntropy,
  SparseSoftmaxCrossEntropyWithLogits: sparseCrossEntropy,
  TopK: (c) => topK(c, c.intAttr('k') ?? null),
  TopKV2: (c) => topK(c, c.dim(1)),
  NthElement: (c) => [c.shape(0)?.slice(0, -1) ?? null],
  ...forOps('InTopK InTopKV2', (c) => [[c.shape(1)?.[0] ?? c.shape(0)?.[0] ?? null]]),
  L2Loss: () => [[]],
  Bincount: (c) => [[c.dim(1)]],
  DenseBincount: denseBincount,
  HistogramFixedWidth: (c) => [[c.dim(2)]],
}
