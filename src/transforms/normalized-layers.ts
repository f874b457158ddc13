import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { BatchNormNode } from './batch-norm-node.js'
import {
  biasAddAt,
  type Found,
  type LayerBias,
  type LinearLayer,
  layerAt,
  otherUse,
  perChannel,
} from './linear-layer.js'
import type { TransformContext } from './transform.js'

/** One convolution before a batch norm. */
export interface NormalizedLayer {
  layer: LinearLayer
  /** The batch norm's first channel that is this layer's. */
  firstChannel: number
  /** Which input of the carrier it is. */
  index: number
}

/** The convolutions whose output a batch norm normalizes. */
export interface NormalizedLayers {
  layers: readonly NormalizedLayer[]
  channels: number
  /**
   * A node between them and the batch norm that moves elements and computes nothing: BatchToSpaceND or a
   * concatenation.
   */
  carrier: Node | undefined
}

const rank = 4

/** What a batch norm normalizes, if it can be folded into that; or why it cannot. */
export function normalizedLayers(
  graph: Graph,
  norm: BatchNormNode,
  context: TransformContext,
): NormalizedLayers | string {
  const node = graph.producer(norm.source)
  if (!node) return 'it normalizes nothing'
  const found = direct(graph, node, context) ?? atrous(graph, node, context) ?? concatenated(graph, node, norm, context)
  if (found === undefined) return `it normalizes "${node.name}" (${node.op}), which is no convolution`
  if (typeof found === 'string') return found
  for (const { layer } of found.layers) {
    if (layer.rank !== rank) return `"${layer.op.name}" is no convolution`
    if (layer.axisFromEnd !== norm.axisFromEnd) return `its data_format is not that of "${layer.op.name}"`
  }
  return found
}

/** `BN(conv)`, with or without a bias added. */
function direct(graph: Graph, node: Node, context: TransformContext): Found<NormalizedLayers> {
  const layer = layerAt(graph, node, context)
  if (layer === undefined || typeof layer === 'string') return layer
  return { layers: [{ layer, firstChannel: 0, index: 0 }], channels: layer.channels, carrier: undefined }
}

/** `BN(BatchToSpaceND(conv))`, a dilated convolution of old; the bias may be added before or after. */
function atrous(graph: Graph, node: Node, context: TransformContext): Found<NormalizedLayers> {
  const added = biasAddAt(graph, node)
  const carrier = added?.source ?? node
  if (carrier.op !== 'BatchToSpaceND') return undefined
  const found = layerAt(graph, graph.producer(carrier.dataInputs[0]), context)
  if (found === undefined) return `"${carrier.name}" reads no convolution`
  if (typeof found === 'string') return found
  const busy = otherUse(graph, carrier, context) ?? (added && otherUse(graph, node, context))
  if (busy) return busy
  const block = graph.producer(carrier.dataInputs[1])
  const size = block?.op === 'Const' ? block.attrs.tensor('value')?.size : undefined
  if (size === undefined || size > 2 || found.axisFromEnd !== 1) return `"${carrier.name}" may move channels`
  let layer = found
  if (added) {
    const values = perChannel(added.constant, found)
    if (!values || found.bias) return `"${node.name}" adds "${added.constant.name}" behind "${carrier.name}"`
    const bias: LayerBias = { add: node, constant: added.constant, index: added.index, values }
    layer = { ...found, bias }
  }
  return { layers: [{ layer, firstChannel: 0, index: 0 }], channels: layer.channels, carrier }
}

/** `BN(Concat(conv, conv, ...))`: along the channels each gets its part of the batch norm, otherwise all of it. */
function concatenated(
  graph: Graph,
  carrier: Node,
  norm: BatchNormNode,
  context: TransformContext,
): Found<NormalizedLayers> {
  if (carrier.op !== 'ConcatV2' && carrier.op !== 'Concat') return undefined
  const busy = otherUse(graph, carrier, context)
  if (busy) return busy
  const axisIndex = carrier.op === 'Concat' ? 0 : carrier.dataInputs.length - 1
  const axisNode = graph.producer(carrier.dataInputs[axisIndex])
  const axis = axisNode?.op === 'Const' ? axisNode.attrs.tensor('value')?.numbers()[0] : undefined
  if (axis === undefined) return `the axis of "${carrier.name}" is no constant`
  const alongChannels = (axis + rank) % rank === rank - norm.axisFromEnd
  const layers: NormalizedLayer[] = []
  let channels = 0
  for (const [index, input] of carrier.dataInputs.entries()) {
    if (index === axisIndex) continue
    const producer = graph.producer(input)
    const layer = layerAt(graph, producer, context)
    if (layer === undefined) return `"${carrier.name}" reads "${input.node}" (${producer?.op}), which is no convolution`
    if (typeof layer === 'string') return layer
    layers.push({ layer, firstChannel: alongChannels ? channels : 0, index })
    channels = alongChannels ? channels + layer.channels : layer.channels
  }
  return { layers, channels, carrier }
}
