import type { Shape } from '../../graph/shape.js'
import { layoutOf, poolByInputs, pooling } from './convolution.js'
import { addDims, type Dim, mergeDims, mergeShapes, withRank } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

const sameAsFirst = (c: ShapeContext): Shape[] => [c.shape(0)]
const likeBoth = (c: ShapeContext): Shape[] => [mergeShapes(c.shape(0), c.shape(1))]

/** The gradient of an input whose shape is itself an input. */
function ofGivenShape(c: ShapeContext, index: number, rank: number): Shape[] {
  return [withRank(c.shapeFrom(index), rank)]
}

/** MaxPoolGradGrad: like the pool's output. */
function poolGradient(c: ShapeContext): Shape[] {
  return [mergeShapes(c.shape(1), pooling(c, 4))]
}

/** dx like x; then dm, dv, db and dg, one value a channel. */
function oldBatchNorm(c: ShapeContext): Shape[] {
  const input = withRank(c.shape(0), 4)
  const vectors = [1, 2, 3].map((index): Dim => withRank(c.shape(index), 1)[0]!)
  const channels = [...vectors, withRank(c.shape(4), 4)[3]!].reduce(mergeDims, input[3]!)
  const vector = [channels]
  return [mergeShapes(c.shape(4), [...input.slice(0, 3), channels]), vector, vector, vector, vector]
}

/** The gradients of x, scale and offset, and two tensors that are always empty. */
function fusedBatchNorm(c: ShapeContext): Shape[] {
  const format = c.stringAttr('data_format')
  const gradient = withRank(c.shape(0), format.length)
  const { channel } = layoutOf(format, gradient.length)
  const known = [withRank(c.shape(1), format.length)[channel]!, ...[2, 3, 4].map((i): Dim => c.shape(i)?.[0] ?? null)]
  // The two vectors of statistics may be empty.
  const channels = known.filter((size) => size !== 0).reduce<Dim>(mergeDims, gradient[channel]!)
  return [gradient.map((size, axis) => (axis === channel ? channels : size)), [channels], [channels], [0], [0]]
}

function biasAdd(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return [[null]]
  return [[input[layoutOf(c.stringAttr('data_format'), input.length).channel]!]]
}

function fakeQuantOfVariables(c: ShapeContext): Shape[] {
  const input = mergeShapes(c.shape(0), c.shape(1))
  return [input, [], []]
}

function fakeQuantOfChannels(c: ShapeContext): Shape[] {
  const input = mergeShapes(c.shape(0), c.shape(1))
  const size = [input?.at(-1) ?? null, c.shape(2)?.[0] ?? null, c.shape(3)?.[0] ?? null].reduce(mergeDims)
  return [input === null ? null : [...input.slice(0, -1), size], [size], [size]]
}

function mirrorPad(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const paddings = c.partial(1)?.values
  const rank = input?.length ?? c.shape(1)?.[0] ?? null
  if (rank === null) return [null]
  if (!paddings) return [withRank(null, rank)]
  return [
    withRank(input, rank).map((size, axis) => {
      const both = addDims(paddings[2 * axis]!, paddings[2 * axis + 1]!)
      return size === null || both === null ? null : size - both
    }),
  ]
}

function resizeNearest(c: ShapeContext): Shape[] {
  const gradient = withRank(c.shape(0), 4)
  const size = c.shapeFrom(1)
  return [[gradient[0]!, size?.[0] ?? null, size?.[1] ?? null, gradient[3]!]]
}

/** Gradients of single ops, as training graphs have them. */
export const gradientShapes: ShapeFunctions = {
  ...forOps('InvGrad ReciprocalGrad RsqrtGrad SigmoidGrad SqrtGrad TanhGrad', sameAsFirst),
  ...forOps('EluGrad Relu6Grad ReluGrad SeluGrad SoftplusGrad SoftsignGrad LeakyReluGrad', likeBoth),
  BroadcastGradientArgs: () => [[null], [null]],
  ...forOps('Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter', (c) => ofGivenShape(c, 1, 4)),
  Conv3DBackpropFilterV2: (c) => ofGivenShape(c, 1, 5),
  AvgPoolGrad: (c) => ofGivenShape(c, 0, 4),
  AvgPool3DGrad: (c) => ofGivenShape(c, 0, 5),
  ...forOps('MaxPoolGrad MaxPoolGradV2 MaxPoolGradWithArgmax', (c) => [withRank(c.shape(0), 4)]),
  MaxPool3DGrad: (c) => [withRank(c.shape(0), 5)],
  MaxPoolGradGrad: poolGradient,
  MaxPoolGradGradV2: (c) => [mergeShapes(c.shape(1), poolByInputs(c, 3)[0]!)],
  BatchNormWithGlobalNormalizationGrad: oldBatchNorm,
  ...forOps('FusedBatchNormGrad FusedBatchNormGradV2 FusedBatchNormGradV3', fusedBatchNorm),
  BiasAddGrad: biasAdd,
  LRNGrad: (c) => [[0, 1, 2].map((index) => withRank(c.shape(index), 4)).reduce<Shape>(mergeShapes, null)],
  FakeQuantWithMinMaxArgsGradient: sameAsFirst,
  FakeQuantWithMinMaxVarsGradient: fakeQuantOfVariables,
  FakeQuantWithMinMaxVarsPerChannelGradient: fakeQuantOfChannels,
  MirrorPadGrad: mirrorPad,
  ResizeBilinearGrad: (c) => [c.shape(1)],
  ResizeBicubicGrad: (c) => [c.shape(1)],
  ResizeNearestNeighborGrad: resizeNearest,
  CropAndResizeGradBoxes: (c) => [c.shape(2)],
  CropAndResizeGradImage: (c) => ofGivenShape(c, 3, 4),
  StridedSliceGrad: (c) => [c.shapeFrom(0)],
  TileGrad: () => [null],
  SymbolicGradient: (c) => Array.from({ length: c.outputCount }, (_, index) => c.shape(index)),
}
