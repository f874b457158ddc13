import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { NodeAttrs } from '../ops/node-attrs.js'
import { adderBefore, dequantizeNode, quantizeV2, requantize } from './quantized-layer.js'
import type { TransformContext } from './transform.js'

export const fakeQuantOp = 'FakeQuantWithMinMaxVars'

/** Why the range of a FakeQuant cannot be that of eight-bit integers; undefined where it can. */
export function fakeQuantObstacle(graph: Graph, node: Node): string | undefined {
  const attrs = new NodeAttrs(node)
  const bits = attrs.intAttr('num_bits') ?? 8
  if (bits !== 8) return `it rounds to ${bits} bits, and only 8 can be kept`
  if (attrs.boolAttr('narrow_range')) return 'it rounds to 255 values (narrow_range), and eight bits have 256'
  const [, min, max] = node.dataInputs
  const [low, high] = [constantScalar(graph, min), constantScalar(graph, max)]
  if (low === undefined || high === undefined) return 'its range is not constant'
  if (low > 0 || high < 0) return `its range from ${low} to ${high} does not hold 0`
  return low < high ? undefined : 'its range is empty'
}

function constantScalar(graph: Graph, input: TensorName | undefined): number | undefined {
  const node = graph.producer(input)
  const tensor = node?.op === 'Const' && input?.port === 0 ? node.attrs.tensor('value') : undefined
  return tensor?.dtype === 'float32' && tensor.size === 1 ? tensor.numbers()[0] : undefined
}

/** Ops of one input for which rounding before or after makes no difference: they choose or move elements. */
const commutingOps: ReadonlySet<string> = new Set([
  ...['Relu', 'Relu6', 'MaxPool', 'Identity', 'StopGradient', 'CheckNumerics', 'Squeeze'],
  ...['DepthToSpace', 'SpaceToDepth'],
])

/**
 * Moves each FakeQuant before the ops that choose or move elements only, so that it comes to stand behind the op that
 * computes them: three ops at once, then two, then one, as the Graph Transform Tool does.
 *
 *     f = FakeQuant(Relu(x))   →   f = Relu(f_hoisted); f_hoisted = FakeQuant(x)
 */
export function hoistFakeQuants(graph: Graph, context: TransformContext): void {
  const fed = new Set(context.inputs.map(({ node }) => node))
  for (const depth of [3, 2, 1]) {
    for (const node of graph.nodes) {
      if (node.op !== fakeQuantOp || fed.has(node.name) || fakeQuantObstacle(graph, node) !== undefined) continue
      const chain = commutingChain(graph, node, depth, context)
      if (chain) hoist(graph, node, chain, context)
    }
  }
}

/** The nodes above a FakeQuant, the topmost (nearest to it) first. */
function commutingChain(graph: Graph, node: Node, depth: number, { isPinned }: TransformContext): Node[] | undefined {
  const chain: Node[] = []
  for (let input = node.dataInputs[0]; chain.length < depth; input = chain.at(-1)!.dataInputs[0]) {
    const above = graph.producer(input)
    if (!above || !commutingOps.has(above.op) || above.dataInputs.length !== 1) return undefined
    // Whoever else reads it would get rounded values.
    if (isPinned(above) || graph.readerCount(above.name) !== 1) return undefined
    chain.push(above)
  }
  return chain
}

function hoist(graph: Graph, node: Node, chain: readonly Node[], { report }: TransformContext): void {
  const lowest = chain.at(-1)!
  const hoisted = node.renamed(graph.freeName(`${node.name}_hoisted`))
  graph.add(hoisted, { before: node })
  graph.setInputs(hoisted, replaceFirst(hoisted, lowest.dataInputs[0]!))
  for (const moved of [...chain].reverse()) {
    graph.remove(moved)
    graph.add(moved, { before: node })
  }
  graph.setInputs(lowest, replaceFirst(lowest, tensorName(hoisted.name)))
  const top = chain[0]!
  graph.remove(top)
  graph.replace(node, [top.renamed(node.name)])
  report.change(node)
}

/** The inputs of a node with another tensor as the first. */
function replaceFirst(node: Node, first: TensorName): TensorName[] {
  return [first, ...node.inputs.slice(1)]
}

/**
 * Rounds by Requantize what was rounded by FakeQuant, so that a Requantize before it can go.
 *
 *     f = FakeQuant(x, min, max)   →   f = Dequantize(Requantize(QuantizeV2(x, min, max), min, max))
 */
export function requantizeFakeQuants(graph: Graph, context: TransformContext): void {
  const { report } = context
  const fed = new Set(context.inputs.map(({ node }) => node))
  for (const node of graph.nodes) {
    if (node.op !== fakeQuantOp || fed.has(node.name)) continue
    const obstacle = fakeQuantObstacle(graph, node)
    if (obstacle !== undefined) {
      report.skip(node, obstacle)
      continue
    }
    const add = adderBefore(graph, node, context)
    const range = node.dataInputs.slice(1)
    const wide = quantizeV2(add, `${node.name}_eightbit/quantize`, node.inputs, 'qint32')
    const parts = [0, 1, 2].map((port) => tensorName(wide.name, port))
    const bytes = requantize(add, `${node.name}_eightbit/requantize`, [...parts, ...range])
    const result = [0, 1, 2].map((port) => tensorName(bytes.name, port))
    const float = dequantizeNode(node.name, result, node.device)
    for (const name of node.attrs.names()) if (name.startsWith('_')) float.attrs.copy(name, node.attrs)
    graph.replace(node, [float])
    report.change(float)
  }
}

/** Whether only this node reads a tensor's node, and as data. */
export function isOnlyReader(graph: Graph, reader: Node, input: TensorName): boolean {
  const edges = graph.edgesFrom(input.node)
  return edges.length === 1 && edges[0]!.reader === reader && !isControl(edges[0]!.input)
}
