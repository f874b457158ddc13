import { type Command, defineCommand } from './command.js'
import { names, onOff, requiredPath } from './flags.js'
import { placeholderTypes, stripStep } from './placeholder-type-flag.js'

/** The Python script of this name: the transform strip_unused_nodes alone. */
export const stripUnused: Command = defineCommand({
  name: 'strip_unused',
  summary: 'keeps what the outputs need, and makes placeholders of the inputs',
  examples: [
    'graphdef strip_unused --input_graph=frozen.pb --output_graph=stripped.pb --input_node_names=Mul --output_node_names=softmax',
  ],
  flags: {
    input_graph: requiredPath({ help: 'the model to read' }),
    input_binary: onOff({
      help: 'taken for old command lines: whether it is binary is told from the file',
      default: true,
    }),
    output_graph: requiredPath({ help: 'where the result goes' }),
    output_binary: onOff({ help: "false writes protobuf's text format", default: true }),
    input_node_names: names({ help: 'the tensors that are fed; found where not given' }),
    output_node_names: names({ help: 'the tensors that are asked for; found where not given' }),
    placeholder_type_enum: placeholderTypes('--input_node_names'),
  },
  async run(flags, _operands, terminal) {
    const [{ parseChain }, { optimizeFile }] = await Promise.all([
      import('../chain/parse.js'),
      import('./optimize-file.js'),
    ])
    const { input_node_names: inputs, output_node_names: outputs } = flags
    const chain = parseChain(stripStep(flags.placeholder_type_enum, inputs))
    await optimizeFile(
      {
        source: flags.input_graph,
        target: flags.output_graph,
        request: { chain, inputs, outputs, format: 'graphdef', inline: false },
        asText: !flags.output_binary,
        name: 'strip_unused',
        verbose: false,
      },
      terminal,
    )
  },
})
