import { withPlace } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { type Command, defineCommand } from './command.js'
import { readModelFile } from './model-file.js'

/** The tool of this name, with its exit statuses: 0 for equal graphs, 1 for different ones, 255 after an error. */
export const compareGraphs: Command = defineCommand({
  name: 'compare_graphs',
  summary: 'tells whether two graphs are equal (status 0) or what differs first (status 1)',
  examples: ['graphdef compare_graphs a.pb b.pbtxt'],
  flags: {},
  operands: [
    { name: 'A', help: 'one model', required: true },
    { name: 'B', help: 'the other', required: true },
  ],
  errorStatus: 255,
  async run(_flags, [a = '', b = ''], terminal) {
    const [first, second] = [await read(a), await read(b)]
    const { graphDifference } = await import('../report/graph-difference.js')
    const difference = graphDifference(first, second)
    terminal.print(difference ?? 'Graphs are equal.')
    return difference === undefined ? 0 : 1
  },
})

async function read(file: string): Promise<Graph> {
  const { readModel } = await import('../codec/read-model.js')
  try {
    return (await readModel(readModelFile(file))).graph
  } catch (error) {
    throw withPlace(error, { file })
  }
}
