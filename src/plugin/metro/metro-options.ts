import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isModelQuery } from '../../chain/request.js'
import { GraphdefError } from '../../errors.js'
import { isModelFile } from '../model-id.js'
import { unreadable } from '../model-loader.js'
import { checkOptionNames, type Options, optionNames } from '../options.js'
import { realFile } from './import-scan.js'

/** The options of `withGraphdef`: the plugin's, and where imports of models are. */
export interface MetroOptions extends Options {
  /**
   * The folders whose modules are looked through for imports of models, with what is below them but for node_modules; the
   * project's root and Metro's watchFolders where not given.
   */
  scan?: readonly string[]
  /** Models whose imports are not found so, each with its queries: `{ 'src/x.pb': ['optimize=deploy'] }`. */
  models?: Readonly<Record<string, readonly string[]>>
}

export interface ListedModel {
  file: string
  query: string
}

/** The options that Metro alone has, checked, with absolute paths; and the others. */
export interface MetroOptionsRead {
  options: Options
  scan: readonly string[] | undefined
  models: readonly ListedModel[]
}

/** @throws GraphdefError `bad-config`; `file-not-found` for a model that is listed and not there */
export function readMetroOptions({ scan, models, ...options }: MetroOptions, root: string): MetroOptionsRead {
  checkOptionNames(options, [...optionNames, 'scan', 'models'])
  return { options, scan: scan && readScan(scan, root), models: readModels(models ?? {}, root) }
}

function readScan(scan: readonly string[], root: string): string[] {
  if (!Array.isArray(scan)) {
    throw new GraphdefError('bad-config', {
      what: 'scan is not a list of folders',
      option: 'scan',
      remedy: "Write scan: ['.', '../packages/ui'].",
    })
  }
  return scan.map((given) => {
    const folder = resolve(root, given)
    if (existsSync(folder) && statSync(folder).isDirectory()) return folder
    throw new GraphdefError('bad-config', {
      what: `there is no folder "${given}" to scan`,
      file: folder,
      option: 'scan',
      remedy: 'A relative path starts at the root of the project.',
    })
  })
}

function readModels(models: Readonly<Record<string, readonly string[]>>, root: string): ListedModel[] {
  return Object.entries(models).flatMap(([name, queries]) => {
    const wrong = Array.isArray(queries)
      ? queries.find((query) => typeof query !== 'string' || !isModelQuery(withoutMark(query)))
      : queries
    if (!Array.isArray(queries) || wrong !== undefined) {
      throw new GraphdefError('bad-config', {
        what: `the model "${name}" has no list of queries, or one that asks for nothing: ${JSON.stringify(wrong)}`,
        option: 'models',
        remedy: `Write models: { '${name}': ['optimize=deploy'] }.`,
      })
    }
    if (!isModelFile(name)) {
      throw new GraphdefError('bad-config', {
        what: `"${name}" is not the name of a model`,
        option: 'models',
        remedy: 'It ends in .pb, .pbtxt, .pbmm or .mmpb, or one of these and .gz.',
      })
    }
    const file = realFile(resolve(root, name))
    if (!file) throw unreadable(resolve(root, name)).at({ option: 'models' })
    return queries.map((query) => ({ file, query: withoutMark(query) }))
  })
}

function withoutMark(query: string): string {
  return query.replace(/^\?/, '')
}
