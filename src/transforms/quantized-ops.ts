import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import type { TensorName } from '../graph/tensor-name.js'
import { NodeAttrs } from '../ops/node-attrs.js'
import { inputTypes, opDef, outputTypes } from '../ops/op-defs.js'

/** The eight-bit op that stands for a float one. */
export interface QuantizedOp {
  op: string
  /** The data inputs that are quantized; the others stay as they are. */
  quantizes(index: number): boolean
  /** Attributes that give the inputs' dtype. */
  inputTypes: readonly string[]
  /** The attribute that gives the dtype of a 32-bit result, which then goes to bytes by Requantize. */
  resultType?: string
  /** Attributes that both ops have. */
  attrs: readonly string[]
  /**
   * Where the ranges stand: behind all tensors as pairs (min, max, min, max), there as all smallest and then all largest
   * values, or each pair behind its tensor.
   */
  ranges: 'pairs' | 'grouped' | 'beside'
}

const every = (): boolean => true
const onlyFirst = (index: number): boolean => index === 0

const matMul: QuantizedOp = {
  op: 'QuantizedMatMul',
  quantizes: every,
  inputTypes: ['T1', 'T2'],
  resultType: 'Toutput',
  attrs: ['transpose_a', 'transpose_b'],
  ranges: 'pairs',
}
const conv2D: QuantizedOp = {
  op: 'QuantizedConv2D',
  quantizes: every,
  inputTypes: ['Tinput', 'Tfilter'],
  resultType: 'out_type',
  attrs: ['strides', 'padding'],
  ranges: 'pairs',
}
const biasAdd: QuantizedOp = {
  op: 'QuantizedBiasAdd',
  quantizes: every,
  inputTypes: ['T1', 'T2'],
  resultType: 'out_type',
  attrs: [],
  ranges: 'pairs',
}
const concat: QuantizedOp = {
  op: 'QuantizedConcat',
  quantizes: (index) => index > 0,
  inputTypes: ['T'],
  attrs: ['N'],
  ranges: 'grouped',
}
const reshape: QuantizedOp = {
  op: 'QuantizedReshape',
  quantizes: onlyFirst,
  inputTypes: ['T'],
  attrs: ['Tshape'],
  ranges: 'pairs',
}
const batchNorm: QuantizedOp = {
  op: 'QuantizedBatchNormWithGlobalNormalization',
  quantizes: every,
  inputTypes: ['Tinput'],
  resultType: 'out_type',
  attrs: ['scale_after_normalization', 'variance_epsilon'],
  ranges: 'beside',
}
const resizeBilinear: QuantizedOp = {
  op: 'QuantizedResizeBilinear',
  quantizes: onlyFirst,
  inputTypes: ['T'],
  attrs: ['align_corners', 'half_pixel_centers'],
  ranges: 'pairs',
}

function pool(op: string): QuantizedOp {
  return { op, quantizes: every, inputTypes: ['T'], attrs: ['ksize', 'strides', 'padding'], ranges: 'pairs' }
}
function activation(op: string): QuantizedOp {
  return { op, quantizes: every, inputTypes: ['Tinput'], attrs: [], ranges: 'pairs' }
}
function elementwise(op: string): QuantizedOp {
  return { op, quantizes: every, inputTypes: ['T1', 'T2'], resultType: 'Toutput', attrs: [], ranges: 'pairs' }
}

export type QuantizedOps = Readonly<Record<string, QuantizedOp>>

/** What both tools computed in eight bits. */
const common: QuantizedOps = {
  AvgPool: pool('QuantizedAvgPool'),
  BiasAdd: biasAdd,
  Concat: concat,
  Conv2D: conv2D,
  MatMul: matMul,
  MaxPool: pool('QuantizedMaxPool'),
  Relu: activation('QuantizedRelu'),
  Relu6: activation('QuantizedRelu6'),
  Reshape: reshape,
}

/** The ops that the Graph Transform Tool's quantize_nodes replaced. */
export const graphTransformOps: QuantizedOps = {
  ...common,
  Add: elementwise('QuantizedAdd'),
  Mul: elementwise('QuantizedMul'),
  ResizeBilinear: resizeBilinear,
}

/** The ops that the Python tool's mode eightbit replaced. */
export const quantizeGraphOps: QuantizedOps = { ...common, BatchNormWithGlobalNormalization: batchNorm }

/**
 * Whether a node computes in float32, as far as it is to be quantized.
 * @throws GraphdefError `missing-attr` where the node does not say its dtype
 */
export function isFloatLayer(node: Node, { quantizes }: QuantizedOp): boolean {
  const [inputs, outputs] = [inputTypes(node), outputTypes(node)]
  if (!inputs || !outputs) throw missingAttr(node)
  return inputs.every((type, index) => !quantizes(index) || type === 'float32') && outputs[0] === 'float32'
}

/** @throws GraphdefError `missing-attr` where the node lacks an attribute that has no default */
export function checkAttrs(node: Node, { attrs }: QuantizedOp): void {
  const given = new NodeAttrs(node)
  for (const name of attrs) if (!given.attr(name)) throw missingAttr(node, name)
}

