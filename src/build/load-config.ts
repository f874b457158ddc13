import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { queryKeys } from '../chain/request.js'
import { didYouMean, GraphdefError } from '../errors.js'
import { optionNames, type ResolvedOptions, resolveOptions } from '../plugin/options.js'
import { type BuildRequest, readBuildRequest } from './build-request.js'
import type { BuildEntry, Config } from './config.js'

/** What a configuration may be called. */
export const configNames: readonly string[] = ['js', 'mjs', 'ts', 'json'].map((ending) => `graphdef.config.${ending}`)

/** A configuration that was read and checked. */
export interface LoadedConfig {
  options: ResolvedOptions
  requests: readonly BuildRequest[]
}

/**
 * The configuration of a folder; undefined where there is none.
 * @throws GraphdefError `bad-config` for two of them
 */
export function findConfig(root: string): string | undefined {
  const [first, second] = configNames.filter((name) => existsSync(join(root, name)))
  if (first === undefined) return undefined
  if (second === undefined) return join(root, first)
  throw new GraphdefError('bad-config', {
    what: `there are two configurations, ${first} and ${second}`,
    file: join(root, first),
    remedy: 'Keep one of them.',
  })
}

/**
 * Reads and checks a configuration. It is read anew each time, with what it imports.
 * @throws GraphdefError `bad-config` and those of chains and queries, with the file and the key
 */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const config = await importConfig(file)
  try {
    return checkConfig(config, dirname(file))
  } catch (error) {
    if (!(error instanceof GraphdefError)) throw error
    const { option, key = option, ...details } = error.details
    throw new GraphdefError(error.code, { ...details, file, key })
  }
}

async function importConfig(file: string): Promise<unknown> {
  try {
    if (file.endsWith('.json')) return JSON.parse(await readFile(file, 'utf8'))
    // Node 20 reads no TypeScript, no module whose package says "commonjs", and no module twice.
    const { createJiti } = await import('jiti')
    const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false })
    return await jiti.import(file, { default: true })
  } catch (error) {
    throw new GraphdefError('bad-config', {
      what: `the configuration cannot be loaded: ${(error as Error)?.message ?? error}`,
      file,
      cause: error,
    })
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function checkConfig(config: unknown, root: string): LoadedConfig {
  if (!isObject(config)) {
    throw new GraphdefError('bad-config', {
      what: 'the configuration is not an object',
      remedy:
        "Write export default { build: [{ models: 'models/*.pb', optimize: 'deploy', outDir: 'public/models' }] }",
    })
  }
  checkKeys(config, ['build', ...optionNames.filter((name) => name !== 'types')], '')
  const { build = [], ...given } = config as Config
  const options = resolveOptions(given, root)
  if (!Array.isArray(build)) throw badValue('build', 'a list: [{ models, outDir }]', build)
  const requests = build.flatMap((entry: unknown, index) => {
    const key = `build[${index}]`
    if (!isObject(entry)) throw badValue(key, 'an object: { models, outDir }', entry)
    const { models, outDir, publicPath, name, hash = true, ...more } = checkEntry(entry, key)
    const query = queryOf(more)
    return [models]
      .flat()
      .map((text) =>
        readBuildRequest({ models: text as string, query, outDir, publicPath, name, hash }, options, root, { key }),
      )
  })
  return { options, requests }
}

type Kind = readonly [what: string, is: (value: unknown) => boolean]

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''
const text: Kind = ['a text', isText]
const texts: Kind = [
  'a text or a list of texts',
  (value) => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
]
const onOff: Kind = ['true or false', (value) => typeof value === 'boolean']
const queryValue: Kind = ['a text, a list of texts, or true', (value) => texts[1](value) || onOff[1](value)]

const entryKinds: Readonly<Record<string, Kind>> = {
  models: texts,
  outDir: text,
  publicPath: text,
  name: text,
  hash: onOff,
  ...Object.fromEntries(Object.keys(queryKeys).map((key) => [key, queryValue])),
}

function checkEntry(entry: Record<string, unknown>, place: string): BuildEntry {
  checkKeys(entry, Object.keys(entryKinds), place)
  for (const [name, [what, is]] of Object.entries(entryKinds)) {
    const value = entry[name]
    const required = name === 'models' || name === 'outDir'
    if (value === undefined ? required : !is(value)) throw badValue(`${place}.${name}`, what, value)
  }
  return entry as unknown as BuildEntry
}

function checkKeys(value: Record<string, unknown>, known: readonly string[], place: string): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    throw new GraphdefError('bad-config', {
      what: `the configuration has no key "${name}"${place && ` in ${place}`}`,
      key: place ? `${place}.${name}` : name,
      remedy: [didYouMean(name, known), `Its keys are: ${known.join(', ')}.`].filter(Boolean).join('\n'),
    })
  }
}

function badValue(key: string, what: string, value?: unknown): GraphdefError {
  const shown = (JSON.stringify(value) ?? String(value)).slice(0, 80)
  const state = value === undefined ? 'is missing' : `cannot be ${shown}`
  return new GraphdefError('bad-config', { what: `${key} ${state}`, key, remedy: `It is ${what}.` })
}

/** The keys of a request as a query. */
function queryOf(keys: object): string {
  const pieces: string[] = []
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined || value === false) continue
    const words = Array.isArray(value) ? value.join(key === 'shape' ? ';' : ',') : value
    pieces.push(words === true ? key : `${key}=${encodeURIComponent(words)}`)
  }
  return pieces.join('&')
}

/** Whether a path is that of a folder's configuration. */
export function isConfig(path: string, root: string): boolean {
  return dirname(path) === root && configNames.includes(basename(path))
}
