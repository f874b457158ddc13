import { isModelAttribute, parseRequest, withQuery } from '../chain/request.js'
import { GraphdefError, withPlace } from '../errors.js'
import { isModelFile, splitModelId } from './model-id.js'
import { literalText, type SourceToken, sourceScripts } from './source-tokens.js'

/** An import, export or import() of a model whose request stands in its attributes. */
export interface WrittenImport {
  /** The specifier as it stands in the module, e.g. `./x.pb`. */
  readonly specifier: string
  /** The specifier with the attributes as its query, e.g. `./x.pb?optimize=deploy`. */
  readonly asQuery: string
  /** Specifier and attributes in one form, whatever the source's: `'./x.pb' with { optimize: 'deploy' }`. */
  readonly written: string
}

/** The same with its place: from the specifier to the end of the attributes. */
export interface AttributeImport extends WrittenImport {
  readonly start: number
  readonly end: number
}

/** An import's attributes as one text, for messages and for the notes beside the types. */
export function writtenImport(specifier: string, attributes: Readonly<Record<string, string>>): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}: ${quoted(value)}`)
  return `${quoted(specifier)} with { ${pairs.sort().join(', ')} }`
}

/**
 * The specifier that asks in its query for what the attributes ask; undefined where they are not this plugin's.
 * @throws GraphdefError `unknown-query` where there are no attributes but one that is nearly ours
 */
export function specifierWithAttributes(
  specifier: string,
  attributes: Readonly<Record<string, string>>,
): string | undefined {
  const [path] = specifier.split(/[?#]/) as [string]
  const keys = Object.keys(attributes)
  if (!isModelFile(path) || keys.length === 0) return undefined
  const merged = withQuery(specifier, attributes)
  const asked = splitModelId(merged)
  // A `type` alone is the host's, as in `with { type: 'bytes' }`.
  if (!asked && keys.some(isModelAttribute)) {
    try {
      parseRequest(merged.slice(path.length + 1))
    } catch (error) {
      throw withPlace(error, { request: writtenImport(specifier, attributes) })
    }
  }
  return asked && merged
}

/**
 * The imports of models by attributes among the tokens of a script. `import type` is none: it is gone once compiled.
 * @throws GraphdefError `bad-query` where the value of such an attribute is no string
 */
export function attributeImports(tokens: readonly SourceToken[]): AttributeImport[] {
  const found: AttributeImport[] = []
  tokens.forEach((token, at) => {
    const text = literalText(token)
    if (text === undefined) return
    const attributes = attributesAfter(tokens, at, text)
    const asQuery = attributes && specifierWithAttributes(text, attributes.values)
    if (!asQuery) return
    const last = tokens[attributes.last]!
    found.push({
      start: token.start,
      end: last.start + last.value.length,
      specifier: text,
      asQuery,
      written: writtenImport(text, attributes.values),
    })
  })
  return found
}

/** Whether a module's source has an import: a specifier, or what `writtenImport` makes of one with attributes. */
export function holdsImport(source: string, id: string, written: string): boolean {
  if (source.includes(written)) return true
  try {
    return sourceScripts(source, id).some(
      ({ tokens }) =>
        tokens.some((token) => literalText(token) === written) ||
        attributeImports(tokens).some((found) => found.written === written),
    )
  } catch {
    // What cannot be read is no import, and an error elsewhere.
    return false
  }
}

interface Attributes {
  values: Record<string, string>
  /** The index of the token that closes them. */
  last: number
}

function attributesAfter(tokens: readonly SourceToken[], at: number, specifier: string): Attributes | undefined {
  const value = (index: number): string | undefined => tokens[index]?.value
  const before = value(at - 1)
  if (before === '(' && value(at - 2) === 'import' && !/^\??\.$/.test(value(at - 3) ?? '')) {
    if (value(at + 1) !== ',' || value(at + 2) !== '{' || !isKeyword(value(at + 3)) || value(at + 4) !== ':') return
    const attributes = readAttributes(tokens, at + 5, specifier)
    if (!attributes) return
    const close = value(attributes.last + 1) === ',' ? attributes.last + 2 : attributes.last + 1
    return value(close) === '}' ? { ...attributes, last: value(close + 1) === ',' ? close + 1 : close } : undefined
  }
  if ((before !== 'from' && before !== 'import') || !isKeyword(value(at + 1)) || isTypeOnly(tokens, at)) return
  return readAttributes(tokens, at + 2, specifier)
}

/** `assert` is what attributes began with before they were standardised. */
function isKeyword(word: string | undefined): boolean {
  return word === 'with' || word === 'assert'
}

/** Whether a statement is `import type … from` or `export type … from`: not of a value that is called `type`. */
function isTypeOnly(tokens: readonly SourceToken[], specifier: number): boolean {
  const start = tokens.findLastIndex(({ value }, at) => at < specifier && (value === 'import' || value === 'export'))
  if (tokens[start + 1]?.value !== 'type') return false
  const next = tokens[start + 2]!.value
  return next !== ',' && (next !== 'from' || start + 3 !== specifier)
}

/** Reads `{ key: 'value', 'key': 'value' }` from its brace on. */
function readAttributes(tokens: readonly SourceToken[], open: number, specifier: string): Attributes | undefined {
  if (tokens[open]?.value !== '{') return undefined
  const values: Record<string, string> = {}
  for (let at = open + 1; at < tokens.length; ) {
    if (tokens[at]!.value === '}') return { values, last: at }
    const key = literalText(tokens[at]) ?? tokens[at]!.value
    if (tokens[at + 1]?.value !== ':') return undefined
    const value = literalText(tokens[at + 2])
    const end = tokens[at + 3]?.value
    if (value === undefined || (end !== ',' && end !== '}')) {
      if (!isModelAttribute(key) || !isModelFile(specifier.split(/[?#]/)[0]!)) return undefined
      throw new GraphdefError('bad-query', {
        what: `the import attribute "${key}" is not a string that can be read when the app is built`,
        request: specifier,
        remedy: `Write the text itself, or give the request in the query: ${specifier}?${key}=…`,
      })
    }
    values[key] = value
    at += end === ',' ? 4 : 3
  }
  return undefined
}
