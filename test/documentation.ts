import { parseChain } from '../src/chain/parse.js'
import { queryKeys } from '../src/chain/request.js'
import { commands } from '../src/cli/command-line.js'
import { errorCodes } from '../src/errors.js'
import { kernelTable, printBound } from '../src/kernels/kernel-table.js'
import { targets } from '../src/ops/targets.js'
import { presets } from '../src/transforms/presets.js'
import { transforms } from '../src/transforms/registry.js'
import { matrixRows } from './hosts/matrix.js'

/** Makes a Markdown table; a pipe in a cell is escaped. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const code = (text: string): string => `\`${text}\``

/** The README's tables, each made from what it describes. */
const sections: Record<string, () => string> = {
  query: () =>
    table(
      ['key', 'means'],
      Object.entries(queryKeys).map(([key, text]) => [code(key), text]),
    ),

  presets: () =>
    table(
      ['preset', 'is', 'changes'],
      Object.entries(presets).map(([name, items]) => {
        const fidelities = parseChain([name]).map((step) => step.transform.fidelity)
        const worst = (['lossy', 'rounding', 'exact'] as const).find((fidelity) => fidelities.includes(fidelity))
        return [code(name), items.map(code).join(' '), worst ?? 'exact']
      }),
    ),

  transforms: () =>
    table(
      ['transform', 'does', 'parameters', 'changes'],
      transforms.map((transform) => [
        code(transform.name),
        transform.summary,
        Object.entries(transform.options)
          .map(([name, option]) => {
            const marks = [
              option.kind,
              option.required ? 'required' : '',
              option.repeatable ? 'repeatable' : '',
              option.defaultText === undefined ? '' : `default ${code(option.defaultText)}`,
            ]
            return `${code(name)} (${marks.filter(Boolean).join(', ')}): ${option.help}`
          })
          .join('<br>'),
        transform.fidelity,
      ]),
    ),

  differences: () =>
    table(
      ['transform', 'historical tool', 'here'],
      transforms.flatMap((transform) =>
        transform.differences.map(({ historical, here }) => [code(transform.name), historical, here]),
      ),
    ),

  commands: () =>
    table(
      ['command', 'does', 'flags'],
      commands.map(({ name, summary, flags, operands = [] }) => [
        code(name),
        summary,
        [...operands.map((operand) => operand.name), ...Object.keys(flags).map((flag) => `--${flag}`)]
          .map(code)
          .join(' '),
      ]),
    ),

  targets: () =>
    table(
      ['target', 'is'],
      Object.entries(targets).map(([name, text]) => [code(name), text]),
    ),

  kernels: () =>
    table(
      ['op', 'data types', 'beside TensorFlow'],
      kernelTable().map(({ op, dtypes, bound }) => [code(op), dtypes.join(', '), printBound(bound)]),
    ),

  hosts: () => {
    const { head, rows } = matrixRows(() => 'yes')
    return table(head, rows)
  },

  errors: () =>
    table(
      ['code', 'means'],
      Object.entries(errorCodes).map(([name, text]) => [code(name), text]),
    ),
}

/** The text with the sections between `<!-- generated: name -->` and `<!-- /generated -->` made anew. */
export function regenerate(text: string): string {
  return text.replace(/(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- \/generated -->)/g, (_, start, name, end) => {
    const section = sections[name]
    if (!section) throw new Error(`nothing generates the section "${name}"`)
    return `${start}${section()}\n${end}`
  })
}

/** The names of the sections that can be generated. */
export const sectionNames: readonly string[] = Object.keys(sections)
