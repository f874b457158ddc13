import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { executionOrder } from '../graph/order.js'
import type { TensorName } from '../graph/tensor-name.js'
import { isStateful, opDef } from '../ops/op-defs.js'
import { followColocation, renamedColocation } from './colocation.js'
import { EqualValues } from './equal-values.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'

/**
 * Makes one of nodes that compute the same: equal op, inputs, device and attributes.
 *
 *     a = Const(1); b = Const(1); c = Relu(a); d = Relu(b); y = Add(c, d)   →   a = Const(1); c = Relu(a); y = Add(c, c)
 */
export const mergeDuplicateNodes: Transform = defineTransform({
  name: 'merge_duplicate_nodes',
  summary: 'makes one of nodes that compute the same from the same inputs',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'attributes-by-name',
      historical:
        'looks at the values of attributes without their names: a MatMul with transpose_a and one with transpose_b become one',
      here: 'names count',
    },
    {
      test: 'order',
      historical: 'puts the nodes into the order of their hashes, by which it also chooses the twin that stays',
      here: 'the order stays, and of twins the first',
    },
    {
      test: 'pinned-with-port',
      historical: 'an input or output that was named as x:0 may be merged into another node, and is then gone',
      here: 'it stays, as one named x does',
    },
    {
      test: 'placeholders',
      historical:
        'makes one of two placeholders that are not named as inputs, so that one of them cannot be fed any more',
      here: 'placeholders stay',
    },
    {
      test: 'assignments',
      historical: 'makes one of two equal steps that change a variable, which is then changed once',
      here: 'what reads a variable by reference stays, with a reason',
    },
    {
      test: 'unknown-op',
      historical: 'fails at an op that it does not know, such as a call of a function',
      here: 'such nodes stay, with a reason',
    },
    {
      test: 'stored-forms',
      historical: 'equal tensors in different forms, such as a repeated value and all values, are different',
      here: 'the elements are compared',
    },
    {
      test: 'control-inputs',
      historical: 'control inputs in another order, or given twice, make a difference',
      here: 'they are compared as a set, and what stands twice after a merge is written once',
    },
    {
      test: 'colocation',
      historical: 'leaves the name of a removed node in _class attributes',
      here: 'they name the node that stays, and two nodes that only differed by such a name become one',
    },
  ],
  run(graph, _options, context) {
    const attrTexts = new AttrTexts()
    // A second pass finds what became equal through the end of a loop, which is read at its start.
    while (mergeOnce(graph, attrTexts, context) > 0) {}
  },
})

/** Nodes that compute the same. */
interface Twins {
  /** The first in the graph's order. */
  first: Node
  others: Node[]
}

function mergeOnce(graph: Graph, attrTexts: AttrTexts, context: TransformContext): number {
  const place = new Map(graph.nodes.map((node, index) => [node, index]))
  const twinsByKey = new Map<string, { twins: Twins; name: string }>()
  /** By a node's name, that of the first of its twins that was looked at. */
  const sameAs = new Map<string, string>()
  const { sorted, left } = executionOrder(graph)
  // Inputs first: by the time a node is looked at, it is known which of its inputs are the same.
  for (const node of [...sorted, ...left]) {
    if (!mayMerge(node, context)) continue
    const key = keyOf(node, sameAs, attrTexts)
    const found = twinsByKey.get(key)
    if (!found) {
      twinsByKey.set(key, { twins: { first: node, others: [] }, name: node.name })
      continue
    }
    const { twins, name } = found
    const reason = obstacle(node)
    if (reason !== undefined) {
      for (const twin of [twins.first, node]) context.report.skip(twin, reason)
      continue
    }
    sameAs.set(node.name, name)
    const isFirst = place.get(node)! < place.get(twins.first)!
    twins.others.push(isFirst ? twins.first : node)
    if (isFirst) twins.first = node
  }
  const merged = [...twinsByKey.values()].map(({ twins }) => twins).filter(({ others }) => others.length > 0)
  return apply(graph, merged, context)
}

function mayMerge(node: Node, { isPinned }: TransformContext): boolean {
  return !isPinned(node) && node.op !== 'Placeholder' && node.op !== 'PlaceholderWithDefault'
}

/** Why nodes of an op stay although they look the same. */
function obstacle({ op }: Node): string | undefined {
  const def = opDef(op)
  if (!def) return `it has a twin, but TensorFlow 2.21 has no op "${op}", which may have state`
  if (isStateful(op)) return `it has a twin, but ${op} has state or side effects`
  if (def.inputs.some((input) => input.isRef)) return `it has a twin, but ${op} may change the variable that it reads`
  return undefined
}

/** The same text for nodes that compute the same. */
function keyOf(node: Node, sameAs: ReadonlyMap<string, string>, attrTexts: AttrTexts): string {
  const nameOf = (input: TensorName): string => sameAs.get(input.node) ?? input.node
  const data = node.dataInputs.map((input): [string, number] => [nameOf(input), input.port])
  const read = new Set(data.map(([name]) => name))
  const waited = new Set(node.controlInputs.map(nameOf).filter((name) => !read.has(name)))
  return JSON.stringify([node.op, node.device, data, [...waited].sort(), attrTexts.of(node, sameAs)])
}

/** Nodes' attributes as text: the same text for equal attributes. */
class AttrTexts {
  readonly #values = new EqualValues()
  readonly #texts = new Map<Node, string>()

  of(node: Node, sameAs: ReadonlyMap<string, string>): string {
    const place = node.attrs.get('_class')
    const fixed = this.#withoutPlace(node)
    return place ? `${fixed} ${this.#values.textOf(renamedColocation(place, sameAs))}` : fixed
  }

  /** What does not change from pass to pass, made once. */
  #withoutPlace(node: Node): string {
    let text = this.#texts.get(node)
    if (text !== undefined) return text
    const { attrs } = node
    const names = attrs.names().filter((name) => name !== '_class')
    text = JSON.stringify(names.sort().map((name) => [name, this.#values.textOf(attrs.get(name)!)]))
    this.#texts.set(node, text)
    return text
  }
}

/** Lets the readers of removed twins read the one that stays. */
function apply(graph: Graph, merged: readonly Twins[], { report }: TransformContext): number {
  const newNames = new Map<string, string>()
  for (const { first, others } of merged) {
    for (const twin of others) {
      newNames.set(twin.name, first.name)
      graph.remove(twin)
      report.remove(twin)
    }
  }
  if (newNames.size === 0) return 0
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => newNames.has(input.node))) continue
    const inputs = node.inputs.map(({ node: name, port }): TensorName => ({ node: newNames.get(name) ?? name, port }))
    graph.setInputs(node, tidyInputs(inputs))
    report.change(node)
  }
  followColocation(graph, newNames)
  return newNames.size
}
