import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { TransformContext } from './transform.js'

/** Removes those of the nodes that nobody reads any more and that are no inputs or outputs; one of them may read another. */
export function removeUnread(graph: Graph, candidates: Iterable<Node>, { isPinned, report }: TransformContext): void {
  const nodes = [...candidates]
  for (let before = -1; before !== report.removed; ) {
    before = report.removed
    for (const node of nodes) {
      if (graph.get(node.name) !== node || isPinned(node) || graph.readers(node.name).length > 0) continue
      graph.remove(node)
      report.remove(node)
    }
  }
}
