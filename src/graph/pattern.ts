import type { Graph } from './graph.js'
import type { Node } from './node.js'

/**
 * What a node and its data inputs must be: an op, several (`Conv2D|MatMul`) or any (`*`). Without `inputs` nothing is
 * said about them; with it their number must be right. Control inputs and ports are not looked at.
 */
export interface Pattern {
  op: string
  inputs?: readonly Pattern[]
}

/** A node that fits, with what its inputs matched. */
export interface Match {
  node: Node
  inputs: readonly Match[]
}

const opSets = new Map<string, ReadonlySet<string>>()

function opMatches(pattern: string, op: string): boolean {
  if (pattern === '*' || pattern === op) return true
  if (!pattern.includes('|')) return false
  let ops = opSets.get(pattern)
  if (!ops) opSets.set(pattern, (ops = new Set(pattern.split('|'))))
  return ops.has(op)
}

/** The match of a pattern at a node, or undefined. A node may appear twice within one match. */
export function match(graph: Graph, node: Node, pattern: Pattern): Match | undefined {
  if (!opMatches(pattern.op, node.op)) return undefined
  if (!pattern.inputs) return { node, inputs: [] }
  const data = node.dataInputs
  if (data.length !== pattern.inputs.length) return undefined
  const inputs: Match[] = []
  for (const [index, inner] of pattern.inputs.entries()) {
    const producer = graph.producer(data[index])
    const found = producer && match(graph, producer, inner)
    if (!found) return undefined
    inputs.push(found)
  }
  return { node, inputs }
}

/** Every node of the graph at which the pattern matches, in the graph's order. */
export function matches(graph: Graph, pattern: Pattern): Match[] {
  const found: Match[] = []
  for (const node of graph.nodes) {
    const here = match(graph, node, pattern)
    if (here) found.push(here)
  }
  return found
}
