import { didYouMean, GraphdefError } from '../errors.js'
import { type Target, targetNames } from '../ops/targets.js'
import { type Feed, parseFeeds, printFeeds } from '../transforms/feed-text.js'
import { BadValue } from '../transforms/options.js'
import { type InputShape, parseInputShapes, printInputShapes } from './input-shapes.js'
import { type ChainOptions, parseChain, printChain, type Step } from './parse.js'

export const formats = ['graphdef', 'memmapped'] as const
export type Format = (typeof formats)[number]

/** What is asked of one model: by an import's query, the configuration or a command line. */
export interface Request {
  readonly chain: readonly Step[]
  /** Tensors that are fed, as written; undefined where they are to be found. */
  readonly inputs: readonly string[] | undefined
  /** Tensors that are asked for, as written; undefined where they are to be found. */
  readonly outputs: readonly string[] | undefined
  /** Placeholders that are bound to constants before anything else is done. */
  readonly feeds?: readonly Feed[]
  /** Sizes of inputs that the graph leaves open. */
  readonly shapes?: readonly InputShape[]
  /** What the result is to run in. */
  readonly target?: Target
  readonly format: Format
  /** Whether the model goes into the bundle as a data URL instead of an asset. */
  readonly inline: boolean
}

type QueryKey = 'optimize' | 'inputs' | 'outputs' | 'feed' | 'shape' | 'format' | 'target' | 'inline'

/** The keys of an import's query, each with what it takes. The README's table is generated from here. */
export const queryKeys: Readonly<Record<QueryKey, string>> = {
  optimize:
    'the chain: a preset, or presets and transforms separated by commas; alone it means the default preset, without it nothing is transformed',
  inputs: 'the tensors that are fed, separated by commas; found where not given',
  outputs: 'the tensors that are asked for, separated by commas; found where not given',
  feed: 'placeholders and the constants that they are bound to: is_training:false,keep_prob:1',
  shape: 'sizes of inputs that the graph leaves open: image:1,224,224,3;mask:1,224',
  format: `what is emitted: ${formats.join(' or ')}`,
  target: 'what the result is to run in, see Targets; the build fails where it cannot',
  inline: 'puts the model into the bundle as a data URL',
}

/** Keys that bundlers add to or read from a query; they are not ours. */
const hostKeys = new Set(['import', 't', 'v', 'url', 'raw', 'no-inline', 'worker', 'sharedworker', 'init', 'direct'])

