import { didYouMean, GraphdefError } from '../errors.js'
import { type Command, defineCommand } from './command.js'
import { choice } from './flags.js'

/** Lists the transforms and presets that a chain may name. */
export const listTransforms: Command = defineCommand({
  name: 'transforms',
  summary: 'lists the transforms and presets, or tells about one of them',
  examples: ['graphdef transforms', 'graphdef transforms round_weights'],
  flags: { format: choice(['pretty', 'json'], { help: 'how it is printed', default: 'pretty' }) },
  operands: [{ name: 'NAME', help: 'a transform or preset; all of them where not given', required: false }],
  async run(flags, [name], terminal) {
    const [{ describePresets, describeTransforms }, { presetText, transformText, vocabularyText }] = await Promise.all([
      import('../report/vocabulary.js'),
      import('../report/vocabulary-text.js'),
    ])
    const transforms = describeTransforms()
    const presets = describePresets()
    const json = flags.format === 'json'
    if (name === undefined) {
      terminal.print(json ? JSON.stringify({ presets, transforms }, null, 2) : vocabularyText(presets, transforms))
      return
    }
    const transform = transforms.find((known) => known.name === name)
    const preset = presets.find((known) => known.name === name)
    if (transform) terminal.print(json ? JSON.stringify(transform, null, 2) : transformText(transform))
    else if (preset) terminal.print(json ? JSON.stringify(preset, null, 2) : presetText(preset))
    else
      throw unknownName(
        name,
        [...transforms, ...presets].map((known) => known.name),
      )
  },
})

function unknownName(name: string, known: readonly string[]): GraphdefError {
  return new GraphdefError('unknown-transform', {
    what: `there is no transform or preset "${name}"`,
    remedy: [didYouMean(name, known), 'graphdef transforms lists them all.'].filter(Boolean).join('\n'),
  })
}
