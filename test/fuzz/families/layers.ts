import type { DataType } from '../../../src/graph/data-type.js'
import type { StaticShape } from '../../../src/graph/shape.js'
import type { Choices } from '../choices.js'
import type { Family, Grow } from '../fuzz-case.js'
import {
  type Attr,
  floatAttr,
  floats,
  type GraphBuilder,
  intAttr,
  ints,
  typeAttr,
  type Wire,
} from '../graph-builder.js'

/**
 * Graphs of convolutions, products of matrices and what stands between them and behind them: for the transforms that fold
 * batch norms, fuse resizing and padding, and calculate in eight bits. Images are of [1,4..6,4..6,1..3] (or NCHW), rows of [2,1..4].
 */
const T = typeAttr('float32')

type Layout = 'NHWC' | 'NCHW'

const isImage = (wire: Wire): boolean => wire.shape.length === 4 && wire.dtype === 'float32'
const isRow = (wire: Wire): boolean => wire.shape.length === 2 && wire.dtype === 'float32'

function some(builder: GraphBuilder, choose: Choices, wanted: (wire: Wire) => boolean): Wire | undefined {
  const constants = new Set(builder.constants)
  const found = builder.wires.filter((wire) => wanted(wire) && !constants.has(wire) && wire.name.port === 0)
  return found.length ? choose.latest(found) : undefined
}

/** The layout that a graph's convolutions have: by the placeholder, whose image is NCHW where its name ends so. */
function layoutOf(builder: GraphBuilder): Layout {
  return builder.nodes[0]!.attrs.has('_nchw') ? 'NCHW' : 'NHWC'
}

/** Where the channels are. */
const channelAxis = (layout: Layout): number => (layout === 'NCHW' ? 1 : 3)

const channelsOf = (wire: Wire, layout: Layout): number =>
  wire.shape.length === 4 ? wire.shape[channelAxis(layout)]! : wire.shape[1]!

function image(layout: Layout, height: number, width: number, channels: number): StaticShape {
  return layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels]
}

function sizeOf(wire: Wire, layout: Layout): [height: number, width: number] {
  const at = layout === 'NCHW' ? 2 : 1
  return [wire.shape[at]!, wire.shape[at + 1]!]
}

/** Attributes that have a default are left out once in a while. */
function withDefaults(
  choose: Choices,
  attrs: Record<string, Attr>,
  defaults: Record<string, Attr>,
): Record<string, Attr> {
  const kept = Object.entries(defaults).filter(() => !choose.once(12))
  return { ...attrs, ...Object.fromEntries(kept) }
}

interface ConvolutionParts {
  input?: Wire
  kernel?: number
  padding?: 'SAME' | 'VALID'
  stride?: number
  depthwise?: boolean
}

function convolve(builder: GraphBuilder, choose: Choices, parts: ConvolutionParts = {}): Wire | undefined {
  const layout = layoutOf(builder)
  const input = parts.input ?? some(builder, choose, isImage)
  if (!input) return undefined
  const [height, width] = sizeOf(input, layout)
  const channels = channelsOf(input, layout)
  const kernel = Math.min(parts.kernel ?? choose.between(1, 2), height, width)
  const depthwise = parts.depthwise ?? choose.once(4)
  const filters = depthwise ? choose.between(1, 2) : choose.between(1, 3)
  const stride = parts.stride ?? (choose.once(4) ? 2 : 1)
  const padding = parts.padding ?? choose.of(['SAME', 'VALID'])
  const dilation = !depthwise && stride === 1 && parts.stride === undefined && choose.once(10) ? 2 : 1
  const along = (size: number): number => {
    const reach = (kernel - 1) * dilation + 1
    return padding === 'SAME' ? Math.ceil(size / stride) : Math.ceil((size - reach + 1) / stride)
  }
  const [h, w] = [along(height), along(width)]
  if (h < 1 || w < 1) return undefined
  const weights = builder.constant(choose, floats(choose, [kernel, kernel, channels, filters]), { shared: 4 })
  const strides = layout === 'NCHW' ? [1, 1, stride, stride] : [1, stride, stride, 1]
  const dilations = layout === 'NCHW' ? [1, 1, dilation, dilation] : [1, dilation, dilation, 1]
  const base = { T, strides, padding, ...(layout === 'NCHW' ? { data_format: 'NCHW' } : {}) }
  const open: Record<string, Attr> = layout === 'NHWC' ? { data_format: 'NHWC' } : {}
  const attrs = withDefaults(choose, dilation > 1 ? { ...base, dilations } : base, {
    ...open,
    ...(dilation > 1 ? {} : { dilations }),
    ...(depthwise ? {} : { use_cudnn_on_gpu: true }),
  })
  const made = depthwise ? channels * filters : filters
  return builder.one(depthwise ? 'DepthwiseConv2dNative' : 'Conv2D', choose, {
    inputs: [input, weights],
    attrs,
    shape: image(layout, h, w, made),
  })
}

