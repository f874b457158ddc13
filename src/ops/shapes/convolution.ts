import type { Shape } from '../../graph/shape.js'
import { addDims, type Dim, mergeDims, multiplyDims, ShapeMismatch, unknownOfRank, withRank } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** Where batch, channels and the spatial axes stand, from `data_format` (`NHWC`, `NCHW`, `NDHWC`, `NCDHW`). */
export interface Layout {
  channel: number
  spatial: number[]
}

export function layoutOf(format: string, rank: number): Layout {
  const axes = Array.from({ length: rank - 2 }, (_, index) => index)
  return format.startsWith('NC')
    ? { channel: 1, spatial: axes.map((axis) => axis + 2) }
    : { channel: rank - 1, spatial: axes.map((axis) => axis + 1) }
}

/** How many windows fit; `pads` is the sum of both sides for EXPLICIT. */
export function windowedSize(
  size: Dim,
  window: Dim,
  stride: number,
  dilation: number,
  padding: string,
  pads: number,
): Dim {
  if (size === null) return null
  if (padding === 'SAME') return Math.ceil(size / stride)
  if (window === null) return null
  const result = Math.floor((size + pads - ((window - 1) * dilation + 1) + stride) / stride)
  if (result < 0) throw new ShapeMismatch('the window is larger than the input')
  return result
}

interface Windows {
  input: readonly Dim[]
  layout: Layout
  /** Sizes of the window, one a spatial axis. */
  window: readonly Dim[]
  channels: Dim
}

function windowed(c: ShapeContext, { input, layout, window, channels }: Windows): Shape {
  const strides = c.intsAttr('strides')
  const dilations = c.intsAttr('dilations')
  const padding = c.stringAttr('padding')
  const explicit = c.intsAttr('explicit_paddings')
  const result = [...input]
  result[layout.channel] = channels
  for (const [index, axis] of layout.spatial.entries()) {
    const pads = padding === 'EXPLICIT' ? explicit[2 * axis]! + explicit[2 * axis + 1]! : 0
    const dilation = dilations[axis] ?? 1
    result[axis] = windowedSize(input[axis]!, window[index]!, strides[axis]!, dilation, padding, pads)
  }
  return result
}

function convolution(c: ShapeContext, rank: number): Shape {
  const isPacked = [c.stringAttr('data_format'), c.stringAttr('filter_format')].some((each) => each.includes('_VECT_'))
  if (isPacked) return null
  const input = withRank(c.shape(0), rank)
  const filter = withRank(c.shape(1), rank)
  const layout = layoutOf(c.stringAttr('data_format'), rank)
  if (c.stringAttr('filter_format') === 'OIHW') {
    return windowed(c, { input, layout, window: filter.slice(2), channels: filter[0]! })
  }
  return windowed(c, { input, layout, window: filter.slice(0, rank - 2), channels: filter[rank - 1]! })
}

function depthwise(c: ShapeContext): Shape[] {
  const input = withRank(c.shape(0), 4)
  const filter = withRank(c.shape(1), 4)
  const layout = layoutOf(c.stringAttr('data_format'), 4)
  const depth = mergeDims(input[layout.channel]!, filter[2]!)
  const channels = multiplyDims(depth, filter[3]!)
  return [windowed(c, { input, layout, window: filter.slice(0, 2), channels })]
}

/** The shape of the result is an input; without a known value only its rank, and the batch and channels are known. */
function transposed(c: ShapeContext, rank: number): Shape[] {
  const sizes = c.shapeFrom(0)
  return [withRank(sizes !== null && sizes.length === rank ? sizes : null, rank)]
}

export function pooling(c: ShapeContext, rank: number): Shape {
  const input = withRank(c.shape(0), rank)
  const layout = layoutOf(c.stringAttr('data_format'), rank)
  const window = c.intsAttr('ksize')
  // Only the plane pool of largest values has windows over channels.
  const isPlain = rank === 5 || c.node.op.includes('Avg')
  const channels = isPlain
    ? input[layout.channel]!
    : windowedSize(
        input[layout.channel]!,
        window[layout.channel]!,
        c.intsAttr('strides')[layout.channel]!,
        1,
        c.stringAttr('padding'),
        0,
      )
  return windowed(c, { input, layout, window: layout.spatial.map((axis) => window[axis]!), channels })
}

