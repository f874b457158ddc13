import { GraphdefError } from '../errors.js'
import { executionOrder } from '../graph/order.js'
import { printTensorName } from '../graph/tensor-name.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Puts each node behind those it reads.
 *
 *     c = Add(a, b); a; b   →   b; a; c
 */
export const sortByExecutionOrder: Transform = defineTransform({
  name: 'sort_by_execution_order',
  summary: 'puts each node behind the nodes it reads',
  fidelity: 'exact',
  // Of nodes without inputs the last comes first, so a second run turns them round.
  idempotent: false,
  options: {},
  run(graph, _options, { report }) {
    for (const node of graph.nodes) {
      const missing = node.inputs.find((input) => !graph.has(input.node))
      if (missing) {
        throw new GraphdefError('invalid-graph', {
          what: `"${node.name}" reads "${printTensorName(missing)}", and there is no such node`,
          node: node.name,
        })
      }
    }
    const { sorted, left } = executionOrder(graph)
    if (left.length > 0) {
      throw new GraphdefError('invalid-graph', {
        what: `${left.length} nodes are in a cycle or behind one`,
        node: left[0]!.name,
      })
    }
    const before = graph.nodes
    graph.reorder(sorted)
    sorted.forEach((node, index) => {
      if (before[index] !== node) report.change(node)
    })
  },
})
