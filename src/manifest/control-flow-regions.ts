import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'

/** Where a node stands whose value cannot be asked for: it exists once a turn of a loop, or only if a condition holds. */
export type Region = 'loop' | 'branch'

const enters: ReadonlySet<string> = new Set(['Enter', 'RefEnter'])
const exits: ReadonlySet<string> = new Set(['Exit', 'RefExit'])
const switches: ReadonlySet<string> = new Set(['Switch', 'RefSwitch', '_SwitchN'])
const merges: ReadonlySet<string> = new Set(['Merge', 'RefMerge'])

/** The nodes within loops (behind Enter, before Exit) and within the branches of conditions (behind Switch, before Merge). */
export function controlFlowRegions(graph: Graph): ReadonlyMap<Node, Region> {
  const regions = new Map<Node, Region>()
  const nodes = graph.nodes
  spread(graph, regions, 'loop', enters, exits, nodes)
  spread(graph, regions, 'branch', switches, merges, nodes)
  return regions
}

function spread(
  graph: Graph,
  regions: Map<Node, Region>,
  region: Region,
  begins: ReadonlySet<string>,
  ends: ReadonlySet<string>,
  nodes: readonly Node[],
): void {
  const open = nodes.filter(({ op }) => begins.has(op))
  for (let node = open.pop(); node; node = open.pop()) {
    if (ends.has(node.op) || regions.has(node)) continue
    regions.set(node, region)
    open.push(...graph.readers(node.name))
  }
}