function missingAttr(node: Node, name?: string): GraphdefError {
  const lacking = [...(opDef(node.op)?.attrs.values() ?? [])].find(
    (attr) => !attr.default && !node.attrs.has(attr.name),
  )
  return new GraphdefError('missing-attr', {
    what: `a ${node.op} has no attribute "${name ?? lacking?.name ?? 'T'}"`,
    node: node.name,
    remedy: 'The op has no default for it: write the graph again with TensorFlow, or give the node the attribute.',
  })
}

/** Whether a Reshape only serves to measure the range of what is quantized. */
export function isMeasurement(graph: Graph, node: Node): boolean {
  if (node.op !== 'Reshape') return false
  return graph.readers(node.name).some((reader) => {
    if (reader.op !== 'Min' && reader.op !== 'Max') return false
    return graph.readers(reader.name).some(({ op }) => op === 'QuantizeV2')
  })
}

/** What an op's layer must not be for its eight-bit op to compute the same. */
type Obstacle = (attrs: NodeAttrs, shapes: readonly Shape[], graph: Graph) => string | undefined

/**
 * Why the eight-bit op of a float32 layer would fail or compute something else; undefined where it would not.
 * @param shapeOf the shape of an input; null where it is not known
 */
export function quantizationObstacle(
  graph: Graph,
  node: Node,
  { quantizes }: QuantizedOp,
  shapeOf: (input: TensorName) => Shape,
): string | undefined {
  const shapes = node.dataInputs.map(shapeOf)
  const isEmpty = (shape: Shape, index: number): boolean => quantizes(index) && (shape?.includes(0) ?? false)
  if (shapes.some(isEmpty)) return 'an input has no elements, and so no range'
  return obstacles[node.op]?.(new NodeAttrs(node), shapes, graph)
}

const notChannelsLast: Obstacle = (attrs) => {
  const format = attrs.stringAttr('data_format')
  return format === 'NHWC' ? undefined : `its data_format is ${format}, and in eight bits there is NHWC only`
}
const explicitPadding: Obstacle = (attrs) =>
  attrs.stringAttr('padding') === 'EXPLICIT' ? 'in eight bits there is no explicit padding' : undefined

const convolutionObstacle: Obstacle = (attrs, [input, filter]) => {
  const [, rows, columns] = attrs.intsAttr('strides')
  if (rows !== columns) return 'its strides differ, and in eight bits they must not'
  if (attrs.intsAttr('dilations').some((size) => size !== 1)) return 'in eight bits there are no dilations'
  const [channels, taken] = [input?.[3] ?? null, filter?.[2] ?? null]
  const grouped = channels !== null && taken !== null && channels !== taken
  return grouped ? `its filter takes ${taken} channels of ${channels}, and in eight bits it must take all` : undefined
}

const poolingObstacle: Obstacle = (attrs) => {
  const [batch, , , channels] = attrs.intsAttr('ksize')
  if (batch !== 1) return 'it pools over the batch'
  return attrs.node.op === 'AvgPool' && channels !== 1 ? 'it pools over channels' : undefined
}

const negativeAxis: Obstacle = (attrs, _shapes, graph) => {
  const axis = graph.producer(attrs.node.dataInputs[0])?.attrs.tensor('value')?.numbers()[0] ?? 0
  return axis < 0 ? `its axis is ${axis}, and in eight bits it must count from the front` : undefined
}

/** In eight bits one side may be one element, or have the last dimensions of the other. */
const broadcastObstacle: Obstacle = (_attrs, [x = null, y = null]) => {
  if (x?.every((size) => size === 1) || y?.every((size) => size === 1)) return undefined
  if (x && y && (matchesEnd(x, y) || matchesEnd(y, x))) return undefined
  return [...(x ?? [null]), ...(y ?? [null])].includes(null)
    ? 'the shapes of its inputs are not known, and in eight bits not all of them go together'
    : 'its inputs are broadcast along a dimension in the middle, which in eight bits gives wrong results'
}

function matchesEnd(whole: readonly (number | null)[], part: readonly (number | null)[]): boolean {
  const kept = part.slice(part.findIndex((size) => size !== 1))
  const start = whole.length - kept.length
  return start >= 0 && kept.every((size, index) => size === whole[start + index])
}

const inOrder =
  (...list: Obstacle[]): Obstacle =>
  (attrs, shapes, graph) => {
    for (const obstacle of list) {
      const reason = obstacle(attrs, shapes, graph)
      if (reason !== undefined) return reason
    }
    return undefined
  }

const pooling = inOrder(notChannelsLast, explicitPadding, poolingObstacle)

const obstacles: Readonly<Record<string, Obstacle>> = {
  Add: broadcastObstacle,
  AvgPool: pooling,
  BiasAdd: notChannelsLast,
  Concat: negativeAxis,
  Conv2D: inOrder(notChannelsLast, explicitPadding, convolutionObstacle),
  MaxPool: pooling,
  Mul: broadcastObstacle,
}
