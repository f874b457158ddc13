import { withPlace } from '../errors.js'
import { type Command, defineCommand } from './command.js'
import { feeds } from './feed-flag.js'
import { choice } from './flags.js'
import { inputShapes } from './input-shape-flag.js'
import { readModelFile } from './model-file.js'

/** Answers "what are my inputs and outputs". */
export const inspect: Command = defineCommand({
  name: 'inspect',
  summary: 'tells what is in a model: inputs, outputs, ops, and the import to paste',
  examples: ['graphdef inspect frozen.pb', 'graphdef inspect frozen.pb --format=json'],
  flags: {
    format: choice(['pretty', 'json'], { help: 'how it is printed', default: 'pretty' }),
    feed: feeds('placeholders that are taken for constants: is_training:false,keep_prob:1'),
    input_shape: inputShapes(),
  },
  operands: [
    {
      name: 'FILE',
      help: 'the model: a GraphDef (binary or text, also gzipped) or a memmapped package',
      required: true,
    },
  ],
  async run({ format, feed, input_shape }, [file = ''], terminal) {
    const bytes = readModelFile(file)
    try {
      const { inspectModel } = await import('../report/inspect.js')
      const inspection = await inspectModel(bytes, feed, input_shape)
      if (format === 'json') {
        terminal.print(JSON.stringify(inspection, null, 2))
        return
      }
      const { inspectionText } = await import('../report/inspection-text.js')
      terminal.print(inspectionText(file, inspection))
    } catch (error) {
      throw withPlace(error, { file })
    }
  },
})
