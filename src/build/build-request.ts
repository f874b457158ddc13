import { basename, dirname, resolve } from 'node:path'
import { canonicalQuery, parseRequest, type Request } from '../chain/request.js'
import { type ErrorPlace, GraphdefError, withPlace } from '../errors.js'
import type { ResolvedOptions } from '../plugin/options.js'

/** What somebody wrote to have models built. */
export interface WrittenRequest {
  /** A path or glob, with or without a query: `models/*.pb?optimize=deploy`. */
  models: string
  /** More of the query; empty for no more. */
  query: string
  outDir: string
  publicPath: string | undefined
  name: string | undefined
  hash: boolean
}

/** A request that can be carried out: checked, and with absolute paths. */
export interface BuildRequest {
  /** The path or glob, absolute or from `root`. */
  readonly pattern: string
  /** Where relative paths start. */
  readonly root: string
  /** The query in its one form. */
  readonly query: string
  readonly request: Request
  readonly outDir: string
  /** Ends with a slash; undefined where the URL is to be that of the module's neighbour. */
  readonly publicPath: string | undefined
  /** With `[name]` for the model's name, or without it for one model alone. */
  readonly name: string
  readonly hash: boolean
  /** Where it stands, for errors. */
  readonly place: ErrorPlace
}

/** A query starts at the first question mark that a key follows; others are wildcards of the glob. */
const queryStart = /\?(?=[A-Za-z_-]+(?:[=&]|$))/

/** What a name may not hold: what file systems or URLs take for something else. */
const unfit = /[^\p{L}\p{N}\p{M}._+@~-]+/gu

/**
 * Reads a request. The chain is read at once, before any model is.
 * @throws GraphdefError those of the query and the chain, `bad-query` for a name that no file can have; all with `place`
 */
export function readBuildRequest(
  { models, query: more, outDir, publicPath, name = '[name]', hash }: WrittenRequest,
  { presets, defaultPreset }: ResolvedOptions,
  root: string,
  place: ErrorPlace,
): BuildRequest {
  const start = queryStart.exec(models)?.index ?? models.length
  const pattern = models.slice(0, start)
  const query = canonicalQuery([models.slice(start + 1), more].filter(Boolean).join('&'))
  const asked = { ...place, buildRequest: models }
  try {
    if (!fits(name.replaceAll('[name]', 'model'))) {
      throw new GraphdefError('bad-query', {
        what: `no file can have the name "${name}"`,
        remedy:
          'Write letters, digits and -, _, +, @, ~ or a point, and [name] for the name of the model: [name]-small',
      })
    }
    return {
      pattern: process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern,
      root,
      query,
      request: parseRequest(query, { presets, defaultPreset }),
      outDir: resolve(root, outDir),
      publicPath: publicPath === undefined ? undefined : publicPath.replace(/\/*$/, '/'),
      name,
      hash,
      place: asked,
    }
  } catch (error) {
    throw withPlace(error, asked)
  }
}

function fits(name: string): boolean {
  return name !== '' && !/^\.+$/.test(name) && name.replace(unfit, '') === name
}

/** The name of a model's files, without ending: `mobilenet` for `models/mobilenet.pb.gz` and the name `[name]`. */
export function outputName(file: string, name: string): string {
  const model = basename(file)
    .replace(/\.gz$/, '')
    .replace(/\.(?:pb|pbtxt|pbmm|mmpb)$/, '')
    .replace(unfit, '_')
  return name.replaceAll('[name]', () => model)
}

/** A folder below which files are looked for, `depth` folders deep. */
export interface SearchFolder {
  folder: string
  depth: number
}

/** The part of a pattern without wildcards, and how deep the rest goes. */
export function searchFolder(pattern: string, root: string, isDynamic: (text: string) => boolean): SearchFolder {
  if (!isDynamic(pattern)) return { folder: dirname(resolve(root, pattern)), depth: 0 }
  const segments = pattern.split('/')
  const first = segments.findIndex(isDynamic)
  const fixed = segments.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.')
  const rest = segments.slice(first)
  // An alternative in braces may hold slashes.
  const deep = rest.some((segment) => segment.includes('**') || /[{(]/.test(segment))
  return { folder: resolve(root, fixed), depth: deep ? Infinity : rest.length - 1 }
}
