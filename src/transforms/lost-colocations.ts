import type { Graph } from '../graph/graph.js'
import { followColocation } from './colocation.js'

/** Runs an edit, and takes the names of nodes that it removed out of `_class`. */
export function dropLostColocations(graph: Graph, edit: () => void): void {
  const before = graph.nodes.map(({ name }) => name)
  edit()
  const gone = before.filter((name) => !graph.has(name))
  if (gone.length > 0) followColocation(graph, new Map(gone.map((name) => [name, undefined])))
}
