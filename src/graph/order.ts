import type { Graph, NumberedGraph } from './graph.js'
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
 *
 * Over numbers in typed arrays: with a map of nodes and an array of readers for each, 100,000 nodes took nine times as long a
 * node as 1,000, nearly all of it for the garbage collector.
 *
 * @param numbered the graph by numbers, where the caller has it already
 */
export function executionOrder(graph: Graph, numbered: NumberedGraph = graph.numbered()): ExecutionOrder {
  const { nodes, firstInput } = numbered
  const { firstReader, readers } = readersOf(numbered)
  const pending = new Int32Array(nodes.length)
  // Each node becomes ready once.
  const ready = new Int32Array(nodes.length)
  let count = 0
  for (const [index, { op, inputs }] of nodes.entries()) {
    const inputCount = firstInput[index + 1]! - firstInput[index]!
    pending[index] = mergeOps.has(op) ? inputs.filter(isControl).length + 1 : inputCount
    if (inputCount === 0) ready[count++] = index
  }
  const sorted: Node[] = []
  const isSorted = new Uint8Array(nodes.length)
  while (count > 0) {
    const index = ready[--count]!
    sorted.push(nodes[index]!)
    isSorted[index] = 1
    for (let at = firstReader[index]!; at < firstReader[index + 1]!; at++) {
      const reader = readers[at]!
      if (--pending[reader]! === 0) ready[count++] = reader
    }
  }
  return { sorted, left: sorted.length === nodes.length ? [] : nodes.filter((_, index) => isSorted[index] === 0) }
}

/** Who reads each node: a reader for each input that it is read by, in the order of the graph. */
function readersOf({ nodes, firstInput, producers }: NumberedGraph): { firstReader: Int32Array; readers: Int32Array } {
  const firstReader = new Int32Array(nodes.length + 1)
  for (const producer of producers) if (producer >= 0) firstReader[producer + 1]!++
  for (let index = 0; index < nodes.length; index++) firstReader[index + 1]! += firstReader[index]!
  const readers = new Int32Array(firstReader[nodes.length]!)
  const next = firstReader.slice()
  for (let index = 0; index < nodes.length; index++) {
    for (let edge = firstInput[index]!; edge < firstInput[index + 1]!; edge++) {
      const producer = producers[edge]!
      if (producer >= 0) readers[next[producer]!++] = index
    }
  }
  return { firstReader, readers }
}