const convolution: Grow = (builder, choose) => {
  convolve(builder, choose)
}

const matmul: Grow = (builder, choose) => {
  const input = some(builder, choose, isRow)
  if (!input) return
  const outputs = choose.between(1, 4)
  const transposed = choose.once(4)
  const inner = input.shape[1]!
  const weights = builder.constant(choose, floats(choose, transposed ? [outputs, inner] : [inner, outputs]), {
    shared: 4,
  })
  builder.one('MatMul', choose, {
    inputs: [input, weights],
    attrs: withDefaults(
      choose,
      { T, ...(transposed ? { transpose_b: true } : {}) },
      {
        transpose_a: false,
        ...(transposed ? {} : { transpose_b: false }),
      },
    ),
    shape: [input.shape[0]!, outputs],
  })
}

/** A constant of one value a channel, in the shapes that are met. */
function perChannel(builder: GraphBuilder, choose: Choices, input: Wire): Wire {
  const layout = layoutOf(builder)
  const channels = channelsOf(input, layout)
  const inNchw = layout === 'NCHW' && input.shape.length === 4
  const usual: StaticShape = inNchw ? [1, channels, 1, 1] : [channels]
  const shape = choose.of<StaticShape>([
    usual,
    usual,
    usual,
    usual,
    [],
    [1],
    inNchw ? [channels, 1, 1] : [...input.shape.slice(1).map(() => 1), channels],
    [input.shape.at(-1)!],
    input.shape,
  ])
  return builder.constant(choose, floats(choose, shape), { shared: 4 })
}

const elementwise =
  (ops: readonly string[]): Grow =>
  (builder, choose) => {
    const input = some(builder, choose, (wire) => isImage(wire) || isRow(wire))
    if (!input) return
    const constant = perChannel(builder, choose, input)
    const inputs = choose.once(5) ? [constant, input] : [input, constant]
    builder.one(choose.of(ops), choose, { inputs, attrs: { T }, shape: input.shape })
  }

const multiply = elementwise(['Mul'])
const addConstant = elementwise(['Add', 'AddV2', 'Sub'])

const bias: Grow = (builder, choose) => {
  const input = some(builder, choose, (wire) => isImage(wire) || isRow(wire))
  if (!input) return
  const layout = layoutOf(builder)
  const values = builder.constant(choose, floats(choose, [channelsOf(input, layout)]), { shared: 4 })
  const isNchw = layout === 'NCHW' && isImage(input)
  const attrs = isNchw ? { T, data_format: 'NCHW' } : withDefaults(choose, { T }, { data_format: 'NHWC' })
  builder.one('BiasAdd', choose, { inputs: [input, values], attrs, shape: input.shape })
}

/** A batch norm with fixed statistics of one of the fused kinds. */
function normalize(builder: GraphBuilder, choose: Choices, given?: Wire): void {
  const layout = layoutOf(builder)
  const input = given ?? some(builder, choose, isImage)
  if (!input) return
  const channels = channelsOf(input, layout)
  const vector = (low: number, high: number): Wire =>
    builder.constant(choose, floats(choose, [channels], low, high), { shared: 5 })
  const [mean, variance, beta, gamma] = [vector(-2, 2), vector(0.5, 2), vector(-2, 2), vector(0.5, 2)]
  const kinds = ['FusedBatchNorm', 'BatchNormWithGlobalNormalization', 'FusedBatchNormV2', 'FusedBatchNormV3'] as const
  const op = layout === 'NCHW' ? choose.of(['FusedBatchNorm', 'FusedBatchNormV3']) : choose.of(kinds)
  const epsilon = floatAttr(choose.of([0.001, 0.5, 1e-5]))
  if (op === 'BatchNormWithGlobalNormalization') {
    builder.one(op, choose, {
      inputs: [input, mean, variance, beta, gamma],
      attrs: { T, variance_epsilon: epsilon, scale_after_normalization: !choose.once(4) },
      shape: input.shape,
    })
    return
  }
  const first = { dtype: 'float32' as DataType, shape: input.shape }
  const later = { dtype: 'float32' as DataType, shape: [channels] }
  const outputs = [first, later, later, later, later, ...(op === 'FusedBatchNormV3' ? [later] : [])]
  const attrs: Record<string, Attr> = { T, is_training: choose.once(20) }
  if (op !== 'FusedBatchNorm') attrs.U = T
  if (layout === 'NCHW') attrs.data_format = 'NCHW'
  builder.add(op, choose, {
    inputs: [input, gamma, beta, mean, variance],
    attrs: withDefaults(choose, attrs, {
      ...(choose.once(8) ? {} : { epsilon }),
      ...(layout === 'NCHW' ? {} : { data_format: 'NHWC' }),
    }),
    outputs,
  })
}

