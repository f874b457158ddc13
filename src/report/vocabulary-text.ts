import { styleText } from 'node:util'
import { columns } from './columns.js'
import type { OptionDescription, PresetDescription, TransformDescription } from './vocabulary.js'

/** The presets and transforms as a terminal shows them. */
export function vocabularyText(
  presets: readonly PresetDescription[],
  transforms: readonly TransformDescription[],
): string {
  return [
    styleText('bold', 'Presets'),
    ...columns(presets.map(({ name, chain }) => [name, chain.map(withoutParameters).join(', ')])),
    '',
    styleText('bold', 'Transforms'),
    ...columns(transforms.map(({ name, summary, fidelity }) => [name, `${summary} (${fidelity})`])),
    '',
    '"graphdef transforms NAME" tells about one of them.',
  ].join('\n')
}

export function transformText({ name, summary, fidelity, options, differences }: TransformDescription): string {
  const lines = [`${styleText('bold', name)} ${summary} (${fidelity})`, '']
  if (options.length === 0) lines.push('It has no parameters.')
  else lines.push('Parameters', ...columns(options.map((option) => [option.name, optionText(option)])))
  if (differences.length > 0) {
    lines.push('', 'Where the historical tool did something else')
    for (const { historical, here } of differences) lines.push(`  then: ${historical}`, `  here: ${here}`)
  }
  return lines.join('\n')
}

export function presetText({ name, chain }: PresetDescription): string {
  return [`${styleText('bold', name)} stands for`, ...chain.map((step) => `  ${step}`)].join('\n')
}

function optionText(option: OptionDescription): string {
  const facts = [option.kind]
  if (option.required) facts.push('required')
  if (option.repeatable) facts.push('may be given several times')
  if (option.default !== undefined) facts.push(`by default ${option.default === '' ? 'empty' : option.default}`)
  return `${option.help} (${facts.join(', ')})`
}

function withoutParameters(step: string): string {
  return step.replace(/\(.*/s, '')
}
