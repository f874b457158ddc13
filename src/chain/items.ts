import { GraphdefError } from '../errors.js'

/** One item of a chain's text, before anything is known about its name. */
export interface Item {
  name: string
  /** `-name`: take the step out. */
  minus: boolean
  /** Where the name starts in the text. */
  offset: number
  /** Undefined without parentheses. */
  parameters: Parameter[] | undefined
}

export interface Parameter {
  name: string
  value: string
  offset: number
}

const separators = /[\s,+;]/
const word = /[A-Za-z0-9_]/

/** Characters that word processors and web pages put in the place of plain ones. */
const typographic: Record<string, string> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '‟': '"',
  '″': '"',
  '«': '"',
  '»': '"',
  '‘': "'",
  '’': "'",
  '‚': "'",
  '′': "'",
  '–': '-',
  '—': '-',
  '−': '-',
  '‐': '-',
  '‑': '-',
  '―': '-',
}

/** The error of a typographic quote or dash, where the character is one. */
export function typographicError(
  character: string | undefined,
  text: string,
  offset: number,
): GraphdefError | undefined {
  const plain = character === undefined ? undefined : typographic[character]
  if (plain === undefined) return undefined
  return new GraphdefError('chain-syntax', {
    what: `${character} is a typographic ${plain === '-' ? 'dash' : 'quotation mark'}, as word processors and web pages put in`,
    position: { text, offset },
    remedy: `Type a plain ${plain} in its place.`,
  })
}

/**
 * Splits a chain's text into items: the grammar of the Graph Transform Tool, read generously. Items may also be separated by
 * commas, `+` and `;`, a line may end in a backslash, spaces may stand around `=` and parentheses, single quotes are quotes, and
 * `shape=1,224,224,3` needs none.
 * @throws GraphdefError `chain-syntax` with the position
 */
export function readItems(text: string): Item[] {
  const items: Item[] = []
  let position = 0

  const fail = (what: string, offset: number, remedy?: string): GraphdefError =>
    typographicError(text[offset], text, offset) ??
    new GraphdefError('chain-syntax', { what, position: { text, offset }, remedy })

  const skip = (characters: RegExp): void => {
    while (position < text.length) {
      if (characters.test(text[position]!)) position++
      else if (text[position] === '\\' && /^\\\r?\n/.test(text.slice(position, position + 3))) position += 2
      else return
    }
  }

  const readWord = (): string => {
    const start = position
    while (position < text.length && word.test(text[position]!)) position++
    return text.slice(start, position)
  }

  const readQuoted = (quote: string, open: number): string => {
    let value = ''
    for (position = open + 1; position < text.length; position++) {
      const character = text[position]!
      if (character === quote) {
        position++
        return value
      }
      if (character === '\\' && (text[position + 1] === quote || text[position + 1] === '\\')) position++
      value += text[position]
    }
    throw fail(`the quotation mark ${quote} is never closed`, open, `Add a ${quote} at the end of the value.`)
  }

  const readValue = (name: string, offset: number): string => {
    const start = position
    const first = text[position]
    if (first === '"' || first === "'") return readQuoted(first, position)
    while (position < text.length && !/[\s,;()"']/.test(text[position]!)) {
      const error = typographicError(text[position], text, position)
      if (error) throw error
      position++
    }
    if (position === start) throw fail(`the parameter "${name}" has no value`, offset, `Write ${name}=VALUE.`)
    return text.slice(start, position)
  }

  const readParameters = (name: string, open: number): Parameter[] => {
    const parameters: Parameter[] = []
    const unfinished = (): GraphdefError =>
      fail(`the parenthesis after "${name}" is never closed`, open, `Add a ) at the end of its parameters.`)
    for (;;) {
      skip(/[\s,]/)
      if (position >= text.length) throw unfinished()
      if (text[position] === ')') {
        position++
        return parameters
      }
      const offset = position
      const last = parameters.at(-1)
      const parameter = readWord()
      skip(/\s/)
      if (parameter && text[position] === '=') {
        position++
        skip(/\s/)
        if (position >= text.length) throw unfinished()
        parameters.push({ name: parameter, value: readValue(parameter, offset), offset })
        // The historical tool tolerates a stray quote behind a bare value.
        if (text[position] === "'") position++
        continue
      }
      // A number after a comma goes on with the value before: shape=1,224,224,3
      position = offset
      const more = /^[-?\d][-\d.?]*/.exec(text.slice(position))
      if (last && more) {
        position += more[0].length
        last.value += `,${more[0]}`
        continue
      }
      position = offset + parameter.length
      if (parameter && position >= text.length) throw unfinished()
      if (parameter) {
        throw fail(`the parameter "${parameter}" has no value`, offset, `Write ${parameter}=VALUE.`)
      }
      throw fail(`${JSON.stringify(text[offset])} is not the start of a parameter of "${name}"`, offset)
    }
  }

  for (;;) {
    skip(separators)
    if (position >= text.length) return items
    const minus = text[position] === '-'
    if (minus) position++
    const offset = position
    const name = readWord()
    if (!name) {
      throw fail(
        `${JSON.stringify(text[position] ?? 'the end of the text')} is not the start of a transform's name`,
        Math.min(position, text.length - 1),
        'Names are of letters, digits and underscores: fold_constants, round_weights(num_steps=64).',
      )
    }
    const afterName = position
    skip(/[ \t]/)
    let parameters: Parameter[] | undefined
    if (text[position] === '(') {
      const open = position++
      parameters = readParameters(name, open)
    } else position = afterName
    if (position < text.length && !separators.test(text[position]!) && !/[A-Za-z0-9_\\]/.test(text[position]!)) {
      throw fail(`${JSON.stringify(text[position])} cannot stand here`, position)
    }
    items.push({ name, minus, offset, parameters })
  }
}
