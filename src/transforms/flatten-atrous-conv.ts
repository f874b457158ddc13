import { elementSize } from '../graph/data-type.js'
import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { intsOrDefault, stringOrDefault } from './attr-default.js'
import { followColocation } from './colocation.js'
import { constNode } from './const-node.js'
import { type Found, otherUse } from './linear-layer.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

/**
 * Makes one convolution of a dilated one that was written as three nodes, by a filter with zeros between its elements.
 *
 *     s = SpaceToBatchND(x, block, paddings); c = Conv2D(s, w); y = BatchToSpaceND(c, block, crops)
 *     →   y = Conv2D(x, w spread by block)
 */
export const flattenAtrousConv: Transform = defineTransform({
  name: 'flatten_atrous_conv',
  summary: 'makes one convolution of a dilated one between SpaceToBatchND and BatchToSpaceND',
  fidelity: 'rounding',
  options: {},
  differences: [
    {
      test: 'siblings',
      historical:
        'of convolutions that share an input or a block shape, or of which one reads the other, only one is flattened in a run',
      here: 'all are',
    },
    {
      test: 'shared-space-to-batch',
      historical: 'nothing is flattened where something else reads the SpaceToBatchND, block shape, paddings or crops',
      here: 'those stay for their other readers',
    },
    {
      test: 'shared-filter',
      historical: 'whatever else reads the filter gets the spread one: wrong results',
      here: 'the flattened convolution gets a filter of its own',
    },
    { test: 'later-port', historical: 'reads x where x:1 was read: wrong results', here: 'the port is kept' },
    {
      test: 'valid-padding',
      historical: 'always makes a SAME convolution, whatever paddings and crops say: wrong results',
      here: 'SAME or VALID as they say',
    },
    {
      test: 'other-paddings',
      historical: 'does not look at paddings and crops, nor whether both block shapes are the same: wrong results',
      here: 'left, with a reason, where they are not known or not those of SAME or VALID',
    },
    {
      test: 'other-convolutions',
      historical: 'does not look at strides, dilations and padding of the convolution: wrong results',
      here: 'left, with a reason',
    },
    {
      test: 'nchw',
      historical: 'with NCHW takes the block of the channels for that of the height: wrong results',
      here: 'the layout is looked at',
    },
    {
      test: 'convolution-is-output',
      historical: 'an output that is such a convolution, SpaceToBatchND or a constant of theirs disappears',
      here: 'such a convolution is left, with a reason; the others stay as they are',
    },
    {
      test: 'default-attributes',
      historical: 'aborts where data_format or use_cudnn_on_gpu is missing',
      here: 'flattened',
    },
    {
      test: 'filter-dtypes',
      historical: 'aborts on a filter that is no constant of float32',
      here: 'of any number, flattened; no constant, left, with a reason',
    },
    {
      test: 'control-inputs',
      historical: 'drops control inputs, colocation and the device of the filter',
      here: 'they move to what is left',
    },
  ],
  run(graph, _options, context) {
    const { report } = context
    const spaceToBatch = new Set<Node>()
    const constants = new Set<Node>()
    const newNames = new Map<string, string>()
    let left = new Map<Node, string>()
    for (let before = -1; before !== report.edits; ) {
      before = report.edits
      left = new Map()
      for (const node of graph.nodes) {
        const found = atrousConvAt(graph, node, context)
        if (typeof found === 'string') left.set(node, found)
        if (found === undefined || typeof found === 'string') continue
        flatten(graph, found, context)
        spaceToBatch.add(found.spread)
        for (const constant of found.constants) constants.add(constant)
        // The convolution may be one that was flattened before.
        for (const [old, now] of newNames) if (now === found.conv.name) newNames.set(old, node.name)
        newNames.set(found.spread.name, node.name).set(found.conv.name, node.name)
      }
    }
    for (const [node, reason] of left) report.skip(node, reason)
    // One of them may be read, as a control input, by another.
    for (let before = -1; before !== report.removed; ) {
      before = report.removed
      removeUnread(graph, [...spaceToBatch, ...constants], context)
    }
    for (const name of newNames.keys()) if (graph.has(name)) newNames.delete(name)
    followColocation(graph, newNames)
  },
})

