import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'

const enters: ReadonlySet<string> = new Set(['Enter', 'RefEnter'])
const exits: ReadonlySet<string> = new Set(['Exit', 'RefExit'])

/** Whether a node stands in a loop: what it needs came in through an Enter and did not leave through an Exit. */
export function isInLoop(graph: Graph, node: Node): boolean {
  const seen = new Set<Node>([node])
  for (const { op, inputs } of seen) {
    if (enters.has(op)) return true
    if (exits.has(op)) continue
    for (const input of inputs) {
      const producer = graph.producer(input)
      if (producer) seen.add(producer)
    }
  }
  return false
}