/** The key and value pairs of a query (without `?`), decoded; `+` stays a plus. */
function* pairs(query: string): Iterable<{ key: string; value: string; offset: number }> {
  let offset = 0
  for (const piece of query.split('&')) {
    const equals = piece.indexOf('=')
    const key = equals < 0 ? piece : piece.slice(0, equals)
    if (piece) yield { key: decode(key), value: equals < 0 ? '' : decode(piece.slice(equals + 1)), offset }
    offset += piece.length + 1
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether a query asks for this plugin: it has one of our keys, or one that is nearly `optimize`. */
export function isModelQuery(query: string): boolean {
  for (const { key } of pairs(query)) {
    if (key !== 'inline' && Object.hasOwn(queryKeys, key)) return true
    if (!hostKeys.has(key) && key !== 'inline' && didYouMean(key, ['optimize'])) return true
  }
  return false
}

/** Whether an import attribute is meant for this plugin: it is one of our keys, or nearly one. */
export function isModelAttribute(key: string): boolean {
  const keys = Object.keys(queryKeys).filter((name) => name !== 'inline')
  return keys.includes(key) || didYouMean(key, keys) !== undefined
}

/** A specifier with values added to its query. */
export function withQuery(specifier: string, values: Readonly<Record<string, string>>): string {
  const [, path, query, hash] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(specifier)!
  const added = Object.entries(values).map(([key, value]) =>
    value === '' ? encode(key) : `${encode(key)}=${encode(value)}`,
  )
  return `${path}?${[query?.slice(1), ...added].filter(Boolean).join('&')}${hash ?? ''}`
}

/** The query without what bundlers add, its keys sorted: the same request gives the same text. */
export function canonicalQuery(query: string): string {
  return [...pairs(query)]
    .filter(({ key }) => !hostKeys.has(key))
    .map(({ key, value }) => (value === '' ? key : `${key}=${encode(value)}`))
    .sort()
    .join('&')
}

/** Encodes what would end a value or a URL; the rest stays readable. */
function encode(value: string): string {
  return value.replace(/[%&#?"\s+]/g, (character) => encodeURIComponent(character))
}

/**
 * Reads an import's query, e.g. `optimize=deploy,round_weights(num_steps=64)&outputs=a,b`.
 * @throws GraphdefError `unknown-query`, `bad-query`, and those of the chain
 */
export function parseRequest(query: string, options: ChainOptions = {}): Request {
  const given = new Map<QueryKey, string>()
  for (const { key, value, offset } of pairs(query)) {
    if (hostKeys.has(key)) continue
    if (!Object.hasOwn(queryKeys, key)) {
      throw new GraphdefError('unknown-query', {
        what: `the import's query has no key "${key}"`,
        position: { text: query, offset },
        remedy: [didYouMean(key, Object.keys(queryKeys)), `Its keys are: ${Object.keys(queryKeys).join(', ')}.`]
          .filter(Boolean)
          .join('\n'),
      })
    }
    if (given.has(key as QueryKey)) throw badQuery(`"${key}" stands twice in the import's query`, query, offset)
    given.set(key as QueryKey, value)
  }
  const list = (key: 'inputs' | 'outputs'): string[] | undefined => {
    const text = given.get(key)
    if (text === undefined) return undefined
    return parseNames(text, `"${key}" in the import's query`)
  }
  const feeds = given.has('feed') ? readFeeds(given.get('feed')!, query) : undefined
  const shapes = given.has('shape') ? readShapes(given.get('shape')!, query) : undefined
  const format = (given.get('format') ?? 'graphdef') as Format
  if (!formats.includes(format)) {
    const hint = didYouMean(format, formats)
    throw badQuery(
      `there is no format "${format}"`,
      query,
      query.indexOf('format'),
      [hint, `Formats: ${formats.join(', ')}.`].filter(Boolean).join('\n'),
    )
  }
  const target = given.has('target') ? readTarget(given.get('target')!, query) : undefined
  const inline = given.get('inline')
  if (inline !== undefined && !['', 'true', 'false'].includes(inline)) {
    throw badQuery(`inline is a switch, and "${inline}" is no value of it`, query, query.indexOf('inline'))
  }
  return {
    chain: given.has('optimize') ? parseChain(given.get('optimize')!, options) : [],
    inputs: list('inputs'),
    outputs: list('outputs'),
    ...(feeds ? { feeds } : {}),
    ...(shapes ? { shapes } : {}),
    ...(target ? { target } : {}),
    format,
    inline: inline === '' || inline === 'true',
  }
}

function readFeeds(text: string, query: string): Feed[] {
  try {
    return parseFeeds(text)
  } catch (error) {
    throw error instanceof BadValue ? badQuery(`feed ${error.message}`, query, query.indexOf('feed')) : error
  }
}

function readTarget(text: string, query: string): Target {
  const target = targetNames.find((name) => name === text)
  if (target) return target
  const hint = didYouMean(text, targetNames)
  const remedy = [hint, `Targets: ${targetNames.join(', ')}.`].filter(Boolean).join('\n')
  throw badQuery(`there is no target "${text}"`, query, query.indexOf('target'), remedy)
}

function readShapes(text: string, query: string): InputShape[] {
  try {
    return parseInputShapes(text)
  } catch (error) {
    throw error instanceof BadValue ? badQuery(`shape ${error.message}`, query, query.indexOf('shape')) : error
  }
}

/** Reads `a,b:1`: the names of tensors, separated by commas. */
export function parseNames(text: string, what: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) {
    throw new GraphdefError('bad-query', {
      what: `${what} has an empty name: "${text}"`,
      remedy: 'Write the names of nodes with a comma between them: input,image:1',
    })
  }
  return names
}

function badQuery(what: string, query: string, offset: number, remedy?: string): GraphdefError {
  return new GraphdefError('bad-query', { what, position: { text: query, offset }, remedy })
}

/** All of a request that the result depends on, as one canonical text: a part of the cache's key. */
export function printRequest(request: Request): string {
  return JSON.stringify({
    chain: printChain(request.chain),
    inputs: request.inputs,
    outputs: request.outputs,
    feeds: request.feeds && printFeeds(request.feeds),
    shapes: request.shapes && printInputShapes(request.shapes),
    target: request.target,
    format: request.format,
  })
}