/** A convolution between SpaceToBatchND (`spread`) and BatchToSpaceND (`gather`). */
interface AtrousConv {
  spread: Node
  conv: Node
  gather: Node
  filter: Node
  /** How far apart the filter's rows and columns go. */
  steps: readonly [number, number]
  padding: 'SAME' | 'VALID'
  /** Block shapes, paddings and crops. */
  constants: readonly Node[]
}

function atrousConvAt(graph: Graph, gather: Node, context: TransformContext): Found<AtrousConv> {
  if (gather.op !== 'BatchToSpaceND') return undefined
  const conv = graph.producer(gather.dataInputs[0])
  if (conv?.op !== 'Conv2D' && conv?.op !== 'DepthwiseConv2dNative') return undefined
  const spread = graph.producer(conv.dataInputs[0])
  if (spread?.op !== 'SpaceToBatchND') return undefined
  const padding = stringOrDefault(conv, 'padding')
  if (padding !== 'VALID') return `the padding of "${conv.name}" is ${padding}`
  if (intsOrDefault(conv, 'strides').some((stride) => stride !== 1)) return `"${conv.name}" has strides`
  if (intsOrDefault(conv, 'dilations').some((dilation) => dilation !== 1)) return `"${conv.name}" is dilated itself`
  const busy = otherUse(graph, conv, context)
  if (busy) return busy
  if (isFed(spread, context)) return `"${spread.name}" is an input of the graph`
  const filter = constantAt(graph, conv.dataInputs[1], context)
  const shape = filter?.attrs.tensor('value')?.shape ?? []
  if (!filter || shape.length !== 4 || elementCount(shape) === 0) {
    return `the filter of "${conv.name}" is no constant of four axes`
  }
  const format = stringOrDefault(conv, 'data_format')
  const fields = blocksOf(graph, spread, gather, context)
  if (typeof fields === 'string') return fields
  const fit = fitOf(fields, shape, format === 'NCHW' ? [2, 3] : [1, 2])
  return typeof fit === 'string' ? fit : { spread, conv, gather, filter, ...fit, constants: fields.constants }
}

interface Blocks {
  /** The block's size along the axes behind the batch. */
  sizes: readonly number[]
  /** What stands before and behind the data along each of these axes: paddings less crops. */
  margins: readonly (readonly [number, number])[]
  constants: readonly Node[]
}

function blocksOf(graph: Graph, spread: Node, gather: Node, context: TransformContext): Blocks | string {
  const nodes = [spread.dataInputs[1], gather.dataInputs[1], spread.dataInputs[2], gather.dataInputs[2]].map((input) =>
    constantAt(graph, input, context),
  )
  const constants = nodes.filter((node) => node !== undefined)
  if (constants.length < nodes.length) {
    return `block shape, paddings and crops of "${spread.name}" and "${gather.name}" are not all constants`
  }
  const [sizes, others, paddings, crops] = constants.map((node) => node.attrs.tensor('value')!.numbers()) as [
    number[],
    number[],
    number[],
    number[],
  ]
  if (String(sizes) !== String(others)) return `the block shapes of "${spread.name}" and "${gather.name}" differ`
  if (paddings.length !== 2 * sizes.length || crops.length !== paddings.length) {
    return `paddings and crops of "${spread.name}" and "${gather.name}" are not two for each axis of a block`
  }
  const margin = (index: number): number => paddings[index]! - crops[index]!
  return { sizes, margins: sizes.map((_, axis) => [margin(2 * axis), margin(2 * axis + 1)]), constants }
}

/**
 * How one convolution does the same. Along an axis, the three nodes read the data with the filter's elements `size`
 * apart and `margins` of zeros around; that is SAME where the margins are the two halves of what the spread filter
 * overlaps, and VALID where there are none.
 */
