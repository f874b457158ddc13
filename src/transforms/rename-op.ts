import { didYouMean } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { opDef, opNames } from '../ops/op-defs.js'
import { BadValue, type Option, requiredString } from './options.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'

/**
 * Gives nodes of one op another op, for runtimes that have it under another name.
 *
 *     y = Mul(a, b)   →   y = Multiply(a, b)
 */
export const renameOp: Transform = defineTransform({
  name: 'rename_op',
  summary: 'gives the nodes of one op another op',
  fidelity: 'exact',
  options: {
    old_op_name: requiredString({ help: 'the op to rename' }),
    new_op_name: opName({ help: 'the op that its nodes get' }),
  },
  differences: [
    {
      test: 'rename_op takes the name of an op',
      historical: 'writes any text, even none, and TensorFlow then refuses to load the graph',
      here: 'an error when the chain is read',
    },
    {
      test: 'outputs-differ',
      historical: 'renames to an op without the outputs that are read, and TensorFlow then refuses to load the graph',
      here: 'an error that names the node',
    },
  ],
  run(graph, { old_op_name: from, new_op_name: to }, context) {
    if (from === to) return
    noteUnknownOps(graph, from, to, context)
    for (const node of graph.nodes) {
      if (node.op !== from) continue
      node.op = to
      context.report.change(node)
    }
  },
})

/** Both names may be of ops that a runtime adds; all the same they may be slips. */
function noteUnknownOps(graph: Graph, from: string, to: string, { report }: TransformContext): void {
  const present = new Set(graph.nodes.map((node) => node.op))
  if (!present.has(from))
    report.note([`there is no node of op "${from}"`, didYouMean(from, present)].filter(Boolean).join(', '))
  else if (!opDef(to) && !graph.envelope.functionNames.has(to)) {
    report.note([`TensorFlow has no op "${to}"`, didYouMean(to, opNames())].filter(Boolean).join(', '))
  }
}

function opName(declaration: { help: string }): Option<string> {
  const option = requiredString(declaration)
  return {
    ...option,
    parse(texts) {
      const name = option.parse(texts)
      // Namespaces are written `Vendor>Op`.
      if (/^[A-Za-z_][A-Za-z0-9_.\-/>]*$/.test(name)) return name
      throw new BadValue(`"${name}" cannot be the name of an op`)
    },
  }
}
