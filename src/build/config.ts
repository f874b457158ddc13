import type { Format, queryKeys } from '../chain/request.js'
import type { Target } from '../ops/targets.js'
import type { Options } from '../plugin/options.js'

/**
 * The keys of an import's query. A list is what stands there with commas between its items (`shape`: semicolons), `true` a key
 * without a value: `optimize: true` is the chain that `default` names.
 */
export type RequestKeys = {
  readonly [K in Exclude<keyof typeof queryKeys, 'format' | 'target'>]?: string | readonly string[] | boolean
} & { readonly format?: Format; readonly target?: Target }

/** Models of which `graphdef build` makes files. */
export interface BuildEntry extends RequestKeys {
  /** Paths and globs, from the configuration's folder; each may have a query as in an import: `models/*.pb?optimize=deploy`. */
  readonly models: string | readonly string[]
  /** The folder that the files go to. A glob's subfolders become subfolders of it. */
  readonly outDir: string
  /** Where `outDir` is served, e.g. `/models/`: for an URL that does not depend on the module's. */
  readonly publicPath?: string
  /** What the files are called, where `[name]` is the model's name, e.g. `[name]-small`; `[name]` where not given. */
  readonly name?: string
  /** Whether the model's file has the hash of its content in its name; so it is where not given. */
  readonly hash?: boolean
}

/** What `graphdef.config.js` exports: the plugin's options, and what `graphdef build` builds. */
export interface Config extends Omit<Options, 'types'> {
  readonly build?: readonly BuildEntry[]
}

/** Gives the configuration back: for its types, which an editor then knows. */
export function defineConfig(config: Config): Config {
  return config
}
