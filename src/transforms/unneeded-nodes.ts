import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { isControl } from '../graph/tensor-name.js'
import { followColocation } from './colocation.js'
import type { TransformContext } from './transform.js'

/**
 * Removes nodes that the outputs no longer need, and with them what reads them, which the outputs do not need either, and what
 * only these read. Who only waited for one of them stays and waits for the rest; a NoOp that waited for nothing else goes.
 * Nodes that RestoreV2 reads or that read it stay as long as it does, which it does always: it may restore other things.
 * @param needed what must stay, with all that it reads
 */
export function removeUnneeded(
  graph: Graph,
  nodes: readonly Node[],
  needed: ReadonlySet<Node>,
  { report }: TransformContext,
): void {
  const removed = new Map<string, undefined>()
  const open = [...nodes]
  for (let node = open.pop(); node; node = open.pop()) {
    if (needed.has(node) || graph.get(node.name) !== node) continue
    for (const reader of graph.readers(node.name)) {
      const rest = reader.inputs.filter((input) => input.node !== node.name)
      const waitsOnly = reader.inputs.every((input) => input.node !== node.name || isControl(input))
      if (waitsOnly && !(reader.op === 'NoOp' && rest.length === 0)) {
        graph.setInputs(reader, rest)
        report.change(reader)
      } else open.push(reader)
    }
    const sources = node.inputs.map((input) => graph.producer(input))
    graph.remove(node)
    report.remove(node)
    removed.set(node.name, undefined)
    for (const source of sources) {
      const isUnread = source && source.op !== 'RestoreV2' && graph.readers(source.name).length === 0
      if (isUnread) open.push(source)
    }
  }
  followColocation(graph, removed)
}
