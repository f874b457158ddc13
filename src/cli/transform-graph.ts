import { type Command, defineCommand } from './command.js'
import { feeds } from './feed-flag.js'
import { names, onOff, requiredChain, requiredPath } from './flags.js'
import { inputShapes } from './input-shape-flag.js'
import { targetFlag } from './target-flag.js'

/** The Graph Transform Tool's own command line. */
export const transformGraph: Command = defineCommand({
  name: 'transform_graph',
  summary: 'runs a chain of transforms on a frozen graph',
  examples: [
    'graphdef transform_graph --in_graph=frozen.pb --out_graph=optimized.pb --transforms=deploy',
    `graphdef transform_graph --in_graph=frozen.pb --out_graph=optimized.pb --inputs=Mul --outputs=softmax --transforms='
    strip_unused_nodes(type=float, shape="1,299,299,3")
    fold_constants(ignore_errors=true)
    fold_batch_norms'`,
  ],
  flags: {
    in_graph: requiredPath({
      help: 'the model to read: a GraphDef (binary or text, also gzipped) or a memmapped package',
    }),
    out_graph: requiredPath({ help: 'where the result goes' }),
    inputs: names({ help: 'the tensors that are fed; found where not given' }),
    outputs: names({ help: 'the tensors that are asked for; found where not given' }),
    feed: feeds('placeholders that become constants before anything else is done: is_training:false,keep_prob:1'),
    input_shape: inputShapes(),
    target: targetFlag('what the result is to run in; nothing is written where it cannot'),
    transforms: requiredChain({ help: 'presets and transforms, as "graphdef transforms" lists them' }),
    output_as_text: onOff({ help: "writes protobuf's text format", default: false }),
    verbose: onOff({ help: 'says what each transform did', default: false }),
  },
  async run(flags, _operands, terminal) {
    const [{ parseChain }, { optimizeFile }] = await Promise.all([
      import('../chain/parse.js'),
      import('./optimize-file.js'),
    ])
    const { inputs, outputs, feed } = flags
    await optimizeFile(
      {
        source: flags.in_graph,
        target: flags.out_graph,
        request: {
          chain: parseChain(flags.transforms),
          inputs,
          outputs,
          feeds: feed,
          shapes: flags.input_shape,
          ...(flags.target ? { target: flags.target } : {}),
          format: 'graphdef',
          inline: false,
        },
        asText: flags.output_as_text,
        name: /^\S{1,40}$/.test(flags.transforms) ? flags.transforms : '',
        verbose: flags.verbose,
      },
      terminal,
    )
  },
})
