import { styleText } from 'node:util'
import prettyBytes from 'pretty-bytes'
import { type Candidate, printCandidates } from '../manifest/candidate.js'
import type { Inspection } from './inspect.js'

const formatNames: Record<Inspection['format'], string> = {
  graphdef: 'GraphDef',
  pbtxt: 'GraphDef in text format',
  memmapped: 'memory-mapped package',
}

/** An inspection as a terminal shows it, with the import to paste; `file` is the path as given. */
export function inspectionText(file: string, inspection: Inspection): string {
  const { inputs, outputs, others, unclear, variables, ops } = inspection
  const lines = [
    `${styleText('bold', file)}  ${factsText(inspection)}`,
    '',
    styleText('bold', 'Inputs'),
    ...endpointLines(inputs, others.inputs, unclear.inputs),
    '',
    styleText('bold', 'Outputs'),
    ...endpointLines(outputs, others.outputs, unclear.outputs),
    '',
  ]
  if (variables.length > 0) {
    const names = variables.slice(0, 3).join(', ') + (variables.length > 3 ? ', …' : '')
    lines.push(styleText('yellow', `Not frozen: the outputs need the values of variables (${names}).`), '')
  }
  lines.push(styleText('bold', 'Ops'), ...wrapped(Object.entries(ops).map(([op, count]) => `${count} ${op}`)), '')
  lines.push(styleText('bold', 'Import'), `  ${importLine(file, inspection)}`)
  return lines.join('\n')
}

function factsText({ format, gzip, bytes, nodes, parameters, producer, minConsumer }: Inspection): string {
  const facts = [
    `${gzip ? 'gzipped ' : ''}${formatNames[format]}`,
    prettyBytes(bytes),
    `${nodes} node${nodes === 1 ? '' : 's'}`,
    `${parameters.toLocaleString('en')} parameter${parameters === 1 ? '' : 's'}`,
  ]
  if (producer > 0) facts.push(`producer ${producer}`)
  if (minConsumer > 0) facts.push(`min_consumer ${minConsumer}`)
  return facts.join(', ')
}

function endpointLines(taken: Candidate[], others: Candidate[], unclear: string | undefined): string[] {
  const lines = unclear === undefined ? [] : [styleText('yellow', `  to be named: ${unclear}`)]
  if (taken.length > 0) lines.push(...printCandidates(taken))
  else if (unclear === undefined) lines.push('  none')
  if (others.length > 0) lines.push('  rather not', ...printCandidates(others).map((line) => `  ${line}`))
  return lines
}

/** Words with commas between them, in lines that fit a terminal. */
function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  let line = ''
  for (const [index, word] of words.entries()) {
    const piece = index === words.length - 1 ? word : `${word},`
    if (line !== '' && line.length + piece.length > 98) {
      lines.push(line)
      line = ''
    }
    line += `${line === '' ? '  ' : ' '}${piece}`
  }
  return line === '' ? lines : [...lines, line]
}

/** What is unclear is named, with all that it may be, for a person to choose. */
function importLine(file: string, { inputs, outputs, others, unclear, feed, shape }: Inspection): string {
  const query = ['optimize']
  const nameUnclear = (key: 'inputs' | 'outputs', taken: readonly Candidate[]): void => {
    if (unclear[key] === undefined) return
    const names = (taken.length > 0 ? taken : others[key]).map(({ name }) => name)
    query.push(`${key}=${names.length > 0 ? names.join(',') : 'NODE'}`)
  }
  nameUnclear('inputs', inputs)
  nameUnclear('outputs', outputs)
  if (feed) query.push(`feed=${feed.replace(/[%&#?+\s]/g, encodeURIComponent).replaceAll("'", '%27')}`)
  if (shape) query.push(`shape=${shape}`)
  const path = file.replaceAll('\\', '/')
  const specifier = /^(?:\.{0,2}\/|[A-Za-z]:)/.test(path) ? path : `./${path}`
  return `import model from '${specifier}?${query.join('&')}'`
}
