import { GraphdefError, withPlace } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { type Command, defineCommand } from './command.js'
import { choice, custom, requiredNames } from './flags.js'
import { readModelFile } from './model-file.js'

const defaultOps = 'NoOp:NoOp,_Recv:RecvOp,_Send:SendOp'

/** The script of this name, as far as it can be had without TensorFlow's registry of kernels. */
export const printSelectiveRegistrationHeader: Command = defineCommand({
  name: 'print_selective_registration_header',
  summary: 'prints the C++ header ops_to_register.h for the ops of some graphs; it names no kernel classes',
  examples: ['graphdef print_selective_registration_header --graphs=a.pb,b.pb > ops_to_register.h'],
  flags: {
    graphs: requiredNames({ value: 'FILES', help: 'the models, with commas between them' }),
    proto_fileformat: choice(['rawproto', 'textproto'], {
      help: 'taken for old command lines: what a model is, is told from the file',
      default: 'rawproto',
    }),
    default_ops: custom('OPS', (text) => text, {
      help: `ops that are registered whatever the graphs need, as OP or OP:KERNEL, or all; ${defaultOps} where not given`,
    }),
  },
  async run({ graphs, default_ops: always = defaultOps }, _operands, terminal) {
    const { selectiveRegistrationHeader } = await import('../report/selective-registration.js')
    if (always === 'all') {
      terminal.print(selectiveRegistrationHeader('all'))
      return
    }
    const read: Graph[] = []
    for (const file of graphs) read.push(await graphOf(file))
    const names = always.split(',').map((pair) => pair.split(':')[0]!.trim())
    terminal.print(selectiveRegistrationHeader(read, names.filter(Boolean)))
  },
})

/** @throws GraphdefError with the file */
async function graphOf(file: string): Promise<Graph> {
  const { readModel } = await import('../codec/read-model.js')
  try {
    return (await readModel(readModelFile(file))).graph
  } catch (error) {
    throw error instanceof GraphdefError ? withPlace(error, { file }) : error
  }
}