/** Batch and block sizes move between axes: space becomes batch, or batch becomes space; `edges` are paddings or crops. */
function batchBlocks(c: ShapeContext, toBatch: boolean): Shape[] {
  const input = c.shape(0)
  const blocks = c.ints(1)
  const edges = c.ints(2)
  const count = blocks?.length ?? c.shape(1)?.[0] ?? null
  if (input === null) return [null]
  if (count === null) return [unknownOfRank(input.length)]
  const all = blocks?.reduce((product, block) => product * block, 1) ?? null
  return [
    input.map((size, axis) => {
      if (axis > count || size === null) return size
      if (axis === 0) return all === null ? null : toBatch ? size * all : wholeQuotient(size, all)
      if (!blocks || !edges) return null
      const edge = edges[2 * axis - 2]! + edges[2 * axis - 1]!
      return toBatch ? wholeQuotient(size + edge, blocks[axis - 1]!) : size * blocks[axis - 1]! - edge
    }),
  ]
}

function blocks(c: ShapeContext, toDepth: boolean): Shape[] {
  if (c.stringAttr('data_format') === 'NCHW_VECT_C') return [null]
  const input = withRank(c.shape(0), 4)
  const block = c.intAttr('block_size')!
  const { channel, spatial } = layoutOf(c.stringAttr('data_format'), 4)
  const result = [...input]
  for (const axis of spatial) {
    const size = input[axis]!
    result[axis] = size === null ? null : toDepth ? size / block : size * block
  }
  const depth = input[channel]!
  result[channel] = depth === null ? null : toDepth ? depth * block * block : depth / (block * block)
  return [result]
}

function imagePatches(c: ShapeContext): Shape[] {
  const input = withRank(c.shape(0), 4)
  const sizes = c.intsAttr('ksizes')
  const strides = c.intsAttr('strides')
  const rates = c.intsAttr('rates')
  const padding = c.stringAttr('padding')
  const at = (axis: number): Dim => windowedSize(input[axis]!, sizes[axis]!, strides[axis]!, rates[axis]!, padding, 0)
  return [[input[0]!, at(1), at(2), multiplyDims(input[3]!, sizes[1]! * sizes[2]!)]]
}

/** The input, and per channel: batch norms give mean and variance (twice, for the gradient) beside it. */
function fusedBatchNorm(c: ShapeContext): Shape[] {
  const format = c.stringAttr('data_format')
  const input = withRank(c.shape(0), format.length === 5 ? 5 : 4)
  const { channel } = layoutOf(format, input.length)
  // While training, mean and variance are not read.
  const size = c.shapes
    .slice(1, c.boolAttr('is_training') ? 3 : 5)
    .map((shape) => (shape?.length === 1 ? shape[0]! : null))
    .reduce<Dim>((known, found) => (found === 0 ? known : mergeDims(known, found)), input[channel]!)
  const result = [...input]
  result[channel] = size
  return [result, [size], [size], [size], [size], null].slice(0, c.outputCount)
}

/** Mean, variance, beta and gamma have one value a channel. */
function oldBatchNorm(c: ShapeContext): Shape[] {
  const input = withRank(c.shape(0), 4)
  const vectors = c.shapes.slice(1, 5).map((shape): Dim => withRank(shape, 1)[0]!)
  return [[...input.slice(0, 3), vectors.reduce(mergeDims, input[3]!)]]
}

/** The input, its channels also known from the vector that is added. */
function biasAdd(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  if (input === null) return [null]
  const { channel } = layoutOf(c.stringAttr('data_format'), input.length)
  const result = [...input]
  result[channel] = mergeDims(input[channel]!, c.shape(1)?.[0] ?? null)
  return [result]
}

/** MaxPoolV2: window and strides are inputs. */
export function poolByInputs(c: ShapeContext, first: number): Shape[] {
  const input = withRank(c.shape(0), 4)
  const window = c.ints(first)
  const strides = c.ints(first + 1)
  if (!window || !strides) return [unknownOfRank(4)]
  const padding = c.stringAttr('padding')
  return [
    input.map((size, axis) => (axis === 0 ? size : windowedSize(size, window[axis]!, strides[axis]!, 1, padding, 0))),
  ]
}

