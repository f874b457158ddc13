import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'

/**
 * Removes those of the nodes that nobody reads any more, then what only they read, and so on. Pinned nodes stay.
 * @returns what was removed
 */
export function removeUnreadProducers(
  graph: Graph,
  candidates: Iterable<Node | undefined>,
  isPinned: (node: Node) => boolean,
): Node[] {
  const removed: Node[] = []
  const open = [...candidates]
  while (open.length > 0) {
    const node = open.pop()
    if (!node || graph.get(node.name) !== node || isPinned(node) || graph.readers(node.name).length > 0) continue
    const producers = node.inputs.map((input) => graph.producer(input))
    graph.remove(node)
    removed.push(node)
    open.push(...producers)
  }
  return removed
}