const batchNorm: Grow = (builder, choose) => normalize(builder, choose)

/** A convolution with its batch norm at once. */
const normalizedConvolution: Grow = (builder, choose) => {
  const conv = convolve(builder, choose)
  if (conv) normalize(builder, choose, conv)
}

const scaledConvolution: Grow = (builder, choose) => {
  const conv = convolve(builder, choose)
  if (!conv) return
  const factors = perChannel(builder, choose, conv)
  builder.one('Mul', choose, { inputs: [conv, factors], attrs: { T }, shape: conv.shape })
}

/** A batch norm as Keras and slim write it where it is not fused: x * m + (beta - mean * m). */
const decomposed: Grow = (builder, choose) => {
  const conv = convolve(builder, choose)
  if (!conv) return
  const channels = channelsOf(conv, layoutOf(builder))
  const shape = [channels]
  const vector = (low: number, high: number): Wire => builder.constant(choose, floats(choose, shape, low, high))
  const [variance, mean, beta] = [vector(0.5, 2), vector(-2, 2), vector(-2, 2)]
  const attrs = { T }
  const epsilon = builder.constant(choose, floats(choose, [], 0.25, 0.25))
  const shifted = builder.one('Add', choose, { inputs: [variance, epsilon], attrs, shape })
  const inverse = builder.one('Rsqrt', choose, { inputs: [shifted], attrs, shape })
  const gamma = choose.once(3) ? undefined : vector(0.5, 2)
  const factor = gamma ? builder.one('Mul', choose, { inputs: [inverse, gamma], attrs, shape }) : inverse
  const scaled = builder.one('Mul', choose, { inputs: [conv, factor], attrs, shape: conv.shape })
  const mean2 = builder.one('Mul', choose, { inputs: [mean, factor], attrs, shape })
  const offset = builder.one('Sub', choose, { inputs: [beta, mean2], attrs, shape })
  const inputs = choose.once(3) ? [offset, scaled] : [scaled, offset]
  builder.one(choose.once(6) ? 'AddV2' : 'Add', choose, { inputs, attrs, shape: conv.shape })
}

/** A batch norm as darkflow writes it: ((x - mean) / deviation) * gamma, and a bias. */
const subDivMul: Grow = (builder, choose) => {
  const conv = convolve(builder, choose)
  if (!conv) return
  const channels = channelsOf(conv, layoutOf(builder))
  const vector = (low: number, high: number): Wire => builder.constant(choose, floats(choose, [channels], low, high))
  let last = conv
  for (const [op, values] of [
    ['Sub', vector(-2, 2)],
    ['RealDiv', vector(0.5, 2)],
    ['Mul', vector(0.5, 2)],
    ['BiasAdd', vector(-2, 2)],
  ] as const) {
    if (op === 'BiasAdd' && choose.once(6)) return
    last = builder.one(op, choose, { inputs: [last, values], attrs: { T }, shape: conv.shape })
  }
}

const fakeQuant: Grow = (builder, choose) => {
  const input = some(builder, choose, () => true)
  if (!input) return
  const [low, high] = [
    builder.constant(choose, floats(choose, [], -2, -1)),
    builder.constant(choose, floats(choose, [], 1, 4)),
  ]
  const attrs: Record<string, Attr> = choose.once(2) ? { num_bits: intAttr(8), narrow_range: false } : {}
  builder.one('FakeQuantWithMinMaxVars', choose, { inputs: [input, low, high], attrs, shape: input.shape })
}

const concat: Grow = (builder, choose) => {
  const layout = layoutOf(builder)
  const input = some(builder, choose, isImage)
  if (!input) return
  const parts = Array.from({ length: choose.between(2, 3) }, () =>
    convolve(builder, choose, { input, kernel: 1, stride: 1, padding: 'SAME', depthwise: choose.once(8) }),
  ).filter((part) => part !== undefined)
  const [height, width] = sizeOf(input, layout)
  const channels = parts.reduce((sum, part) => sum + channelsOf(part, layout), 0)
  const at = channelAxis(layout)
  const axis = builder.constant(choose, ints([], [choose.once(4) ? at - 4 : at]))
  const made = builder.one('ConcatV2', choose, {
    inputs: [...parts, axis],
    attrs: { T, N: intAttr(parts.length), Tidx: typeAttr('int32') },
    shape: image(layout, height, width, channels),
  })
  if (!choose.once(3)) normalize(builder, choose, made)
}

