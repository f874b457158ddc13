import { requiredString, string } from './options.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Gives an attribute another name, in all nodes or in the nodes of one op.
 *
 *     a = Conv2D[filter=3](x, w)   →   a = Conv2D[size=3](x, w)
 */
export const renameAttribute: Transform = defineTransform({
  name: 'rename_attribute',
  summary: 'renames an attribute of nodes',
  fidelity: 'exact',
  options: {
    old_attribute_name: requiredString({ help: 'the attribute to rename' }),
    new_attribute_name: requiredString({ help: 'its new name' }),
    op_name: string({ default: '*', help: 'only nodes of this op; * for all' }),
  },
  differences: [
    {
      test: 'name-taken',
      historical: 'loses the value where the node has an attribute of the new name already',
      here: 'the node keeps both, with a reason',
    },
    {
      test: 'rename_attribute takes op_name once',
      historical: 'of several op_name only the first counts',
      here: 'an error when the chain is read',
    },
  ],
  run(graph, { old_attribute_name: from, new_attribute_name: to, op_name }, { report }) {
    if (from === to) return
    for (const node of graph.nodes) {
      if (op_name !== '*' && node.op !== op_name) continue
      const value = node.attrs.get(from)
      if (!value) continue
      if (node.attrs.has(to)) {
        report.skip(node, `it has an attribute "${to}" already`)
        continue
      }
      node.attrs.delete(from)
      node.attrs.set(to, value)
      report.change(node)
    }
  },
})
