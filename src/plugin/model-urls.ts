import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { splitModelId } from './model-id.js'
import { literalText, type SourceToken } from './source-tokens.js'

/** A `new URL('./x.pb?optimize', import.meta.url)`, by which hosts let an app name an asset. */
export interface ModelUrlReference {
  /** Where its arguments stand in the module. */
  readonly start: number
  readonly end: number
  /** What the same model is imported by. */
  readonly specifier: string
}

/** The URLs of models among the tokens of a script. */
export function modelUrls(tokens: readonly SourceToken[], importer: string): ModelUrlReference[] {
  return tokens.flatMap((token, at) => {
    const text = literalText(token)
    if (text === undefined || !splitModelId(text) || !/^(?!\/\/|[a-z][\w+.-]+:)/i.test(text)) return []
    const around = [-3, -2, -1, 1, 2, 3, 4, 5, 6].map((offset) => tokens[at + offset]?.value).join(' ')
    if (around !== 'new URL ( , import . meta . url') return []
    const after = tokens[at + 7]?.value
    if (after !== ')' && !(after === ',' && tokens[at + 8]?.value === ')')) return []
    const last = tokens[at + 6]!
    return [{ start: token.start, end: last.start + last.value.length, specifier: relative(text, importer) }]
  })
}

/** `x.pb` is a file beside the module in a URL, a package in an import. Hosts take aliases and packages in URLs too. */
function relative(text: string, importer: string): string {
  if (/^\.{0,2}\//.test(text)) return text
  const { file } = splitModelId(text)!
  return !file.includes('/') || existsSync(resolve(dirname(importer), file)) ? `./${text}` : text
}
