import { requiredString, string } from './options.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Removes one attribute from all nodes, or from the nodes of one op.
 *
 *     a = Conv2D[_class](x, w)   →   a = Conv2D(x, w)
 */
export const removeAttribute: Transform = defineTransform({
  name: 'remove_attribute',
  summary: 'removes an attribute from nodes',
  fidelity: 'exact',
  options: {
    attribute_name: requiredString({ help: 'the attribute to remove' }),
    op_name: string({ default: '*', help: 'only nodes of this op; * for all' }),
  },
  run(graph, { attribute_name, op_name }, { report }) {
    for (const node of graph.nodes) {
      if (op_name !== '*' && node.op !== op_name) continue
      if (node.attrs.delete(attribute_name)) report.change(node)
    }
  },
})
