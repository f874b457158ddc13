import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { tensorName } from '../graph/tensor-name.js'
import { opDef } from '../ops/op-defs.js'
import { boolOrDefault, intsOrDefault, stringOrDefault, typeOrDefault } from './attr-default.js'
import { followColocation } from './colocation.js'
import { constNode } from './const-node.js'
import { type Found, otherUse } from './linear-layer.js'
import { isInLoop } from './loops.js'
import { type Difference, defineTransform, type Transform, type TransformContext } from './transform.js'
import { waitFor } from './wait-for.js'

/** What stands before a convolution that is fused with it. */
interface Fusible {
  resize: Node | undefined
  pad: Node | undefined
}

const differences: readonly Difference[] = [
  {
    test: 'siblings',
    historical: 'of two convolutions that share weights, paddings or input only one is fused in a run',
    here: 'all are',
  },
  {
    test: 'other-layouts',
    historical: 'data_format, dilations and explicit paddings of the convolution are ignored: wrong results',
    here: 'left, with a reason',
  },
  {
    test: 'keeps-place-and-order',
    historical: 'drops device and control inputs',
    here: 'the fused node has them',
  },
  {
    test: 'weights-wait',
    historical: 'fails where a control input of the weights or paddings names the padding or resize',
    here: 'left, with a reason',
  },
  {
    test: 'output-stays',
    historical: 'an output that is such a padding or resize disappears',
    here: 'left, with a reason',
  },
  {
    test: 'colocation',
    historical: 'leaves "_class" naming nodes that are gone, so that TensorFlow refuses the graph',
    here: 'it names the fused node',
  },
]

const padDifferences: readonly Difference[] = [
  {
    test: 'other-paddings',
    historical: 'pads batch or channels as well, which the fused op refuses when the graph runs',
    here: 'left, with a reason',
  },
]

const resizeDifferences: readonly Difference[] = [
  {
    test: 'half-pixel-centers',
    historical: 'half_pixel_centers is ignored: wrong results',
    here: 'left, with a reason',
  },
  {
    test: 'other-dtype',
    historical: 'takes an image of bytes for one of floats, which the fused op refuses',
    here: 'left, with a reason',
  },
  { test: 'default-align-corners', historical: 'aborts where align_corners is missing', here: "the op's default" },
]

/**
 * Fuses a convolution with the resize before it.
 *
 *     r = ResizeBilinear(x, size); y = Conv2D(r, w)   →   y = FusedResizeAndPadConv2D(x, size, y_dummy_paddings, w)
 */
export const fuseResizeAndConv: Transform = defineTransform({
  name: 'fuse_resize_and_conv',
  summary: 'fuses a convolution with the ResizeBilinear before it',
  fidelity: 'rounding',
  options: {},
  differences: [
    ...differences,
    ...resizeDifferences,
    {
      test: 'name-taken',
      historical: 'gives two nodes one name where that of the paddings is taken',
      here: 'another name',
    },
    {
      test: 'in-a-loop',
      historical: 'the paddings that it makes for a convolution in a loop stand outside, and the graph does not run',
      here: 'they wait for the image, and so stand inside',
    },
  ],
  run: (graph, _options, context) =>
    fuseAll(graph, context, (before) =>
      before.op === 'ResizeBilinear' ? { resize: before, pad: undefined } : undefined,
    ),
})

/**
 * Fuses a convolution with the padding before it.
 *
 *     p = MirrorPad(x, paddings); y = Conv2D(p, w)   →   y = FusedPadConv2D(x, paddings, w)
 */
export const fusePadAndConv: Transform = defineTransform({
  name: 'fuse_pad_and_conv',
  summary: 'fuses a convolution with the MirrorPad before it',
  fidelity: 'rounding',
  options: {},
  differences: [
    ...differences,
    ...padDifferences,
    {
      test: 'integers',
      historical: 'fuses a convolution of int32, which the fused op is not for',
      here: 'left, with a reason',
    },
  ],
  run: (graph, _options, context) =>
    fuseAll(graph, context, (before) => (before.op === 'MirrorPad' ? { resize: undefined, pad: before } : undefined)),
})

/**
 * Fuses a convolution with the padding and the resize before it.
 *
 *     r = ResizeBilinear(x, size); p = MirrorPad(r, paddings); y = Conv2D(p, w)
 *     →   y = FusedResizeAndPadConv2D(x, size, paddings, w)
 */
export const fuseResizePadAndConv: Transform = defineTransform({
  name: 'fuse_resize_pad_and_conv',
  summary: 'fuses a convolution with the MirrorPad and the ResizeBilinear before it',
  fidelity: 'rounding',
  options: {},
  differences: [...differences, ...padDifferences, ...resizeDifferences],
  run: (graph, _options, context) =>
    fuseAll(graph, context, (before) => {
      const resize = before.op === 'MirrorPad' ? graph.producer(before.dataInputs[0]) : undefined
      return resize?.op === 'ResizeBilinear' ? { resize, pad: before } : undefined
    }),
})

