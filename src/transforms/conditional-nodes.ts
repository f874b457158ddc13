import type { Graph } from '../graph/graph.js'
import { isControl } from '../graph/tensor-name.js'

/** Ops each of whose outputs is alive or dead for itself. */
export const switchOps: ReadonlySet<string> = new Set(['Switch', 'RefSwitch', '_SwitchN'])

const enterOps: ReadonlySet<string> = new Set(['Enter', 'RefEnter'])

/**
 * Names of the nodes that may run in a loop's iterations or in the taken branch of a condition only. Where the loop or
 * condition ends is not looked for, so that what comes behind it is among them too.
 */
export function conditionalNodes(graph: Graph): Set<string> {
  const found = new Set<string>()
  const open: string[] = []
  for (const node of graph.nodes) {
    if (enterOps.has(node.op)) found.add(node.name)
    if (enterOps.has(node.op) || switchOps.has(node.op)) open.push(node.name)
  }
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    // A control input on a Switch waits for neither branch, and both run.
    const always = switchOps.has(graph.get(name)!.op) && !found.has(name)
    for (const { reader, input } of graph.edgesFrom(name)) {
      if (found.has(reader.name) || (always && isControl(input))) continue
      found.add(reader.name)
      open.push(reader.name)
    }
  }
  return found
}
