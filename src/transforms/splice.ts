import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { controlInput, isControl, printTensorName, type TensorName } from '../graph/tensor-name.js'
import { switchOps } from './conditional-nodes.js'
import type { TransformContext } from './transform.js'

const mergeOps: ReadonlySet<string> = new Set(['Merge', 'RefMerge'])
const controlFlowOps: ReadonlySet<string> = new Set([
  ...switchOps,
  ...mergeOps,
  ...['Enter', 'Exit', 'NextIteration', 'LoopCond', 'RefEnter', 'RefExit', 'RefNextIteration'],
])

/**
 * Takes out every wanted node, so that its readers read its first data input instead and get its control inputs.
 * Repeats until nothing changes; what stays is reported. `obstacle` gives further reasons to stay.
 */
export function spliceAll(
  graph: Graph,
  context: TransformContext,
  wanted: (node: Node) => boolean,
  obstacle: (node: Node) => string | undefined,
): void {
  const { report } = context
  let stayed = new Map<Node, string>()
  for (let before = -1; before !== report.removed; ) {
    before = report.removed
    stayed = new Map()
    for (const node of graph.nodes) {
      if (!wanted(node)) continue
      const reason = obstacle(node) ?? spliceObstacle(graph, node, context)
      if (reason !== undefined) {
        stayed.set(node, reason)
        continue
      }
      splice(graph, node)
      report.remove(node)
    }
  }
  for (const [node, reason] of stayed) report.skip(node, reason)
}

function spliceObstacle(graph: Graph, node: Node, { isPinned }: TransformContext): string | undefined {
  if (isPinned(node)) return 'it is an input or output of the graph'
  if (controlFlowOps.has(node.op)) return `${node.op} is control flow`
  const [target] = node.dataInputs
  const producer = graph.producer(target)
  if (!target || !producer) return 'there is nothing for its readers to read instead'
  if (producer === node) return 'it reads itself'
  const held = node.controlInputs[0]
  for (const { reader, input } of graph.edgesFrom(node.name)) {
    if (input.port > 0) return `"${reader.name}" reads its output ${input.port}`
    // A control input on a Switch would be satisfied in both branches, one on the node is in its branch only.
    if (isControl(input) && switchOps.has(producer.op)) {
      return `the control input of "${reader.name}" on it stands for a branch of the ${producer.op} "${producer.name}"`
    }
    // A Merge waits for one data input, but for all control inputs.
    if (held && mergeOps.has(reader.op)) {
      return `its control input ${printTensorName(held)} cannot move to the Merge "${reader.name}"`
    }
  }
  return undefined
}

function splice(graph: Graph, node: Node): void {
  const target = node.dataInputs[0]!
  const held = node.controlInputs
  for (const reader of graph.readers(node.name)) {
    const inputs = reader.inputs.map((input): TensorName => {
      if (input.node !== node.name) return input
      return isControl(input) ? controlInput(target.node) : target
    })
    graph.setInputs(reader, tidyInputs([...inputs, ...held]))
  }
  graph.remove(node)
}
