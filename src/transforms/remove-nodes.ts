import { didYouMean } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { opDef, opNames } from '../ops/op-defs.js'
import { int, strings } from './options.js'
import { spliceAll } from './splice.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'

/**
 * Takes nodes of some ops out: whoever read them reads their first input instead.
 *
 *     i = Identity(x, ^c); y = Relu(i)   →   y = Relu(x, ^c)
 */
export const removeNodes: Transform = defineTransform({
  name: 'remove_nodes',
  summary: 'takes out nodes of some ops, so that their readers read what they read',
  fidelity: 'exact',
  options: {
    op: strings({ required: true, help: 'the op to remove, or several as "Identity|CheckNumerics", or * for any' }),
    max_inputs: int({ default: 1, help: 'nodes with more data inputs stay; of several inputs the first takes over' }),
  },
  differences: [
    {
      test: 'control-inputs-move',
      historical: 'drops the control inputs of the removed node',
      here: 'they move to its readers',
    },
    {
      test: 'later-port-read',
      historical: 'leaves inputs such as i:1 dangling, and the run fails',
      here: 'the node stays, with a reason',
    },
    {
      test: 'other-producers-stay',
      historical: 'deletes the producers of the second input and later ones, even outputs of the graph',
      here: 'they stay; strip_unused_nodes takes away what nobody reads',
    },
    {
      test: 'output-on-the-same-input',
      historical:
        'leaves a removable node when an output of the same op reads the same node and stands later in the file',
      here: 'the order of the file makes no difference',
    },
    {
      test: 'branch-pivot',
      historical: 'moves a control input from one branch of a Switch to the Switch, so that both branches run',
      here: 'the node stays, with a reason',
    },
    {
      test: 'duplicate-inputs',
      historical: 'leaves control inputs that stand twice or beside a data input of the same node',
      here: 'each stands once',
    },
  ],
  run(graph, { op: patterns, max_inputs }, context) {
    noteUnknownOps(graph, patterns, context)
    const ops = new Set(patterns.flatMap((pattern) => pattern.split('|')))
    const any = patterns.includes('*')
    const inputCount = (node: Node): number => node.dataInputs.length
    spliceAll(
      graph,
      context,
      (node) => (any ? inputCount(node) <= max_inputs : ops.has(node.op)) && inputCount(node) > 0,
      (node) => {
        const count = inputCount(node)
        if (count <= max_inputs) return undefined
        return `it has ${count} data input${count === 1 ? '' : 's'}, and max_inputs is ${max_inputs}`
      },
    )
  },
})

/** An op that no node has is fine, unless it is one that does not exist. */
function noteUnknownOps(graph: Graph, patterns: readonly string[], { report }: TransformContext): void {
  const unknown = patterns.flatMap((pattern) => pattern.split('|')).filter((op) => op !== '*' && !opDef(op))
  if (unknown.length === 0) return
  const inGraph = new Set(graph.nodes.map((node) => node.op))
  for (const op of unknown) {
    if (inGraph.has(op)) continue
    report.note([`there is no op "${op}"`, didYouMean(op, opNames())].filter(Boolean).join(', '))
  }
}
