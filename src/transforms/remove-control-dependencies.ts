import type { Graph } from '../graph/graph.js'
import { isControl, type TensorName } from '../graph/tensor-name.js'
import { conditionalNodes, switchOps } from './conditional-nodes.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Removes control inputs. What only they reached stays; strip_unused_nodes takes it away.
 *
 *     b = Relu(a, ^c)   →   b = Relu(a)
 */
export const removeControlDependencies: Transform = defineTransform({
  name: 'remove_control_dependencies',
  summary: 'removes control inputs from all nodes',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'in-a-branch',
      historical:
        'takes a constant out of the loop or branch that only a control input puts it in; the graph then fails',
      here: 'such a control input stays, with a reason',
    },
  ],
  run(graph, _options, { report }) {
    const conditional = conditionalNodes(graph)
    for (const node of graph.nodes) {
      const data = node.dataInputs
      if (data.length === node.inputs.length) continue
      const inPlace = data.some((input) => isConditional(graph, conditional, input))
      const kept = inPlace ? [] : node.controlInputs.filter((input) => conditional.has(input.node))
      if (kept[0]) report.skip(node, `only the control input ^${kept[0].node} puts it in its loop or branch`)
      if (kept.length === node.controlInputs.length) continue
      graph.setInputs(node, [...data, ...kept])
      report.change(node)
    }
  },
})

function isConditional(graph: Graph, conditional: ReadonlySet<string>, input: TensorName): boolean {
  return conditional.has(input.node) || (!isControl(input) && switchOps.has(graph.producer(input)?.op ?? ''))
}
