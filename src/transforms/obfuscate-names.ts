import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { printTensorName } from '../graph/tensor-name.js'
import { followColocation } from './colocation.js'
import { defineTransform, type Transform } from './transform.js'

/** The tag of NodeDef.experimental_debug_info, and of GraphDef.debug_info. */
const nodeDebugInfo = (6 << 3) | 2
const graphDebugInfo = (5 << 3) | 2

/**
 * Gives every node but inputs and outputs a short name, which makes the file smaller and hides what the names tell.
 *
 *     tower/conv1 = Conv2D(x, tower/weights); y = Relu(tower/conv1)   →   1 = Conv2D(x, 0); y = Relu(1)
 */
export const obfuscateNames: Transform = defineTransform({
  name: 'obfuscate_names',
  summary: 'gives nodes short names that tell nothing, but leaves those of inputs and outputs',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'pinned-with-port',
      historical: 'renames an input or output that was named as x:0, so that nobody finds it any more',
      here: 'it keeps its name, as one named x does',
    },
    {
      test: 'colocation',
      historical: 'leaves the old names in _class attributes',
      here: 'they have the new ones',
    },
    {
      test: 'the names in debug information are dropped with the others',
      historical: "leaves the old names in each node's experimental_debug_info",
      here: 'that is dropped; where the graph as a whole has debug_info, a note says so',
    },
  ],
  run(graph, _options, { isPinned, report }) {
    refuseDangling(graph)
    const newNames = new Map<string, string>()
    const nodes = graph.nodes
    let count = 0
    for (const node of nodes) {
      if (isPinned(node)) continue
      let name = base62(count++)
      while (isPinned(name)) name = base62(count++)
      newNames.set(node.name, name)
    }
    for (const node of nodes) graph.remove(node)
    for (const node of nodes) {
      const { inputs } = node
      const name = newNames.get(node.name)
      const renamed = name === undefined || name === node.name ? node : node.renamed(name)
      graph.add(renamed)
      if (inputs.some((input) => newNames.has(input.node))) {
        graph.setInputs(
          renamed,
          inputs.map(({ node: read, port }) => ({ node: newNames.get(read) ?? read, port })),
        )
      }
      const tells = renamed.otherFields.some((record) => record[0] === nodeDebugInfo)
      if (renamed !== node || tells) report.change(renamed)
      if (tells) {
        renamed.otherFields = renamed.otherFields.filter((record) => record[0] !== nodeDebugInfo)
        renamed.touch()
      }
    }
    followColocation(graph, newNames)
    if (graph.envelope.otherFields.some((record) => record[0] === graphDebugInfo)) {
      report.note("the graph's debug_info still has the old names")
    }
  },
})

/** What reads a node that is not there would read whatever gets that name. */
function refuseDangling(graph: Graph): void {
  for (const node of graph.nodes) {
    const missing = node.inputs.find((input) => !graph.has(input.node))
    if (!missing) continue
    throw new GraphdefError('invalid-graph', {
      what: `"${node.name}" reads "${printTensorName(missing)}", and there is no such node`,
      node: node.name,
    })
  }
}

const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** A number in base 62, most significant digit first. */
function base62(value: number): string {
  let text = ''
  do {
    text = digits[value % 62] + text
    value = Math.floor(value / 62)
  } while (value > 0)
  return text
}