/** A convolution over an image whose pixels are spread: what dilated convolutions were written as. */
const spread: Grow = (builder, choose) => {
  const layout = layoutOf(builder)
  const input = some(builder, choose, isImage)
  if (!input || layout === 'NCHW') return
  const [height, width] = sizeOf(input, layout)
  const block = builder.constant(choose, ints([2], [2, 2]), { shared: 3 })
  const kernel = choose.between(1, 3)
  const reach = choose.once(6) ? 0 : (kernel - 1) * 2
  const before = Math.floor(reach / 2)
  const even = (size: number): number => (size + reach) % 2
  const padded = [height + reach + even(height), width + reach + even(width)]
  if (padded[0]! / 2 < kernel || padded[1]! / 2 < kernel) return
  const paddings = builder.constant(
    choose,
    ints([2, 2], [before, reach - before + even(height), before, reach - before + even(width)]),
    { shared: 3 },
  )
  const attrs = { T, Tblock_shape: typeAttr('int32') }
  const channels = channelsOf(input, layout)
  const apart = builder.one('SpaceToBatchND', choose, {
    inputs: [input, block, paddings],
    attrs: { ...attrs, Tpaddings: typeAttr('int32') },
    shape: [4, padded[0]! / 2, padded[1]! / 2, channels],
  })
  const depthwise = choose.once(3)
  const weights = builder.constant(choose, floats(choose, [kernel, kernel, channels, choose.between(1, 2)]), {
    shared: 4,
  })
  const made = depthwise ? channels * weights.shape[3]! : weights.shape[3]!
  const conv = builder.one(depthwise ? 'DepthwiseConv2dNative' : 'Conv2D', choose, {
    inputs: [apart, weights],
    attrs: withDefaults(
      choose,
      { T, strides: [1, 1, 1, 1], padding: 'VALID' },
      {
        data_format: 'NHWC',
        dilations: [1, 1, 1, 1],
        ...(depthwise ? {} : { use_cudnn_on_gpu: true }),
      },
    ),
    shape: [4, padded[0]! / 2 - kernel + 1, padded[1]! / 2 - kernel + 1, made],
  })
  const crops = builder.constant(choose, ints([2, 2], [0, even(height), 0, even(width)]), { shared: 3 })
  const [h, w] = [conv.shape[1]! * 2 - even(height), conv.shape[2]! * 2 - even(width)]
  if (h < 1 || w < 1) return
  const back = builder.one('BatchToSpaceND', choose, {
    inputs: [conv, block, crops],
    attrs: { ...attrs, Tcrops: typeAttr('int32') },
    shape: [1, h, w, made],
  })
  if (choose.once(2)) normalize(builder, choose, back)
}

const relu: Grow = (builder, choose) => {
  const input = some(builder, choose, () => true)
  if (input)
    builder.one(choose.of(['Relu', 'Identity', 'Relu6']), choose, { inputs: [input], attrs: { T }, shape: input.shape })
}

const pool: Grow = (builder, choose) => {
  const layout = layoutOf(builder)
  const input = some(builder, choose, isImage)
  if (!input || layout === 'NCHW') return
  builder.one(choose.of(['MaxPool', 'AvgPool']), choose, {
    inputs: [input],
    attrs: withDefaults(
      choose,
      { T, ksize: [1, 2, 2, 1], strides: [1, 1, 1, 1], padding: 'SAME' },
      { data_format: 'NHWC' },
    ),
    shape: input.shape,
  })
}

const flatten: Grow = (builder, choose) => {
  const input = some(builder, choose, isImage)
  if (!input) return
  const size = input.shape.reduce((product, extent) => product * extent, 1)
  if (size > 64) return
  const shape = builder.constant(choose, ints([2], [1, -1]))
  builder.one('Reshape', choose, {
    inputs: [input, shape],
    attrs: withDefaults(choose, { T }, { Tshape: typeAttr('int32') }),
    shape: [1, size],
  })
}

