import type { Graph } from '../../src/graph/graph.js'
import type { Node } from '../../src/graph/node.js'
import { isControl, printTensorName, type TensorName } from '../../src/graph/tensor-name.js'

/**
 * Takes a graph's Switches of a constant predicate for what they are when it runs, which our evaluator does not know: one of their
 * outputs never comes, and neither does what waits for it, up to a Merge, which passes on the input that comes. What never comes is
 * made an op that cannot be computed.
 * @param fed nodes whose outputs are fed, and come whatever they read
 */
export function decideBranches(graph: Graph, fed: ReadonlySet<string>): void {
  const dead = new Set<string>()
  const decided = new Map<string, TensorName>()
  const isDead = (input: TensorName): boolean => dead.has(isControl(input) ? `^${input.node}` : printTensorName(input))
  for (const node of inputsFirst(graph)) {
    if (fed.has(node.name)) continue
    const taken = node.op === 'Switch' ? takenOutput(graph, node) : undefined
    const coming = node.op === 'Merge' ? node.dataInputs.filter((input) => !isDead(input)) : []
    const waits = node.op === 'Merge' ? node.controlInputs : node.inputs
    if (waits.some(isDead) || (node.op === 'Merge' && coming.length === 0)) {
      for (const name of [`^${node.name}`, node.name, `${node.name}:1`]) dead.add(name)
      node.op = 'NeverComes'
    } else if (taken !== undefined) {
      dead.add(printTensorName({ node: node.name, port: 1 - taken }))
      decided.set(printTensorName({ node: node.name, port: taken }), node.dataInputs[0]!)
    } else if (node.op === 'Merge' && coming.length === 1) decided.set(node.name, coming[0]!)
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => (isControl(input) ? input : follow(input, decided)))
    graph.setInputs(node, inputs)
  }
  for (const [name, input] of decided) {
    const node = graph.get(name)
    if (node?.op !== 'Merge') continue
    node.op = 'Identity'
    graph.setInputs(node, [follow(input, decided)])
  }
}

function follow(input: TensorName, decided: ReadonlyMap<string, TensorName>): TensorName {
  const to = decided.get(printTensorName(input))
  return to ? follow(to, decided) : input
}

/** The output of a Switch that comes; undefined where its predicate is no constant. */
function takenOutput(graph: Graph, node: Node): 0 | 1 | undefined {
  let predicate = graph.producer(node.dataInputs[1])
  while (predicate?.op === 'Identity') predicate = graph.producer(predicate.dataInputs[0])
  const value = predicate?.op === 'Const' ? predicate.attrs.tensor('value') : undefined
  return value?.dtype === 'bool' ? ((value.numbers()[0] ?? 0) > 0 ? 1 : 0) : undefined
}

/** The nodes, each behind what it reads; those of loops are left out. */
function inputsFirst(graph: Graph): Node[] {
  const sorted = new Set<Node>()
  for (let before = -1; before !== sorted.size; ) {
    before = sorted.size
    for (const node of graph.nodes) {
      if (node.inputs.every((input) => sorted.has(graph.get(input.node)!))) sorted.add(node)
    }
  }
  return [...sorted]
}
