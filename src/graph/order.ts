import type { Graph } from './graph.js'
import type { Node } from './node.js'
import { isControl } from './tensor-name.js'

/** Ops that wait for one of their data inputs only, which is what lets a loop be sorted. */
const mergeOps = new Set(['Merge', 'RefMerge', '_XlaMerge'])

/** The nodes in execution order, and those left over: in a cycle or behind a missing input. */
export interface ExecutionOrder {
  sorted: Node[]
  left: Node[]
}

/**
 * Kahn's algorithm with a stack of ready nodes, exactly as the Graph Transform Tool sorts: of the nodes without
 * inputs the last in the file comes first, of a node's readers the last-listed.
 */
export function executionOrder(graph: Graph): ExecutionOrder {
  const nodes = graph.nodes
  const pending = new Map<Node, number>()
  const readers = new Map<string, Node[]>()
  const ready: Node[] = []
  for (const node of nodes) {
    const { inputs } = node
    pending.set(node, mergeOps.has(node.op) ? inputs.filter(isControl).length + 1 : inputs.length)
    if (inputs.length === 0) ready.push(node)
    for (const input of inputs) {
      const list = readers.get(input.node)
      if (list) list.push(node)
      else readers.set(input.node, [node])
    }
  }
  const sorted: Node[] = []
  const done = new Set<Node>()
  for (let node = ready.pop(); node; node = ready.pop()) {
    sorted.push(node)
    done.add(node)
    for (const reader of readers.get(node.name) ?? []) {
      const left = pending.get(reader)! - 1
      pending.set(reader, left)
      if (left === 0) ready.push(reader)
    }
  }
  return { sorted, left: sorted.length === nodes.length ? [] : nodes.filter((node) => !done.has(node)) }
}
