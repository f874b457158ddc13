import { withPlace } from '../errors.js'
import { type Command, defineCommand } from './command.js'
import { onOff, requiredPath } from './flags.js'
import { readModelFile } from './model-file.js'

/** The tool of this name, with its very lines. */
export const summarizeGraph: Command = defineCommand({
  name: 'summarize_graph',
  summary: 'prints what is in a graph as the historical tool did; inspect says more',
  examples: ['graphdef summarize_graph --in_graph=frozen.pb'],
  flags: {
    in_graph: requiredPath({ help: 'the model to read' }),
    print_structure: onOff({ help: 'prints every node with its inputs', default: false }),
  },
  errorStatus: 255,
  async run({ in_graph: file, print_structure }, _operands, terminal) {
    try {
      const [{ readModel }, { graphSummary, graphStructure }] = await Promise.all([
        import('../codec/read-model.js'),
        import('../report/graph-summary.js'),
      ])
      const { graph } = await readModel(readModelFile(file))
      for (const line of graphSummary(graph, file)) terminal.print(line)
      if (print_structure) for (const line of graphStructure(graph)) terminal.print(line)
    } catch (error) {
      throw withPlace(error, { file })
    }
  },
})
