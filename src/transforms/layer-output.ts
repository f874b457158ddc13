import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { stringOrDefault } from './attr-default.js'
import { carriedChannels, constantAt, isCarrier } from './channel-carriers.js'
import {
  type Channels,
  type Found,
  floatVector,
  type LinearLayer,
  linearLayerAt,
  otherUse,
  perChannel,
} from './linear-layer.js'
import type { TransformContext } from './transform.js'

/**
 * What ends in a node and comes from linear layers alone, so that scaling it is scaling their weights and biases: a tree
 * of the nodes on the way, each of which is read by nobody else.
 */
export type LayerOutput = Channels & { node: Node } & (LayerItself | AddedBias | Carrier | Concatenation)

/** The convolution or matrix product. */
export interface LayerItself {
  kind: 'layer'
  layer: LinearLayer
}

/** A constant that is added or subtracted. */
export interface AddedBias {
  kind: 'bias'
  source: LayerOutput
  constant: Node
  /** Which input of the node is the constant. */
  index: number
  /** The constant, one value a channel. */
  values: Float32Array
  subtracts: boolean
}

/** A node that moves elements and computes nothing. */
export interface Carrier {
  kind: 'carrier'
  source: LayerOutput
}

/** Several outputs side by side: along the channels, or along another axis. */
export interface Concatenation {
  kind: 'concatenation'
  parts: readonly { source: LayerOutput; index: number }[]
  alongChannels: boolean
}

/** A node that adds a constant to something or subtracts it; the operands of an addition may stand either way round. */
export interface Addition {
  source: Node
  constant: Node
  index: number
  subtracts: boolean
}

const additionOps: ReadonlySet<string> = new Set(['BiasAdd', 'Add', 'AddV2', 'Sub'])

export function additionAt(graph: Graph, node: Node): Addition | undefined {
  if (!additionOps.has(node.op)) return undefined
  const operands = node.dataInputs.map((input) => graph.producer(input))
  const ordered = node.op === 'BiasAdd' || node.op === 'Sub'
  const index = ordered || operands[1]?.op === 'Const' ? 1 : 0
  const [source, constant] = [operands[1 - index], operands[index]]
  if (!source || source.op === 'Const' || constant?.op !== 'Const') return undefined
  return { source, constant, index, subtracts: node.op === 'Sub' }
}

/** Nodes on the way from a layer, at most: more are no model's, and looking on would take ever longer. */
const longestWay = 64

/** What ends in a node; why it cannot be changed; or undefined where no layer is behind it. */
export function layerOutputAt(
  graph: Graph,
  node: Node | undefined,
  context: TransformContext,
  way = 0,
): Found<LayerOutput> {
  if (!node || way > longestWay) return undefined
  const layer = linearLayerAt(graph, node, context)
  if (typeof layer === 'string') return layer
  if (layer) return { ...channelsOf(layer), node, kind: 'layer', layer }
  if (isCarrier(node)) return carried(graph, node, context, way)
  if (node.op === 'ConcatV2' || node.op === 'Concat') return concatenated(graph, node, context, way)
  return biased(graph, node, context, way)
}

function channelsOf({ channels, rank, axisFromEnd }: Channels): Channels {
  return { channels, rank, axisFromEnd }
}

function biased(graph: Graph, node: Node, context: TransformContext, way: number): Found<LayerOutput> {
  const found = addedBiasAt(graph, node, context, way)
  if (found === undefined || typeof found === 'string') return found
  return otherUse(graph, node, context) ?? found
}

/** A constant that is added to a layer's output; the sum itself may be read by several nodes or be an output. */
export function addedBiasAt(
  graph: Graph,
  node: Node,
  context: TransformContext,
  way = 0,
): Found<LayerOutput & AddedBias> {
  const added = additionAt(graph, node)
  const source = added && layerOutputAt(graph, added.source, context, way + 1)
  if (source === undefined || typeof source === 'string') return source
  return asBias(node, added!, source)
}

/** An addition as that of a bias to some output, which is what it adds to or is to be that. */
export function asBias(node: Node, added: Addition, source: LayerOutput): (LayerOutput & AddedBias) | string {
  const { constant, index, subtracts } = added
  const isBiasAdd = node.op === 'BiasAdd'
  if (isBiasAdd && source.rank > 2) {
    const axisFromEnd = stringOrDefault(node, 'data_format').startsWith('NC') ? source.rank - 1 : 1
    if (axisFromEnd !== source.axisFromEnd) {
      return `the data_format of "${node.name}" is not that of "${source.node.name}"`
    }
  }
  // BiasAdd's vector goes along the channels, wherever they are.
  const values = isBiasAdd ? floatVector(constant, source.channels) : perChannel(constant, source)
  if (!values) return `"${node.name}" adds "${constant.name}", which is not one float32 a channel`
  return { ...channelsOf(source), node, kind: 'bias', source, constant, index, values, subtracts }
}

function carried(graph: Graph, node: Node, context: TransformContext, way: number): Found<LayerOutput> {
  const source = layerOutputAt(graph, graph.producer(node.dataInputs[0]), context, way + 1)
  if (source === undefined || typeof source === 'string') return source
  const busy = otherUse(graph, node, context)
  if (busy) return busy
  const channels = carriedChannels(graph, node, source)
  if (channels === undefined || typeof channels === 'string') return channels
  return { ...channelsOf(channels), node, kind: 'carrier', source }
}

function concatenated(graph: Graph, node: Node, context: TransformContext, way: number): Found<LayerOutput> {
  const axisIndex = node.op === 'Concat' ? 0 : node.dataInputs.length - 1
  const parts: { source: LayerOutput; index: number }[] = []
  let refused: string | undefined
  let stranger: string | undefined
  for (const [index, { node: name }] of node.dataInputs.entries()) {
    if (index === axisIndex) continue
    const producer = graph.get(name)
    const source = layerOutputAt(graph, producer, context, way + 1)
    if (source === undefined) stranger ??= `"${node.name}" reads "${name}" (${producer?.op}), which is no convolution`
    else if (typeof source === 'string') refused ??= source
    else parts.push({ source, index })
  }
  const [first] = parts
  if (!first) return refused
  const problem = refused ?? stranger ?? otherUse(graph, node, context)
  if (problem !== undefined) return problem
  const { rank, axisFromEnd } = first.source
  const axis = constantAt(graph, node, axisIndex)?.[0]
  if (axis === undefined) return `the axis of "${node.name}" is no constant`
  const odd = parts.find(({ source }) => source.rank !== rank || source.axisFromEnd !== axisFromEnd)
  if (odd) return `"${node.name}" reads "${odd.source.node.name}", which has its channels elsewhere`
  const alongChannels = (axis + rank) % rank === rank - axisFromEnd
  const channels = alongChannels ? parts.reduce((sum, { source }) => sum + source.channels, 0) : first.source.channels
  return { channels, rank, axisFromEnd, node, kind: 'concatenation', parts, alongChannels }
}

/** The layers of a tree, in the order of their channels. */
export function layersOf(output: LayerOutput): LinearLayer[] {
  if (output.kind === 'layer') return [output.layer]
  if (output.kind === 'concatenation') return output.parts.flatMap(({ source }) => layersOf(source))
  return layersOf(output.source)
}
