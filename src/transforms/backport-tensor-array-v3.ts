import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { controlInput, isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { conditionalNodes } from './conditional-nodes.js'
import { constNode } from './const-node.js'
import { cannotTransform, defineTransform, type Transform, type TransformContext } from './transform.js'

/** The producer version of a graph from which on TensorFlow refuses TensorArrayV2 and its kin. */
const lastVersionOfV2 = 25

const arrayOps: ReadonlySet<string> = new Set(['TensorArrayV3', 'TensorArrayGradV3'])
const accessOps: ReadonlySet<string> = new Set(
  ['Write', 'Read', 'Gather', 'Scatter', 'Concat', 'Split', 'Size', 'Close'].map((what) => `TensorArray${what}V3`),
)
/** Ops that pass a handle on; their `T` is its dtype. */
const passingOps: ReadonlySet<string> = new Set(['Identity', 'Enter', 'Exit', 'Switch', 'Merge', 'NextIteration'])

/**
 * Writes tensor arrays in their second version, whose handles are texts and which have no flow of their own, for
 * runtimes from before TensorFlow 1.0.
 *
 *     a = TensorArrayV3(n); w = TensorArrayWriteV3(a, i, x, a:1)
 *     →   a = TensorArrayV2(n); a/replacement_flow_node = Const(); w = TensorArrayWriteV2(a, i, x, a/replacement_flow_node)
 */
export const backportTensorArrayV3: Transform = defineTransform({
  name: 'backport_tensor_array_v3',
  summary: 'writes tensor arrays in their second version',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'handle-in-a-loop',
      historical: 'leaves Enter, Switch and others that pass a handle on with T=resource, and the graph does not load',
      here: 'their T becomes string',
    },
    {
      test: 'other-reader',
      historical: 'gives ops without a second version a handle that they cannot read, and the graph does not load',
      here: 'an error that names the node',
    },
    {
      test: 'flow-is-output',
      historical: 'takes away an output of the graph that is the flow',
      here: 'an error that names the node',
    },
    {
      test: 'in-a-branch',
      historical: 'takes the flow out of the branch or loop of its array',
      here: 'a control input keeps it in',
    },
    {
      test: 'backport_tensor_array_v3 tells which TensorFlow takes the result',
      historical:
        'loses the version of the graph, so that TensorFlow 1.0 and later, which refuse the old ops in newer graphs, load it',
      here: 'the version is kept, and a note tells which TensorFlow takes the result',
    },
    {
      test: 'newer-attributes',
      historical: 'keeps identical_element_shapes, which TensorArrayV2 of its time refuses',
      here: 'removed',
    },
    {
      test: 'name-taken',
      historical: 'gives two nodes one name where the name of the flow is taken',
      here: 'another name',
    },
  ],
  run(graph, _options, context) {
    const arrays = graph.nodes.filter((node) => arrayOps.has(node.op))
    const conditional = arrays.length > 0 ? conditionalNodes(graph) : new Set<string>()
    for (const array of arrays) {
      followHandle(graph, array, context)
      replaceFlow(graph, array, conditional.has(array.name), context)
    }
    for (const node of graph.nodes) {
      if (!arrayOps.has(node.op) && !accessOps.has(node.op)) continue
      node.op = `${node.op.slice(0, -1)}2`
      node.attrs.delete('identical_element_shapes')
      context.report.change(node)
    }
    noteVersion(graph, arrays.length, context)
  },
})

/** Whoever passes the handle on must say that it is a text now. */
function followHandle(graph: Graph, array: Node, { report }: TransformContext): void {
  const open = [array]
  const passed = new Set<Node>(open)
  for (let node = open.pop(); node; node = open.pop()) {
    for (const { reader, input } of graph.edgesFrom(node.name)) {
      if (isControl(input) || (node === array && input.port !== 0) || passed.has(reader)) continue
      if (arrayOps.has(reader.op) || accessOps.has(reader.op)) continue
      if (!passingOps.has(reader.op)) {
        throw cannotTransform(reader, `${reader.op} reads the tensor array "${array.name}", and has no second version`)
      }
      passed.add(reader)
      open.push(reader)
      if (reader.attrs.type('T') !== 'resource') continue
      reader.attrs.setType('T', 'string')
      report.change(reader)
    }
  }
}

/** In the place of the flow, which orders reads behind writes, stands a number: what the first write waits for. */
function replaceFlow(
  graph: Graph,
  array: Node,
  isConditional: boolean,
  { inputs, outputs, report }: TransformContext,
): void {
  const isFlow = (name: TensorName): boolean => name.node === array.name && name.port === 1
  if ([...inputs, ...outputs].some(isFlow)) {
    throw cannotTransform(array, 'its output 1 is an input or output of the graph, and the second version has none')
  }
  const flow = constNode(
    graph.freeName(`${array.name}/replacement_flow_node`),
    Tensor.of('float32', [], Float32Array.of(1)),
    { controlInputs: isConditional ? [controlInput(array.name)] : [] },
  )
  for (const reader of graph.readers(array.name)) {
    graph.setInputs(
      reader,
      reader.inputs.map((input) => (isFlow(input) ? tensorName(flow.name) : input)),
    )
  }
  graph.replace(array, [array, flow])
  report.add(flow)
}

function noteVersion(graph: Graph, arrays: number, { report }: TransformContext): void {
  const { producer } = graph.envelope.versions
  if (arrays === 0 || producer <= lastVersionOfV2) return
  report.note(
    `this graph is of version ${producer}, and TensorFlow 1.0 and later take TensorArrayV2 up to ${lastVersionOfV2} only`,
  )
}
