import { resolve } from 'node:path'
import { parseChain } from '../chain/parse.js'
import { didYouMean, GraphdefError, withPlace } from '../errors.js'
import type { Presets } from '../transforms/presets.js'

/** The plugin's options, as a user writes them. */
export interface Options {
  /** Presets of your own, by name: lists of transforms and other presets. One named like a shipped preset replaces it. */
  presets?: Presets
  /** The chain of a bare `?optimize`; `deploy` where not given. */
  default?: string
  /** Where results are kept; `node_modules/.cache/unplugin-graphdef` where not given. The variable GRAPHDEF_CACHE_DIR overrides it. */
  cacheDir?: string
  /** Where the imports' types are written; false for nowhere, `src/graphdef-env.d.ts` (or beside a missing `src`) where not given. */
  types?: string | false
}

export const optionNames: readonly (keyof Options)[] = ['presets', 'default', 'cacheDir', 'types']

export interface ResolvedOptions {
  presets: Presets
  defaultPreset: string | undefined
  cacheDir: string
  types: string | false | undefined
}

/**
 * Checks the options and fills in what is not given. A chain in them that cannot be read is an error at once.
 * @throws GraphdefError `bad-config`, or that of the chain
 */
export function resolveOptions(options: Options, root: string): ResolvedOptions {
  checkOptionNames(options, optionNames)
  const presets = options.presets ?? {}
  for (const [name, items] of Object.entries(presets)) {
    if (!/^\w+$/.test(name) || !Array.isArray(items)) {
      throw new GraphdefError('bad-config', {
        what: `the preset "${name}" is not a list under a name of letters, digits and underscores`,
        remedy: "Write presets: { web: ['deploy', 'quantize_weights'] }.",
      })
    }
    checkChain(name, presets, `presets.${name}`)
  }
  if (options.default !== undefined) checkChain(options.default, presets, 'default')
  const at = (path: string): string => resolve(root, path)
  return {
    presets,
    defaultPreset: options.default,
    cacheDir: at(process.env.GRAPHDEF_CACHE_DIR || options.cacheDir || 'node_modules/.cache/unplugin-graphdef'),
    types: typeof options.types === 'string' ? at(options.types) : options.types,
  }
}

function checkChain(chain: string, presets: Presets, option: string): void {
  try {
    parseChain([chain], { presets })
  } catch (error) {
    throw withPlace(error, { option })
  }
}

/** @throws GraphdefError `bad-config` for an option of another name */
export function checkOptionNames(options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    throw new GraphdefError('bad-config', {
      what: `the plugin has no option "${name}"`,
      remedy: [didYouMean(name, names), `Its options are: ${names.join(', ')}.`].filter(Boolean).join('\n'),
    })
  }
}
