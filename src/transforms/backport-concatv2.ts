import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { type TensorName, tensorName } from '../graph/tensor-name.js'
import { typeOrDefault } from './attr-default.js'
import { constNode } from './const-node.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

/**
 * Writes ConcatV2 as the older Concat, whose axis stands first, for runtimes from before TensorFlow 1.0.
 *
 *     y = ConcatV2(a, b, axis)   →   y = Concat(axis, a, b)
 */
export const backportConcatV2: Transform = defineTransform({
  name: 'backport_concatv2',
  summary: 'writes ConcatV2 as the older Concat',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'control-inputs',
      historical: 'takes a control input for the axis',
      here: 'the axis is the last data input',
    },
    {
      test: 'int64-axis',
      historical: 'leaves an axis of int64, which Concat does not take',
      here: 'a constant axis is written as int32; with any other the node is left, with a reason',
    },
  ],
  run(graph, _options, context) {
    const replaced = new Set<Node>()
    for (const node of graph.nodes) {
      if (node.op !== 'ConcatV2') continue
      const data = node.dataInputs
      let axis = data.at(-1)
      if (!axis) {
        context.report.skip(node, 'it has no inputs')
        continue
      }
      if (typeOrDefault(node, 'Tidx') !== 'int32') {
        const constant = constantAxis(graph, axis, context)
        if (!constant) {
          context.report.skip(node, 'its axis is int64 and no constant, and Concat takes int32')
          continue
        }
        axis = asInt32(graph, node, constant, context)
        replaced.add(constant)
      }
      graph.setInputs(node, [axis, ...data.slice(0, -1), ...node.controlInputs])
      node.op = 'Concat'
      node.attrs.delete('Tidx')
      context.report.change(node)
    }
    removeUnread(graph, replaced, context)
  },
})

/** The Const that gives the axis, unless another value may be fed in its place. */
function constantAxis(graph: Graph, axis: TensorName, { inputs }: TransformContext): Node | undefined {
  const node = graph.producer(axis)
  if (node?.op !== 'Const' || inputs.some((input) => input.node === node.name)) return undefined
  const tensor = node.attrs.tensor('value')
  return tensor?.dtype === 'int64' && tensor.size === 1 && tensor.problem === undefined ? node : undefined
}

function asInt32(
  graph: Graph,
  reader: Node,
  { attrs, device, inputs }: Node,
  { report }: TransformContext,
): TensorName {
  const value = Tensor.of('int32', [], Int32Array.from(attrs.tensor('value')!.numbers()))
  const node = constNode(graph.freeName(`${reader.name}_axis`), value, { device, controlInputs: inputs })
  report.add(graph.add(node, { before: reader }))
  return tensorName(node.name)
}
