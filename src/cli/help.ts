import { styleText } from 'node:util'
import { columns } from '../report/columns.js'
import type { Command } from './command.js'
import type { Flags } from './flags.js'

/** The help of the whole command line. */
export function overviewHelp(commands: readonly Command[]): string {
  return [
    'graphdef optimises frozen TensorFlow graphs (.pb).',
    '',
    styleText('bold', 'Commands'),
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    styleText('bold', 'Flags'),
    ...columns([
      ['--help', 'shows this help, or that of a command: graphdef inspect --help'],
      ['--version', 'shows the version'],
    ]),
  ].join('\n')
}

/** The help of a command, from its declaration. */
export function commandHelp({ name, summary, examples, flags, operands = [] }: Command): string {
  const lines = [`graphdef ${name} ${summary}.`, '', styleText('bold', 'For example')]
  for (const example of examples) lines.push(...example.split('\n').map((line) => `  ${line}`))
  const rows: [string, string][] = []
  for (const { name, many, help, required } of operands) {
    rows.push([many ? `${name}...` : name, required ? `${help} (required)` : help])
  }
  rows.push(...flagRows(flags), ['--help', 'shows this help'])
  return [...lines, '', styleText('bold', 'Arguments'), ...columns(rows)].join('\n')
}

function flagRows(flags: Flags): [string, string][] {
  return Object.entries(flags).map(([name, { value, help, required, defaultText }]) => {
    const fact = required ? ' (required)' : defaultText === undefined ? '' : ` (by default ${defaultText})`
    return [`--${name}${value && `=${value}`}`, `${help}${fact}`]
  })
}
