import { didYouMean, GraphdefError } from '../errors.js'
import { baseDataType, type DataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import type { TensorName } from '../graph/tensor-name.js'
import { runOnConstants } from '../kernels/run-on-constants.js'
import { outputTypes } from '../ops/op-defs.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'
import { dataTypes, type OptionsOf, optionalDataType, optionalShape, shapes, strings } from './options.js'
import { defineTransform, type Reporter, type Transform } from './transform.js'

const options = {
  type: optionalDataType({ help: 'the data type of inputs that become placeholders; by default the one they have' }),
  shape: optionalShape({ help: 'the shape of inputs that become placeholders; by default the one they have' }),
  name: strings({ help: 'an input that type_for_name and shape_for_name are about' }),
  type_for_name: dataTypes({ help: 'its data type, as many times as name' }),
  shape_for_name: shapes({ help: 'its shape, as many times as name' }),
}

/**
 * Removes what no output needs. An input that is computed becomes a placeholder, so that what it was computed from is
 * not needed either.
 *
 *     x = Relu(a); y = Relu(x); z = Relu(y)   →   x = Placeholder(); y = Relu(x)      with input x, output y
 */
export const stripUnusedNodes: Transform = defineTransform({
  name: 'strip_unused_nodes',
  summary: 'removes what no output needs, and turns inputs into placeholders',
  fidelity: 'exact',
  options,
  differences: [
    {
      test: 'input-keeps-type-and-shape',
      historical: 'a new placeholder is a float scalar where type and shape are not given',
      here: 'it has the data type and shape of the node it replaces, as far as they can be told',
    },
    {
      test: 'input-keeps-device',
      historical: 'a new placeholder has no device',
      here: 'it has that of the node it replaces',
    },
    {
      test: 'unknown-dimension',
      historical: 'aborts on a shape with -1',
      here: 'the dimension is unknown',
    },
    {
      test: 'later-port-read',
      historical: 'leaves inputs such as x:1 dangling where x becomes a placeholder, and the run fails',
      here: 'such an input stays as it is, with a reason',
    },
    {
      test: 'types-without-shapes',
      historical: 'name needs type_for_name and shape_for_name both',
      here: 'one of the two is enough',
    },
  ],
  run(graph, given, { inputs, outputs, report }) {
    for (const output of outputs) if (!graph.has(output.node)) throw unknownName(graph, output, 'output')
    const replaced = new Set<Node>()
    for (const input of inputs) {
      const node = graph.get(input.node)
      if (!node) throw unknownName(graph, input, 'input')
      if (node.op !== 'Placeholder') replaced.add(node)
    }
    const ends = [...outputs, ...inputs].map((name) => name.node)
    keepReadLater(graph, replaced, ends, report)
    if (replaced.size > 0) replaceByPlaceholders(graph, replaced, given)
    const needed = graph.reachableFrom(ends)
    for (const node of graph.nodes) {
      if (needed.has(node)) continue
      graph.remove(node)
      report.remove(node)
    }
    for (const node of replaced) report.change(node)
  },
})

/** Takes out the inputs that cannot be placeholders, as something that is needed reads a later output of them. */
function keepReadLater(graph: Graph, replaced: Set<Node>, ends: readonly string[], report: Reporter): void {
  for (let before = 0; before !== replaced.size; ) {
    before = replaced.size
    const needed = graph.reachableFrom(ends, (node) => replaced.has(node))
    for (const node of replaced) {
      const later = graph.edgesFrom(node.name).find(({ input, reader }) => input.port > 0 && needed.has(reader))
      if (!later) continue
      report.skip(node, `"${later.reader.name}" reads its output ${later.input.port}; a placeholder has one`)
      replaced.delete(node)
    }
  }
}

type Given = OptionsOf<typeof options>

/** What is known of the inputs' types and shapes, the given before the inferred. */
function replaceByPlaceholders(graph: Graph, nodes: ReadonlySet<Node>, given: Given): void {
  checkLists(given)
  let inferred: ShapeMap | undefined
  const shapeOf = (node: Node): Shape => {
    if (given.shape !== undefined) return given.shape
    inferred ??= inferShapes(graph, { evaluate: runOnConstants, fed: new Set([...nodes].map(({ name }) => name)) })
    return inferred.shapesOf(node)[0] ?? node.attrs.list('_output_shapes')?.shape?.[0] ?? null
  }
  for (const node of nodes) {
    const index = given.name.lastIndexOf(node.name)
    const type = given.type_for_name[index] ?? given.type ?? typeOf(node)
    const placeholder = new Node({ name: node.name, op: 'Placeholder', device: node.device })
    placeholder.attrs.setType('dtype', type)
    placeholder.attrs.setShape('shape', index in given.shape_for_name ? given.shape_for_name[index]! : shapeOf(node))
    graph.replace(node, [placeholder])
  }
}

function typeOf(node: Node): DataType {
  return baseDataType(outputTypes(node)?.[0] ?? 'float32')
}

function checkLists({ name, type_for_name, shape_for_name }: Given): void {
  const lists = Object.entries({ type_for_name, shape_for_name })
  for (const [option, list] of lists) {
    if (list.length === 0 || list.length === name.length) continue
    throw new GraphdefError('bad-option', {
      what: `${option} is given ${times(list.length)} and name ${times(name.length)}`,
      remedy: `Give one ${option} for every name: strip_unused_nodes(name=a, ${option}=..., name=b, ${option}=...).`,
    })
  }
  if (name.length > 0 && lists.every(([, list]) => list.length === 0)) {
    throw new GraphdefError('bad-option', {
      what: 'name is given without type_for_name and shape_for_name',
      remedy:
        'Say what the placeholder is to be: strip_unused_nodes(name=a, type_for_name=int32, shape_for_name="1,2").',
    })
  }
}

function times(count: number): string {
  return ['never', 'once', 'twice'][count] ?? `${count} times`
}

function unknownName(graph: Graph, { node }: TensorName, kind: 'input' | 'output'): GraphdefError {
  return new GraphdefError(`unknown-${kind}`, {
    what: `the ${kind} "${node}" is not in the graph`,
    remedy: didYouMean(
      node,
      graph.nodes.map((known) => known.name),
    ),
  })
}
