import { withPlace } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Tensor } from '../graph/tensor.js'
import { type Command, defineCommand } from './command.js'
import { integer, requiredPath } from './flags.js'
import { readModelFile, writeModelFile } from './model-file.js'

/** The tool of this name: a GraphDef becomes a package whose large constants can be mapped into memory. */
export const convertGraphdefMemmappedFormat: Command = defineCommand({
  name: 'convert_graphdef_memmapped_format',
  summary: 'converts a graph to a memory-mapped package',
  examples: ['graphdef convert_graphdef_memmapped_format --in_graph=frozen.pb --out_graph=frozen.pbmm'],
  flags: {
    in_graph: requiredPath({ help: 'the model to read' }),
    out_graph: requiredPath({ help: 'where the package goes' }),
    min_conversion_tensor_size: integer({
      help: 'constants of fewer bytes stay in the graph',
      default: 10_000,
      minimum: 1,
    }),
  },
  async run({ in_graph, out_graph, min_conversion_tensor_size: minimumSize }, _operands, terminal) {
    const bytes = readModelFile(in_graph)
    try {
      const [{ readModel }, { mappedConstants, writeMemmapped }] = await Promise.all([
        import('../codec/read-model.js'),
        import('../codec/memmapped.js'),
      ])
      const { graph } = await readModel(bytes)
      const { size } = mappedConstants(graph, { minimumSize })
      await writeModelFile(out_graph, writeMemmapped(graph, { minimumSize }).list)
      terminal.print(`Converted ${size} nodes${size === 0 ? `: ${whyNone(graph, minimumSize)}` : ''}`)
    } catch (error) {
      throw withPlace(error, { file: in_graph })
    }
  },
})

/** Why a graph has no constant to convert. */
function whyNone(graph: Graph, minimumSize: number): string {
  const tensors = graph.nodes.flatMap((node): Tensor[] => {
    const tensor = node.op === 'Const' ? node.attrs.tensor('value') : undefined
    return tensor ? [tensor] : []
  })
  const large = tensors.filter((tensor) => tensor.byteLength >= minimumSize)
  if (large.length > 0) {
    const types = [...new Set(large.map((tensor) => tensor.dtype))].sort().join(', ')
    return `constants of ${minimumSize} bytes or more are all of types that cannot be mapped (${types})`
  }
  const largest = Math.max(0, ...tensors.map((tensor) => tensor.byteLength))
  return `the largest constant has ${largest} bytes, and --min_conversion_tensor_size is ${minimumSize}`
}
