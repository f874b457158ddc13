import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { isControl, type TensorName } from '../graph/tensor-name.js'
import type { TransformContext } from './transform.js'

const mergeOps: ReadonlySet<string> = new Set(['Merge', 'RefMerge', '_XlaMerge'])
const enterOps: ReadonlySet<string> = new Set(['Enter', 'RefEnter'])
const exitOps: ReadonlySet<string> = new Set(['Exit', 'RefExit'])

export function isMerge({ op }: Node): boolean {
  return mergeOps.has(op)
}

/** The nodes of loops: behind an Enter, up to the Exits. */
export function loopNodes(graph: Graph): Set<Node> {
  const found = new Set<Node>()
  const open = graph.nodes.filter(({ op }) => enterOps.has(op))
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node)) continue
    found.add(node)
    if (!exitOps.has(node.op)) open.push(...graph.readers(node.name))
  }
  return found
}

/** What may be computed once it is known which outputs some Switches give. */
export interface LiveTensors {
  nodes: ReadonlySet<Node>
  has(tensor: TensorName): boolean
}

/**
 * Follows the executor's rule: a node runs if all its inputs are there, a Merge if one is. What is fed is there in any case.
 *
 * @param taken the output that each decided Switch gives
 */
export function liveTensors(
  graph: Graph,
  taken: ReadonlyMap<Node, number>,
  { inputs }: Pick<TransformContext, 'inputs'>,
): LiveTensors {
  const fed = new Set(inputs.map(({ node }) => node))
  const nodes = new Set<Node>()
  const has = (input: TensorName): boolean => {
    const producer = graph.producer(input)
    if (!producer || !nodes.has(producer)) return false
    return isControl(input) || (taken.get(producer) ?? input.port) === input.port
  }
  const missing = new Map<Node, number>()
  const open: Node[] = []
  const start = (node: Node): void => {
    if (nodes.has(node)) return
    nodes.add(node)
    open.push(node)
  }
  for (const node of graph.nodes) {
    missing.set(node, node.inputs.length)
    if (node.inputs.length === 0 || fed.has(node.name)) start(node)
  }
  for (let node = open.pop(); node; node = open.pop()) {
    for (const { reader, input } of graph.edgesFrom(node.name)) {
      if (!has(input) || nodes.has(reader)) continue
      const left = missing.get(reader)! - 1
      missing.set(reader, left)
      if (isMerge(reader) ? !isControl(input) : left === 0) start(reader)
    }
  }
  return { nodes, has }
}
