import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { TransformContext } from './transform.js'

/** Removes those of the nodes that nobody reads any more and that are no inputs or outputs. */
export function removeUnread(graph: Graph, candidates: Iterable<Node>, { isPinned, report }: TransformContext): void {
  for (const node of candidates) {
    if (graph.get(node.name) !== node || isPinned(node) || graph.readers(node.name).length > 0) continue
    graph.remove(node)
    report.remove(node)
  }
}
