import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { isControl, tensorName } from '../graph/tensor-name.js'
import { boolOrDefault, stringOrDefault } from './attr-default.js'
import { constNode } from './const-node.js'
import type { TransformContext } from './transform.js'

/** A convolution or matrix product with constant float32 weights, which may have a constant bias added to it. */
export interface LinearLayer {
  op: Node
  weights: Node
  /** Output channels; for a depthwise convolution all of them. */
  channels: number
  /** Whether the channel is the first axis of the weights (`[out, in]`) and not the last. */
  channelsFirst: boolean
  /** Rank of the output, and its axis of channels counted from the end: 1 for the last. */
  rank: number
  axisFromEnd: number
  bias: LayerBias | undefined
}

export interface LayerBias {
  add: Node
  constant: Node
  /** Which input of `add` is the constant. */
  index: number
  values: Float32Array
}

/** What was looked for; or why it cannot be changed; or undefined where something else stands there. */
export type Found<T> = T | string | undefined

const biasOps: ReadonlySet<string> = new Set(['BiasAdd', 'Add', 'AddV2'])

/** A node that adds a constant to something, whose operands may stand either way round. */
export function biasAddAt(graph: Graph, node: Node): { source: Node; constant: Node; index: number } | undefined {
  if (!biasOps.has(node.op)) return undefined
  const operands = node.dataInputs.map((input) => graph.producer(input))
  const index = node.op === 'BiasAdd' || operands[1]?.op === 'Const' ? 1 : 0
  const [source, constant] = [operands[1 - index], operands[index]]
  return source && constant?.op === 'Const' ? { source, constant, index } : undefined
}

/** The layer that ends in a node: the convolution or matrix product itself, or a bias added to it. */
export function layerAt(graph: Graph, node: Node | undefined, context: TransformContext): Found<LinearLayer> {
  const added = node && biasAddAt(graph, node)
  if (!node || !added) return node && plainLayerAt(graph, node, context)
  const { source, constant, index } = added
  const layer = plainLayerAt(graph, source, context)
  if (layer === undefined || typeof layer === 'string') return layer
  const busy = otherUse(graph, node, context)
  if (busy) return busy
  const isBiasAdd = node.op === 'BiasAdd'
  if (isBiasAdd && layer.rank > 2 && (stringOrDefault(node, 'data_format') === 'NCHW') !== (layer.axisFromEnd === 3)) {
    return `the data_format of "${node.name}" is not that of "${source.name}"`
  }
  // BiasAdd's vector goes along the channels, wherever they are.
  const values = isBiasAdd ? floatVector(constant, layer.channels) : perChannel(constant, layer)
  if (!values) return `"${node.name}" adds "${constant.name}", which is not one float32 a channel`
  return { ...layer, bias: { add: node, constant, index, values } }
}

function plainLayerAt(graph: Graph, node: Node, context: TransformContext): Found<LinearLayer> {
  const isMatrixProduct = node.op === 'MatMul'
  if (!isMatrixProduct && node.op !== 'Conv2D' && node.op !== 'DepthwiseConv2dNative') return undefined
  const weights = graph.producer(node.dataInputs[1])
  if (weights?.op !== 'Const') return `the weights of "${node.name}" are no constant`
  const tensor = weights.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined) {
    const found = tensor?.problem === undefined ? (tensor?.dtype ?? 'missing') : 'damaged'
    return `the weights of "${node.name}" are ${found} and not float32`
  }
  const { shape } = tensor
  if (shape.length !== (isMatrixProduct ? 2 : 4)) return `the weights of "${node.name}" have shape ${printShape(shape)}`
  const busy = otherUse(graph, node, context)
  if (busy) return busy
  const bare = { op: node, weights, rank: shape.length, bias: undefined }
  if (isMatrixProduct) {
    const channelsFirst = boolOrDefault(node, 'transpose_b')
    return { ...bare, channels: shape[channelsFirst ? 0 : 1]!, channelsFirst, axisFromEnd: 1 }
  }
  const format = stringOrDefault(node, 'data_format')
  if (format !== 'NHWC' && format !== 'NCHW') return `the data_format of "${node.name}" is ${format}`
  const channels = node.op === 'Conv2D' ? shape[3]! : shape[2]! * shape[3]!
  return { ...bare, channels, channelsFirst: false, axisFromEnd: format === 'NHWC' ? 1 : 3 }
}

/** Why a node cannot change what it computes: somebody else wants it as it is. */
export function otherUse(graph: Graph, node: Node, { isPinned }: TransformContext): string | undefined {
  if (isPinned(node)) return `"${node.name}" is an input or output of the graph`
  return graph.edgesFrom(node.name).length > 1 ? `"${node.name}" has other readers` : undefined
}

/**
 * One value a channel, from a float32 constant that is multiplied with or added to the layer's output: a single
 * number, or as many as channels along their axis. Undefined for any other, also where broadcasting would change the
 * output's shape.
 */
export function perChannel(constant: Node, layer: LinearLayer): Float32Array | undefined {
  const tensor = constant.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined) return undefined
  const { shape, size } = tensor
  if (shape.length > layer.rank) return undefined
  const values = tensor.values() as Float32Array
  if (size === 1) return new Float32Array(layer.channels).fill(values[0]!)
  return size === layer.channels && shape[shape.length - layer.axisFromEnd] === size ? values : undefined
}

/** The elements of a float32 constant of shape `[length]`; undefined for any other. */
export function floatVector(constant: Node, length: number): Float32Array | undefined {
  const tensor = constant.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined) return undefined
  return tensor.shape.length === 1 && tensor.size === length ? (tensor.values() as Float32Array) : undefined
}

/**
 * Gives a layer other weights. Where something else reads the constant, or it is an output, it stays as it is and the
 * layer gets one of its own.
 */
export function replaceWeights(
  graph: Graph,
  layer: LinearLayer,
  values: Float32Array,
  context: TransformContext,
): void {
  const { op, weights } = layer
  replaceConstant(graph, { reader: op, index: 1, constant: weights, wish: `${op.name}_weights` }, values, context)
}

/** Where a constant is read whose value is to be another one; `wish` names the new constant if there must be one. */
export interface ConstantUse {
  reader: Node
  index: number
  constant: Node
  wish: string
}

/** Gives one reader of a constant other values. The shape stays, unless another is given. */
export function replaceConstant(
  graph: Graph,
  { reader, index, constant, wish }: ConstantUse,
  values: Float32Array,
  { isPinned, report }: TransformContext,
  shape: readonly number[] = constant.attrs.tensor('value')!.shape,
): void {
  const tensor = Tensor.owning('float32', shape, values)
  const dataReaders = graph.edgesFrom(constant.name).filter(({ input }) => !isControl(input))
  if (dataReaders.length === 1 && !isPinned(constant)) {
    constant.attrs.setTensor('value', tensor)
    report.change(constant)
    return
  }
  const place = { device: constant.device, controlInputs: constant.inputs }
  const own = graph.add(constNode(graph.freeName(wish), tensor, place), { before: reader })
  graph.setInputs(
    reader,
    reader.inputs.map((input, at) => (at === index ? tensorName(own.name) : input)),
  )
  report.add(own)
}
