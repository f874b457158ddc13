import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { TensorName } from '../graph/tensor-name.js'

/** A batch norm in single operations, as `tf.nn.batch_normalization` writes it. Each operation's operands may stand either way round. */
export interface DecomposedBatchNorm {
  /** The last node: `x * scale + (beta - mean * scale)`. */
  add: Node
  /** What is normalized. */
  source: TensorName
  mean: Node
  variance: Node
  beta: Node
  /** Undefined where the variance alone scales. */
  gamma: Node | undefined
  epsilonConstant: Node
  epsilon: number
  /** What the source and the mean are multiplied by. */
  scale: Node
  /** All other nodes, readers before what they read. */
  parts: readonly Node[]
  constants: readonly Node[]
}

const additions: ReadonlySet<string> = new Set(['Add', 'AddV2'])

/** The batch norm that ends in a node; undefined where it is none. */
export function decomposedBatchNormAt(graph: Graph, add: Node): DecomposedBatchNorm | undefined {
  if (!additions.has(add.op)) return undefined
  for (const [scaled, shift] of eitherWay(graph, add)) {
    if (scaled.op !== 'Mul' || shift.op !== 'Sub') continue
    const [beta, shifted] = operandsOf(graph, shift) ?? []
    if (beta?.op !== 'Const' || shifted?.op !== 'Mul') continue
    for (const [mean, scale] of eitherWay(graph, shifted)) {
      const place = scaled.dataInputs.findIndex((input) => graph.producer(input) === scale)
      const found = place >= 0 && mean.op === 'Const' ? scaleAt(graph, scale) : undefined
      if (!found) continue
      const { gamma, variance, epsilonConstant, parts } = found
      return {
        add,
        source: scaled.dataInputs[1 - place]!,
        mean,
        beta,
        scale,
        ...found,
        parts: [scaled, shift, shifted, ...parts],
        constants: [beta, mean, variance, epsilonConstant, ...(gamma ? [gamma] : [])],
      }
    }
  }
  return undefined
}

/** `Rsqrt(variance + epsilon)`, multiplied by gamma or not. */
function scaleAt(
  graph: Graph,
  scale: Node,
): Pick<DecomposedBatchNorm, 'gamma' | 'variance' | 'epsilonConstant' | 'epsilon' | 'parts'> | undefined {
  const ways = scale.op === 'Mul' ? eitherWay(graph, scale) : [[scale, undefined] as const]
  for (const [rsqrt, gamma] of ways) {
    if (rsqrt.op !== 'Rsqrt' || (gamma && gamma.op !== 'Const')) continue
    const sum = graph.producer(rsqrt.dataInputs[0])
    if (!sum || !additions.has(sum.op)) continue
    // The epsilon is the second operand wherever both are single numbers.
    for (const [epsilonConstant, variance] of eitherWay(graph, sum).reverse()) {
      const epsilon = epsilonConstant.op === 'Const' ? scalarOf(epsilonConstant) : undefined
      if (epsilon === undefined || variance.op !== 'Const') continue
      const parts = scale === rsqrt ? [rsqrt, sum] : [scale, rsqrt, sum]
      return { gamma, variance, epsilonConstant, epsilon, parts }
    }
  }
  return undefined
}

function scalarOf(constant: Node): number | undefined {
  const tensor = constant.attrs.tensor('value')
  if (tensor?.dtype !== 'float32' || tensor.problem !== undefined || tensor.shape.length > 0) return undefined
  return tensor.numbers()[0]
}

/** The two operands of a binary op, as they stand and the other way round; none where it has not two. */
function eitherWay(graph: Graph, node: Node): [Node, Node][] {
  const operands = operandsOf(graph, node)
  return operands ? [operands, [operands[1], operands[0]]] : []
}

function operandsOf(graph: Graph, node: Node): [Node, Node] | undefined {
  const [first, second, ...more] = node.dataInputs.map((input) => graph.producer(input))
  return first && second && more.length === 0 ? [first, second] : undefined
}
