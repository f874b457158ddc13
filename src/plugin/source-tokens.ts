import jsTokens from 'js-tokens'

/** A token of a module's source that is neither white space nor a comment. */
export interface SourceToken {
  readonly type: string
  readonly value: string
  /** Where it starts in the module's text. */
  readonly start: number
}

/** The tokens of one script, which is a whole module or a `<script>` block of a component. */
export interface SourceScript {
  readonly tokens: readonly SourceToken[]
  /** Where the script ends in the module's text. */
  readonly end: number
}

/** Ids of modules that may hold JavaScript or TypeScript before the host compiles them. */
export const scriptIdPattern: RegExp = /\.(?:[cm]?[jt]sx?|vue|svelte)(?:$|\?)/

/** A block of a component, or a comment between blocks, which may hold an old one. */
const block = /<!--[\s\S]*?-->|(<script\b(?:"[^"]*"|'[^']*'|[^>"'])*>)([\s\S]*?)<\/script\s*>/g

/**
 * The scripts in a module's source, whatever its language: what a host gives to a plugin that comes before its compilers.
 *
 * @param id the module's id; a query may name the language of a component's block (`App.vue?vue&type=script&lang.ts`)
 */
export function sourceScripts(code: string, id: string): SourceScript[] {
  const [path] = id.split('?') as [string]
  const language = (/\.([cm]?[jt]sx?)$/.exec(id) ?? /\.([cm]?[jt]sx?)$/.exec(path))?.[1]
  if (language) return [script(code, 0, language)]
  if (!/\.(?:vue|svelte)$/.test(path)) return []
  return [...code.matchAll(block)].flatMap(({ index, 1: tag, 2: text }) => {
    if (!tag) return []
    const language = /\blang\s*=\s*["']?(\w+)/.exec(tag)?.[1] ?? 'js'
    return /^[jt]sx?$/.test(language) ? [script(text!, index + tag.length, language)] : []
  })
}

function script(code: string, offset: number, language: string): SourceScript {
  // In .ts a `<` before a name is a type argument or a cast; everywhere else it may be JSX.
  const tokens = /^[cm]?ts$/.test(language) ? tokensOf(code, false) : tokensWithJsx(code)
  return {
    tokens: tokens
      .filter(({ type }) => !/^(?:WhiteSpace|LineTerminatorSequence|.*Comment)$/.test(type))
      .map((token) => ({ ...token, start: token.start + offset })),
    end: offset + code.length,
  }
}

function tokensOf(code: string, jsx: boolean): SourceToken[] {
  let start = 0
  return Array.from(jsTokens(code, { jsx: jsx as true }), ({ type, value }) => {
    const token = { type, value, start }
    start += value.length
    return token
  })
}

/**
 * Type parameters look like a tag: `<T,>(x: T) => x`, and `<Row<User> />` holds type arguments. Either gives a character that
 * JSX does not have. The `<` before it is then blanked, or the type arguments, and the source read again.
 */
function tokensWithJsx(code: string): SourceToken[] {
  let readable = code
  for (;;) {
    const tokens = tokensOf(readable, true)
    const invalid = tokens.findIndex(({ type }) => type === 'JSXInvalid')
    const open = tokens.findLastIndex(
      ({ value, type }, at) => at < invalid && type === 'JSXPunctuator' && value === '<',
    )
    if (open < 0)
      return tokens.map((token) => ({ ...token, value: code.slice(token.start, token.start + token.value.length) }))
    const { start } = tokens[open]!
    const end = tokens[open - 1]?.type === 'JSXIdentifier' ? afterTypeArguments(readable, start) : start + 1
    readable = readable.slice(0, start) + readable.slice(start, end).replace(/./g, ' ') + readable.slice(end)
  }
}

function afterTypeArguments(code: string, start: number): number {
  let depth = 0
  for (const { 0: bracket, index } of code.slice(start).matchAll(/=>|[<>]/g)) {
    if (bracket !== '=>') depth += bracket === '<' ? 1 : -1
    if (depth === 0) return start + index + 1
  }
  return start + 1
}

/** The text of a string, or of a template literal without holes; undefined for any other token. */
export function literalText(token: SourceToken | undefined): string | undefined {
  if (!token || !/^(?:StringLiteral|NoSubstitutionTemplate)$/.test(token.type)) return undefined
  const escapes = /\\(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2})|(\r\n|[\s\S]))/gi
  return token.value.slice(1, -1).replace(escapes, (_, braced, unicode, hex, character) => {
    const code = braced ?? unicode ?? hex
    if (code) return String.fromCodePoint(Number.parseInt(code, 16))
    return { n: '\n', r: '\r', t: '\t', '\n': '', '\r\n': '' }[character as string] ?? character
  })
}
