import { withPlace } from '../errors.js'
import { isTfjs } from '../ops/targets.js'
import { type Command, defineCommand } from './command.js'
import { feeds } from './feed-flag.js'
import { choice, names } from './flags.js'
import { inputShapes } from './input-shape-flag.js'
import { readModelFile } from './model-file.js'
import { targetFlag } from './target-flag.js'

/** Tells whether a model runs in a target as it is. */
export const check: Command = defineCommand({
  name: 'check',
  summary: 'tells whether a target can run a model (status 0), or which ops it lacks (status 1)',
  examples: [
    'graphdef check frozen.pb --target=tfjs-wasm',
    'graphdef check frozen.pb --target=tensorflow-mobile --format=json',
  ],
  flags: {
    target: targetFlag('what the model is to run in; tfjs where not given'),
    inputs: names({ help: 'the tensors that are fed; found where not given' }),
    outputs: names({ help: 'the tensors that are asked for; found where not given' }),
    feed: feeds('placeholders that are taken for constants: is_training:false,keep_prob:1'),
    input_shape: inputShapes(),
    format: choice(['pretty', 'json'], { help: 'how it is printed', default: 'pretty' }),
  },
  operands: [
    {
      name: 'FILE',
      help: 'the model: a GraphDef (binary or text, also gzipped) or a memmapped package',
      required: true,
    },
  ],
  async run({ target = 'tfjs', inputs, outputs, feed, input_shape, format }, [file = ''], terminal) {
    try {
      const [{ transformModel }, { findUnsupportedOps, unsupportedText }] = await Promise.all([
        import('../optimize.js'),
        import('../chain/target-check.js'),
      ])
      const request = { inputs, outputs, feeds: feed, shapes: input_shape, chain: [], inline: false }
      const model = await transformModel(readModelFile(file), { ...request, format: 'graphdef' })
      const unsupported = findUnsupportedOps(model.graph, target, model)
      if (format === 'json') terminal.print(JSON.stringify({ target, unsupported }, null, 2))
      else if (unsupported.length === 0) {
        terminal.print(`${target} can run every op ${isTfjs(target) ? 'that the outputs need' : 'of the model'}.`)
      } else {
        terminal.print(
          [
            `${target} cannot run ${unsupported.length === 1 ? 'an op' : `${unsupported.length} ops`} of the model`,
            ...unsupported.map(unsupportedText),
            `A build with target=${target} tells for each what would remove it: graphdef transform_graph --target=${target} …`,
          ].join('\n'),
        )
      }
      return unsupported.length === 0 ? 0 : 1
    } catch (error) {
      throw withPlace(error, { file })
    }
  },
})