/** A filter without output channels moves over each channel of its own. */
function dilation(c: ShapeContext): Shape[] {
  const input = withRank(c.shape(0), 4)
  const filter = withRank(c.shape(1), 3)
  const strides = c.intsAttr('strides')
  const rates = c.intsAttr('rates')
  const at = (axis: number): Dim => {
    return windowedSize(input[axis]!, filter[axis - 1]!, strides[axis]!, rates[axis]!, c.stringAttr('padding'), 0)
  }
  return [[input[0]!, at(1), at(2), mergeDims(input[3]!, filter[2]!)]]
}

/** A convolution over what is resized, where there is a size, and mirrored at its edges first. */
function fusedConvolution(c: ShapeContext, hasResize: boolean): Shape[] {
  const input = [...withRank(c.shape(0), 4)]
  const filter = withRank(c.shape(hasResize ? 3 : 2), 4)
  if (hasResize) {
    const size = c.shapeFrom(1)
    input[1] = size?.[0] ?? null
    input[2] = size?.[1] ?? null
  }
  const paddings = c.partial(hasResize ? 2 : 1)?.values
  const padded = input.map((size, axis) =>
    paddings ? addDims(size, addDims(paddings[2 * axis]!, paddings[2 * axis + 1]!)) : null,
  )
  const layout = layoutOf('NHWC', 4)
  return [windowed(c, { input: padded, layout, window: filter.slice(0, 2), channels: filter[3]! })]
}

/** SpaceToBatch and BatchToSpace of the first version: two spatial axes and one block size. */
function oldBlocks(c: ShapeContext, toBatch: boolean): Shape[] {
  const input = withRank(c.shape(0), 4)
  const edges = c.partial(1)?.values
  const block = c.intAttr('block_size')!
  const at = (axis: number): Dim => {
    const edge = edges ? addDims(edges[2 * axis - 2]!, edges[2 * axis - 1]!) : null
    const size = input[axis]!
    if (size === null || edge === null) return null
    return toBatch ? wholeQuotient(size + edge, block) : size * block - edge
  }
  const batch = toBatch ? multiplyDims(input[0]!, block * block) : wholeQuotient(input[0]!, block * block)
  return [[batch, at(1), at(2), input[3]!]]
}

function wholeQuotient(size: Dim, divisor: number): Dim {
  if (size === null) return null
  if (size % divisor !== 0) throw new ShapeMismatch(`${divisor} does not divide ${size}`)
  return size / divisor
}

export const convolutionShapes: ShapeFunctions = {
  Conv2D: (c) => [convolution(c, 4)],
  _FusedConv2D: (c) => [convolution(c, 4)],
  Conv3D: (c) => [convolution(c, 5)],
  ...forOps('DepthwiseConv2dNative _FusedDepthwiseConv2dNative', depthwise),
  Conv2DBackpropInput: (c) => transposed(c, 4),
  DepthwiseConv2dNativeBackpropInput: (c) => transposed(c, 4),
  Conv3DBackpropInputV2: (c) => transposed(c, 5),
  ...forOps('AvgPool MaxPool', (c) => [pooling(c, 4)]),
  ...forOps('AvgPool3D MaxPool3D', (c) => [pooling(c, 5)]),
  MaxPoolV2: (c) => poolByInputs(c, 1),
  MaxPoolWithArgmax: (c) => [pooling(c, 4), pooling(c, 4)],
  SpaceToBatchND: (c) => batchBlocks(c, true),
  BatchToSpaceND: (c) => batchBlocks(c, false),
  SpaceToBatch: (c) => oldBlocks(c, true),
  BatchToSpace: (c) => oldBlocks(c, false),
  Dilation2D: dilation,
  FusedPadConv2D: (c) => fusedConvolution(c, false),
  FusedResizeAndPadConv2D: (c) => fusedConvolution(c, true),
  SpaceToDepth: (c) => blocks(c, true),
  DepthToSpace: (c) => blocks(c, false),
  ExtractImagePatches: imagePatches,
  ...forOps('FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3', fusedBatchNorm),
  LRN: (c) => [withRank(c.shape(0), 4)],
  BatchNormWithGlobalNormalization: oldBatchNorm,
  BiasAdd: biasAdd,
}
