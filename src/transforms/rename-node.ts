import { didYouMean } from '../errors.js'
import type { TensorName } from '../graph/tensor-name.js'
import { followColocation } from './colocation.js'
import { BadValue, type Option, requiredString } from './options.js'
import { cannotTransform, defineTransform, type Transform } from './transform.js'

/**
 * Renames one node wherever it is named.
 *
 *     a = Split(d, x); y = Add(a, a:1)   →   parts = Split(d, x); y = Add(parts, parts:1)
 */
export const renameNode: Transform = defineTransform({
  name: 'rename_node',
  summary: 'renames one node and whatever reads it',
  fidelity: 'exact',
  // A second run finds its new name taken, by itself.
  idempotent: false,
  options: {
    old_node_name: requiredString({ help: 'the node to rename' }),
    new_node_name: nodeName({ help: 'its new name, which no node has yet' }),
  },
  differences: [
    {
      test: 'input-and-output',
      historical: 'renames inputs and outputs, which later steps and the app then look for in vain',
      here: 'they keep their names, with a reason',
    },
    {
      test: 'colocation',
      historical: 'leaves the old name in "_class", and TensorFlow then refuses to load the graph',
      here: 'it is renamed there too',
    },
    {
      test: 'rename_node takes a name that a node may have',
      historical: 'takes any text: crashes on none, leaves inputs dangling on one with a colon',
      here: 'an error when the chain is read',
    },
  ],
  run(graph, { old_node_name: from, new_node_name: to }, { isPinned, report }) {
    if (graph.has(to)) throw cannotTransform(graph.get(to)!, `a node has the name "${to}" already`)
    const node = graph.get(from)
    if (!node) {
      const names = graph.nodes.map(({ name }) => name)
      report.note([`there is no node "${from}"`, didYouMean(from, names)].filter(Boolean).join(', '))
      return
    }
    if (isPinned(node)) {
      report.skip(node, 'it is an input or output of the graph')
      return
    }
    const renamed = node.renamed(to)
    graph.replace(node, [renamed])
    const follow = (input: TensorName): TensorName => (input.node === from ? { node: to, port: input.port } : input)
    for (const reader of graph.readers(from)) graph.setInputs(reader, reader.inputs.map(follow))
    followColocation(graph, new Map([[from, to]]))
    report.change(renamed)
  },
})

/** What TensorFlow takes as a name when it loads a graph. */
const validName = /^[A-Za-z0-9.][A-Za-z0-9_./>-]*$/

function nodeName(declaration: { help: string }): Option<string> {
  const option = requiredString(declaration)
  return {
    ...option,
    parse(texts) {
      const name = option.parse(texts)
      if (validName.test(name)) return name
      throw new BadValue(`"${name}" cannot be the name of a node`)
    },
  }
}