function fitOf(
  { sizes, margins }: Blocks,
  filterShape: readonly number[],
  axes: readonly [number, number],
): Pick<AtrousConv, 'steps' | 'padding'> | string {
  const isSpatial = (index: number): boolean => axes.includes(index + 1)
  const touchesOthers = sizes.some((size, index) => !isSpatial(index) && (size !== 1 || margins[index]!.some(Boolean)))
  if (touchesOthers) return 'its blocks are not of height and width alone'
  const steps = axes.map((axis) => sizes[axis - 1] ?? 1) as [number, number]
  const overlaps = steps.map((step, index) => (filterShape[index]! - 1) * step)
  const around = axes.map((axis) => margins[axis - 1] ?? [0, 0])
  const isSame = overlaps.every((overlap, index) => {
    const [before, behind] = around[index]!
    return before === Math.floor(overlap / 2) && behind === Math.ceil(overlap / 2)
  })
  if (isSame) return { steps, padding: 'SAME' }
  if (around.flat().every((margin) => margin === 0)) return { steps, padding: 'VALID' }
  return 'its paddings less its crops are neither those of SAME nor those of VALID'
}

/** The Const behind an input, with a tensor of numbers, unless another value may be fed in its place. */
function constantAt(graph: Graph, input: TensorName | undefined, context: TransformContext): Node | undefined {
  const node = graph.producer(input)
  if (node?.op !== 'Const' || isFed(node, context)) return undefined
  const tensor = node.attrs.tensor('value')
  return tensor && tensor.problem === undefined && elementSize(tensor.dtype) > 0 ? node : undefined
}

function isFed(node: Node, { inputs }: TransformContext): boolean {
  return inputs.some((input) => input.node === node.name)
}

/** The flattened convolution has BatchToSpaceND's name and place. */
function flatten(graph: Graph, atrous: AtrousConv, context: TransformContext): void {
  const { spread, conv, gather, padding, constants } = atrous
  const filter = spreadFilter(graph, atrous, context)
  // What they wait for among themselves says nothing more: the result waits for all that they waited for.
  const inside = new Set([spread, ...constants].map((node) => node.name))
  const controls = [spread, conv, gather, ...constants]
    .flatMap((node) => node.controlInputs)
    .filter((input) => !inside.has(input.node))
  const flat = new Node({
    name: gather.name,
    op: conv.op,
    device: conv.device,
    inputs: tidyInputs([spread.dataInputs[0]!, filter, ...controls]),
  })
  for (const name of ['T', 'strides', 'data_format', 'use_cudnn_on_gpu']) flat.attrs.copy(name, conv.attrs)
  flat.attrs.setString('padding', padding)
  graph.replace(gather, [flat])
  graph.remove(conv)
  context.report.change(flat)
  context.report.remove(conv)
}

/** Puts zeros between the filter's elements, in a constant of its own where something else wants the filter as it is. */
function spreadFilter(
  graph: Graph,
  { conv, gather, filter, steps }: AtrousConv,
  { isPinned, report }: TransformContext,
): TensorName {
  const tensor = spreadTensor(filter.attrs.tensor('value')!, steps)
  const place = { device: filter.device, controlInputs: filter.inputs }
  const isShared = graph.edgesFrom(filter.name).some(({ reader, input }) => reader !== conv && !isControl(input))
  if (isShared || isPinned(filter)) {
    const own = graph.add(constNode(graph.freeName(`${gather.name}_weights`), tensor, place), { before: gather })
    report.add(own)
    return tensorName(own.name)
  }
  graph.replace(filter, [constNode(filter.name, tensor, place)])
  report.change(filter)
  return tensorName(filter.name)
}

/** Zeros with a filter's element [y, x] at [y * down, x * across]. */
function spreadTensor(filter: Tensor, [down, across]: readonly [number, number]): Tensor {
  const [height, width, ...channels] = filter.shape as [number, number, number, number]
  const shape = [(height - 1) * down + 1, (width - 1) * across + 1, ...channels]
  const cell = elementCount(channels) * elementSize(filter.dtype)
  const bytes = filter.bytes()
  const target = new Uint8Array(shape[0]! * shape[1]! * cell)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * cell
      target.set(bytes.subarray(from, from + cell), (y * down * shape[1]! + x * across) * cell)
    }
  }
  return new Tensor(filter.dtype, shape, { kind: 'content', bytes: target })
}