function padded(builder: GraphBuilder, choose: Choices, given?: Wire): Wire | undefined {
  const layout = layoutOf(builder)
  const input = given ?? some(builder, choose, isImage)
  if (!input || layout === 'NCHW') return undefined
  const [height, width] = sizeOf(input, layout)
  if (height < 2 || width < 2 || height > 8 || width > 8) return undefined
  const sides = Array.from({ length: 4 }, () => choose.below(2))
  const others = choose.once(12) ? [0, 0, 0, 1] : [0, 0, 0, 0]
  const [top, bottom, left, right] = sides as [number, number, number, number]
  const amounts = [others[0]!, others[1]!, top, bottom, left, right, others[2]!, others[3]!]
  const channels = channelsOf(input, layout) + others[2]! + others[3]!
  const mirrored = !choose.once(5) && (others[3] === 0 || channelsOf(input, layout) > 1)
  return builder.one(mirrored ? 'MirrorPad' : 'Pad', choose, {
    inputs: [input, builder.constant(choose, ints([4, 2], amounts), { shared: 4 })],
    attrs: { T, Tpaddings: typeAttr('int32'), ...(mirrored ? { mode: choose.of(['REFLECT', 'SYMMETRIC']) } : {}) },
    shape: image(layout, height + top + bottom, width + left + right, channels),
  })
}

function resized(builder: GraphBuilder, choose: Choices): Wire | undefined {
  const layout = layoutOf(builder)
  const input = some(builder, choose, isImage)
  if (!input || layout === 'NCHW') return undefined
  const size = [choose.between(2, 6), choose.between(2, 6)]
  const halfPixels = choose.once(10)
  return builder.one('ResizeBilinear', choose, {
    inputs: [input, builder.constant(choose, ints([2], size), { shared: 4 })],
    attrs: withDefaults(
      choose,
      { T, ...(halfPixels ? { half_pixel_centers: true } : {}) },
      {
        align_corners: !halfPixels && choose.once(2),
        ...(halfPixels ? {} : { half_pixel_centers: false }),
      },
    ),
    shape: image(layout, size[0]!, size[1]!, channelsOf(input, layout)),
  })
}

const pad: Grow = (builder, choose) => {
  padded(builder, choose)
}
const resize: Grow = (builder, choose) => {
  resized(builder, choose)
}

/** A resize, a padding or both, and a convolution behind. */
const padAndConvolution: Grow = (builder, choose) => {
  const input = padded(builder, choose)
  if (input) convolve(builder, choose, { input, depthwise: choose.once(10) })
}
const resizeAndConvolution: Grow = (builder, choose) => {
  const input = resized(builder, choose)
  if (input) convolve(builder, choose, { input, depthwise: choose.once(10) })
}
const resizePadAndConvolution: Grow = (builder, choose) => {
  const small = resized(builder, choose)
  const input = small && padded(builder, choose, small)
  if (input) convolve(builder, choose, { input, depthwise: choose.once(10) })
}

const row: Grow = (builder, choose) => {
  if (builder.placeholders.length < 3) builder.placeholder(choose, 'float32', [2, choose.between(1, 3)])
}

const start: Grow = (builder, choose) => {
  const nchw = choose.once(6)
  const [height, width, channels] = [choose.between(4, 6), choose.between(4, 6), choose.between(1, 3)]
  builder.placeholder(choose, 'float32', image(nchw ? 'NCHW' : 'NHWC', height, width, channels))
  if (nchw) builder.nodes[0]!.attrs.setBool('_nchw', true)
}

export const layerSteps: Record<string, Family['steps'][number]> = {
  convolution: ['convolution', convolution],
  matmul: ['matmul', matmul],
  multiply: ['multiply', multiply],
  addConstant: ['add a constant', addConstant],
  bias: ['bias', bias],
  batchNorm: ['batch norm', batchNorm],
  normalizedConvolution: ['convolution and batch norm', normalizedConvolution],
  scaledConvolution: ['convolution and multiplication', scaledConvolution],
  concat: ['concatenated convolutions', concat],
  spread: ['space to batch and back', spread],
  relu: ['relu', relu],
  pool: ['pool', pool],
  flatten: ['flatten', flatten],
  pad: ['pad', pad],
  resize: ['resize', resize],
  padAndConvolution: ['pad and convolution', padAndConvolution],
  resizeAndConvolution: ['resize and convolution', resizeAndConvolution],
  resizePadAndConvolution: ['resize, pad and convolution', resizePadAndConvolution],
  row: ['row', row],
  decomposed: ['decomposed batch norm', decomposed],
  subDivMul: ['batch norm of three steps', subDivMul],
  fakeQuant: ['fake quantization', fakeQuant],
}

/** A family of such graphs: which steps, and its chains. */
export function layers(steps: readonly string[], rest: Pick<Family, 'chain'> & Partial<Family>): Family {
  return {
    start,
    steps: steps.map((name) => layerSteps[name]!),
    decoration: { controlInputs: 8, devices: 8, privateAttrs: 0 },
    most: 6,
    ...rest,
  }
}
