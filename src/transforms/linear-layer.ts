import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import { isControl } from '../graph/tensor-name.js'
import { boolOrDefault, stringOrDefault } from './attr-default.js'
import type { TransformContext } from './transform.js'

/** Where the channels of a tensor are. */
export interface Channels {
  /** How many there are. */
  channels: number
  /** Rank of the tensor, and its axis of channels counted from the end: 1 for the last. */
  rank: number
  axisFromEnd: number
}

/** A convolution or matrix product with constant float32 weights, by its output; for a depthwise convolution all channels. */
export interface LinearLayer extends Channels {
  op: Node
  weights: Node
  /** How many elements of the row-major weights in a row belong to one output channel. */
  run: number
}

/** What was looked for; or why it cannot be changed; or undefined where something else stands there. */
export type Found<T> = T | string | undefined

/**
 * Each op with the rank of its weights, which is that of its output, and the axis of the weights that the output
 * channels are, counted from the end. Depthwise weights have the channels in the last two.
 */
const layerOps: Readonly<Record<string, { rank: number; channelAxis: number }>> = {
  MatMul: { rank: 2, channelAxis: 1 },
  Conv2D: { rank: 4, channelAxis: 1 },
  Conv3D: { rank: 5, channelAxis: 1 },
  DepthwiseConv2dNative: { rank: 4, channelAxis: 1 },
  Conv2DBackpropInput: { rank: 4, channelAxis: 2 },
  Conv3DBackpropInputV2: { rank: 5, channelAxis: 2 },
}

/** The layer that a node is. */
export function linearLayerAt(graph: Graph, node: Node, context: TransformContext): Found<LinearLayer> {
  const kind = Object.hasOwn(layerOps, node.op) ? layerOps[node.op] : undefined
  if (!kind) return undefined
  const weights = graph.producer(node.dataInputs[1])
  if (weights?.op !== 'Const') return `the weights of "${node.name}" are no constant`
  const tensor = weights.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined) {
    const found = tensor?.problem === undefined ? (tensor?.dtype ?? 'missing') : 'damaged'
    return `the weights of "${node.name}" are ${found} and not float32`
  }
  const { shape } = tensor
  const { rank } = kind
  if (shape.length !== rank) return `the weights of "${node.name}" have shape ${printShape(shape)}`
  const busy = otherUse(graph, node, context)
  if (busy) return busy
  const bare = { op: node, weights, rank }
  if (node.op === 'MatMul') {
    const transposed = boolOrDefault(node, 'transpose_b')
    return { ...bare, channels: shape[transposed ? 0 : 1]!, run: transposed ? shape[1]! : 1, axisFromEnd: 1 }
  }
  const axisFromEnd = channelAxisOf(node, rank)
  if (axisFromEnd === undefined) {
    return `the data_format of "${node.name}" is ${stringOrDefault(node, 'data_format')}`
  }
  if (node.op === 'DepthwiseConv2dNative') return { ...bare, channels: shape[2]! * shape[3]!, run: 1, axisFromEnd }
  const run = kind.channelAxis === 1 ? 1 : shape.at(-1)!
  return { ...bare, channels: shape.at(-kind.channelAxis)!, run, axisFromEnd }
}

/** The axis of channels, counted from the end, that the `data_format` of a node of some rank names. */
export function channelAxisOf(node: Node, rank: number): number | undefined {
  const format = stringOrDefault(node, 'data_format')
  if (format === (rank === 5 ? 'NDHWC' : 'NHWC')) return 1
  return format === (rank === 5 ? 'NCDHW' : 'NCHW') ? rank - 1 : undefined
}

/**
 * Why a node cannot change what it computes: somebody else wants it as it is.
 * @param together nodes that go with it, whose control inputs on it say nothing then
 */
export function otherUse(
  graph: Graph,
  node: Node,
  { isPinned }: TransformContext,
  together: readonly (Node | undefined)[] = [],
): string | undefined {
  if (isPinned(node)) return `"${node.name}" is an input or output of the graph`
  const uses = graph.edgesFrom(node.name).filter(({ reader, input }) => !isControl(input) || !together.includes(reader))
  return uses.length > 1 ? `"${node.name}" has other readers` : undefined
}

/**
 * One value a channel, from a float32 constant that is multiplied with or added to a tensor: a single number, or as many
 * as channels along their axis. Undefined for any other, also where broadcasting would change the tensor's shape.
 */
export function perChannel(constant: Node, { channels, rank, axisFromEnd }: Channels): Float32Array | undefined {
  const tensor = constant.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined) return undefined
  const { shape, size } = tensor
  if (shape.length > rank) return undefined
  const values = tensor.values() as Float32Array
  if (size === 1) return new Float32Array(channels).fill(values[0]!)
  return size === channels && shape[shape.length - axisFromEnd] === size ? values : undefined
}

/** The elements of a float32 constant of shape `[length]`; undefined for any other. */
export function floatVector(constant: Node, length: number): Float32Array | undefined {
  const tensor = constant.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined) return undefined
  return tensor.shape.length === 1 && tensor.size === length ? (tensor.values() as Float32Array) : undefined
}
