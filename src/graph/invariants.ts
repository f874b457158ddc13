import { GraphdefError } from '../errors.js'
import type { Graph } from './graph.js'
import type { Node } from './node.js'
import { executionOrder } from './order.js'
import { isControl, printTensorName, type TensorName } from './tensor-name.js'

export interface InvariantOptions {
  /** Nodes that must be there: the graph's inputs and outputs. */
  pinned: readonly TensorName[]
  /** How many outputs a node has; undefined where nobody knows, and then any port is right. */
  outputCount(node: Node): number | undefined
}

/**
 * What every graph keeps: each input resolves to a node and to an output that it has, there is no cycle outside loops, and
 * the pinned nodes are there. (That names are unique the graph itself ensures.)
 * @throws GraphdefError `invalid-graph` for the first rule that is broken, naming the node
 */
export function checkInvariants(graph: Graph, { pinned, outputCount }: InvariantOptions): void {
  for (const name of pinned) {
    if (!graph.has(name.node)) {
      throw new GraphdefError('invalid-graph', { what: `the input or output "${name.node}" is gone`, node: name.node })
    }
  }
  const numbered = graph.numbered()
  const { nodes, firstInput, producers } = numbered
  for (const [number, node] of nodes.entries()) {
    for (const [index, input] of node.inputs.entries()) {
      checkInput(node, input, nodes[producers[firstInput[number]! + index]!], outputCount)
    }
  }
  const { left } = executionOrder(graph, numbered)
  if (left.length > 0) {
    const shown = left.slice(0, 5).map((node) => `"${node.name}"`)
    throw new GraphdefError('invalid-graph', {
      what: `${left.length} nodes are in a cycle or behind one: ${shown.join(', ')}${left.length > 5 ? ', …' : ''}`,
      node: left[0]!.name,
    })
  }
}

function checkInput(
  node: Node,
  input: TensorName,
  producer: Node | undefined,
  outputCount: InvariantOptions['outputCount'],
): void {
  if (!producer) {
    throw new GraphdefError('invalid-graph', {
      what: `"${node.name}" reads "${printTensorName(input)}", and there is no such node`,
      node: node.name,
    })
  }
  if (isControl(input)) return
  const count = outputCount(producer)
  if (count !== undefined && input.port >= count) {
    throw new GraphdefError('invalid-graph', {
      what: `"${node.name}" reads "${input.node}:${input.port}", and ${producer.op} has ${count} output${count === 1 ? '' : 's'}`,
      node: node.name,
    })
  }
}