function fuseAll(graph: Graph, context: TransformContext, fusible: (before: Node) => Fusible | undefined): void {
  const newNames = new Map<string, string>()
  for (const conv of graph.nodes) {
    if (conv.op !== 'Conv2D') continue
    const before = graph.producer(conv.dataInputs[0])
    const found = before && fusible(before)
    if (!found) continue
    const obstacle = obstacleOf(graph, conv, found, context)
    if (obstacle === undefined) {
      fuse(graph, conv, found, context)
      for (const node of [found.pad, found.resize]) if (node) newNames.set(node.name, conv.name)
    } else context.report.skip(conv, obstacle)
  }
  followColocation(graph, newNames)
}

function obstacleOf(graph: Graph, conv: Node, { resize, pad }: Fusible, context: TransformContext): Found<never> {
  const format = stringOrDefault(conv, 'data_format')
  if (format !== 'NHWC') return `its data_format is ${format}`
  if (intsOrDefault(conv, 'dilations').some((dilation) => dilation !== 1)) return 'it is dilated'
  if (stringOrDefault(conv, 'padding') === 'EXPLICIT') return 'its padding is EXPLICIT'
  const type = typeOrDefault(conv, 'T')
  const fusedOp = fusedOpFor(resize)
  if (!opDef(fusedOp)!.attrs.get('T')!.allowedTypes!.includes(type)) return `${fusedOp} does not compute ${type}`
  for (const node of [pad, resize]) {
    const busy = node && otherUse(graph, node, context, [conv, pad])
    if (busy) return busy
  }
  if (pad && !padsSpaceOnly(graph, pad))
    return `the paddings of "${pad.name}" are not int32 constants of height and width alone`
  if (!resize) return undefined
  if (boolOrDefault(resize, 'half_pixel_centers')) return `"${resize.name}" has half_pixel_centers`
  // ResizeBilinear makes float32 of any number, the fused op computes in one dtype.
  if (typeOrDefault(resize, 'T') !== type) return `"${resize.name}" resizes another dtype`
  return undefined
}

function fusedOpFor(resize: Node | undefined): string {
  return resize ? 'FusedResizeAndPadConv2D' : 'FusedPadConv2D'
}

/** Whether paddings are known and touch neither batch nor channels. */
function padsSpaceOnly(graph: Graph, pad: Node): boolean {
  const paddings = graph.producer(pad.dataInputs[1])
  const tensor = paddings?.op === 'Const' ? paddings.attrs.tensor('value') : undefined
  if (tensor?.dtype !== 'int32' || tensor.size !== 8 || tensor.problem !== undefined) return false
  const values = tensor.values()
  return [0, 1, 6, 7].every((index) => values[index] === 0)
}

/** The fused node has the convolution's name and place. */
function fuse(graph: Graph, conv: Node, { resize, pad }: Fusible, { report }: TransformContext): void {
  const weights = conv.dataInputs[1]!
  let paddings = pad?.dataInputs[1]
  if (!paddings) {
    const image = resize!.dataInputs[0]!
    const wish = `${conv.name}_dummy_paddings_pivot`
    const controlInputs = isInLoop(graph, conv) ? [waitFor(graph, image, { wish, before: conv, report })] : []
    const zeros = constNode(
      graph.freeName(`${conv.name}_dummy_paddings`),
      Tensor.of('int32', [4, 2], new Int32Array(8)),
      { controlInputs },
    )
    graph.add(zeros, { before: conv })
    report.add(zeros)
    paddings = tensorName(zeros.name)
  }
  const data = resize ? resize.dataInputs : pad!.dataInputs.slice(0, 1)
  const controls = [resize, pad, conv]
    .flatMap((node) => node?.controlInputs ?? [])
    .filter((input) => input.node !== pad?.name && input.node !== resize?.name)
  const fused = new Node({
    name: conv.name,
    op: fusedOpFor(resize),
    device: conv.device,
    inputs: tidyInputs([...data, paddings, weights, ...controls]),
  })
  fused.attrs.setType('T', typeOrDefault(conv, 'T'))
  fused.attrs.setString('mode', pad ? stringOrDefault(pad, 'mode') : 'REFLECT')
  fused.attrs.setString('padding', stringOrDefault(conv, 'padding'))
  fused.attrs.copy('strides', conv.attrs)
  if (resize) fused.attrs.setBool('resize_align_corners', boolOrDefault(resize, 'align_corners'))
  graph.replace(conv, [fused])
  report.change(fused)
  for (const node of [pad, resize]) {
    if (!node) continue
    graph.remove(node)
    report.remove(node)
  }
}
