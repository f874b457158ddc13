import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import type { TensorName } from '../graph/tensor-name.js'
import { boolOrDefault, floatOrDefault, stringOrDefault } from './attr-default.js'
import type { BatchNormValues } from './batch-norm.js'
import { channelAxisOf, type Found, floatVector } from './linear-layer.js'
import { cannotTransform, type TransformContext } from './transform.js'

/** A batch norm with fixed statistics. */
export interface BatchNormNode {
  node: Node
  /** What is normalized. */
  source: TensorName
  /** The constants that hold its parameters. */
  constants: readonly Node[]
  /** Rank of what is normalized, and its axis of channels counted from the end: 1 for the last. */
  rank: number
  axisFromEnd: number
  /** The parameters, for as many channels as the normalized tensor has. */
  values(channels: number): BatchNormValues
}

/** Where each op has its parameters among its inputs. */
const parameterIndexes: Readonly<Record<string, { mean: number; variance: number; beta: number; gamma: number }>> = {
  BatchNormWithGlobalNormalization: { mean: 1, variance: 2, beta: 3, gamma: 4 },
  FusedBatchNorm: { gamma: 1, beta: 2, mean: 3, variance: 4 },
  FusedBatchNormV2: { gamma: 1, beta: 2, mean: 3, variance: 4 },
  FusedBatchNormV3: { gamma: 1, beta: 2, mean: 3, variance: 4 },
}

export function isBatchNorm(node: Node): boolean {
  return Object.hasOwn(parameterIndexes, node.op)
}

/**
 * Reads a batch norm; or why it is none with fixed statistics.
 * @throws GraphdefError `missing-attr`; `values` throws `transform-failed` for parameters of a wrong shape
 */
export function batchNormAt(graph: Graph, node: Node, context: TransformContext): Found<BatchNormNode> {
  const indexes = parameterIndexes[node.op]
  const [source] = node.dataInputs
  if (!indexes || !source) return undefined
  const fused = node.op !== 'BatchNormWithGlobalNormalization'
  if (fused && boolOrDefault(node, 'is_training')) return 'is_training is true: it computes the statistics itself'
  const later = graph.edgesFrom(node.name).find(({ input }) => input.port > 0)
  if (later) return `"${later.reader.name}" reads its output ${later.input.port}`
  const asked = context.outputs.find((output) => output.node === node.name && output.port > 0)
  if (asked) return `its output ${asked.port} is an output of the graph`
  const format = fused ? stringOrDefault(node, 'data_format') : 'NHWC'
  const rank = format.length
  const axisFromEnd = fused ? channelAxisOf(node, rank) : 1
  if (axisFromEnd === undefined) return `its data_format is ${format}`

  const parameters = new Map<string, Node>()
  for (const [name, index] of Object.entries(indexes)) {
    const parameter = graph.producer(node.dataInputs[index])
    if (parameter?.op !== 'Const') {
      return `its ${name} is no constant but ${parameter ? `"${parameter.name}" (${parameter.op})` : 'missing'}`
    }
    parameters.set(name, parameter)
  }
  const epsilon = floatOrDefault(node, fused ? 'epsilon' : 'variance_epsilon')
  const scales = fused || boolOrDefault(node, 'scale_after_normalization')

  const vector = (name: string, channels: number): Float32Array => {
    const constant = parameters.get(name)!
    const values = floatVector(constant, channels)
    if (values) return values
    const tensor = constant.attrs.tensor('value')
    const found = tensor ? `${tensor.dtype}${printShape(tensor.shape)}` : 'nothing'
    throw cannotTransform(node, `its ${name} "${constant.name}" is ${found} where float32[${channels}] is needed`)
  }
  return {
    node,
    source,
    constants: [...parameters.values()],
    rank,
    axisFromEnd,
    values: (channels) => ({
      mean: vector('mean', channels),
      variance: vector('variance', channels),
      beta: vector('beta', channels),
      gamma: scales ? vector('gamma', channels) : undefined,
      epsilon,
    }),
  }
}
