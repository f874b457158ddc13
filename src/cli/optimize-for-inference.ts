import type { DataType } from '../graph/data-type.js'
import { presets } from '../transforms/presets.js'
import { type Command, defineCommand } from './command.js'
import { feeds, feedsByPart } from './feed-flag.js'
import { names, onOff, requiredPath } from './flags.js'
import { inputShapes } from './input-shape-flag.js'
import { placeholderTypes, stripStep } from './placeholder-type-flag.js'
import { targetFlag } from './target-flag.js'

/** The Python script of this name: the preset `inference`. */
export const optimizeForInference: Command = defineCommand({
  name: 'optimize_for_inference',
  summary: 'removes what only training needs and folds batch norms',
  examples: [
    'graphdef optimize_for_inference --input=frozen.pb --output=optimized.pb --input_names=Mul --output_names=softmax',
  ],
  flags: {
    input: requiredPath({ help: 'the model to read; whether it is binary or text is told from the file' }),
    output: requiredPath({ help: 'where the result goes' }),
    input_names: names({ help: 'the tensors that are fed; found where not given' }),
    output_names: names({ help: 'the tensors that are asked for; found where not given' }),
    frozen_graph: onOff({ help: "false writes protobuf's text format", default: true }),
    placeholder_type_enum: placeholderTypes('--input_names'),
    feed: feeds('placeholders that become constants before anything else is done: is_training:false,keep_prob:1'),
    placeholder_to_const_names: feedsByPart(
      'the same for every placeholder whose name contains the given one: phase_train=False',
    ),
    input_shape: inputShapes(),
    target: targetFlag('what the result is to run in; nothing is written where it cannot'),
    toco_compatible: onOff({ help: "keeps to ops that TensorFlow Lite's converter knows", default: false }),
    verbose: onOff({ help: 'says what each transform did', default: false }),
  },
  async run(flags, _operands, terminal) {
    const [{ parseChain }, { optimizeFile }] = await Promise.all([
      import('../chain/parse.js'),
      import('./optimize-file.js'),
    ])
    const { input_names: inputs, output_names: outputs } = flags
    const bound = [...(flags.feed ?? []), ...(flags.placeholder_to_const_names ?? [])]
    const chain = inferenceChain(flags.placeholder_type_enum, inputs)
    if (flags.toco_compatible) chain.push('-fuse_resize_pad_and_conv', '-fuse_resize_and_conv', '-fuse_pad_and_conv')
    await optimizeFile(
      {
        source: flags.input,
        target: flags.output,
        request: {
          chain: parseChain(chain),
          inputs,
          outputs,
          feeds: bound,
          shapes: flags.input_shape,
          ...(flags.target ? { target: flags.target } : {}),
          format: 'graphdef',
          inline: false,
        },
        asText: !flags.frozen_graph,
        name: 'inference',
        verbose: flags.verbose,
      },
      terminal,
    )
  },
})

/** The preset with the types told to its first step, which makes the placeholders. */
function inferenceChain(types: readonly DataType[] | undefined, inputs: readonly string[] | undefined): string[] {
  return presets.inference!.map((step) => (step === 'strip_unused_nodes' ? stripStep(types, inputs) : step))
}
