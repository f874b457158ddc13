import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, relative } from 'node:path'
import { namesIn } from '../../disk/names-in.js'
import type { ModelImports } from '../model-imports.js'
import type { LoadedModel } from '../model-loader.js'
import {
  assetFileName,
  brokenModuleText,
  entryId,
  nativeModuleText,
  placeholderText,
  webModuleText,
} from './entry-text.js'

/** The folder, in the project's root, of what the imports of models become. */
export const entriesFolder = '.graphdef'

const entryFolder = /^[0-9a-f]{16}$/
const moduleFile = 'index.js'
const webModuleFile = 'index.web.js'

/** What the import of a model becomes: a folder with a module for devices, one for pages, and a placeholder of the asset. */
export interface Entry {
  readonly id: string
  readonly folder: string
  /** The id under which the imports of the model are noted. */
  readonly modelId: string
  readonly shown: string
  /** The files that the model is made of, each with what tells a change of it. */
  readonly sources: Map<string, string>
  /** Resolves when the entry's files are as its sources say. */
  settled: Promise<void>
  busy: boolean
  model: LoadedModel | undefined
  error: unknown
}

export interface EntriesOptions {
  imports: ModelImports
  /** The root of the project. */
  root: string
  /** The module in which Metro registers assets. */
  registry: string
  print(line: string): void
}

/** The entries of a project: real files, for Metro's modules are files. */
export class ModelEntries {
  readonly folder: string
  readonly #options: EntriesOptions
  readonly #entries = new Map<string, Entry>()
  #started = false
  #last: Promise<void> = Promise.resolve()

  constructor(options: EntriesOptions) {
    this.#options = options
    this.folder = join(options.root, entriesFolder)
  }

  /** The entry of a model and a query; undefined where it is not there. */
  of(file: string, query: string): Entry | undefined {
    return this.#entries.get(entryId(relative(this.#options.root, file), query))
  }

  /** The entry that a path lies in. */
  holding(path: string): Entry | undefined {
    const folder = dirname(path)
    return dirname(folder) === this.folder ? this.#entries.get(basename(folder)) : undefined
  }

  /** Adds the entry of an import. Its files follow: see `settled`. */
  add(specifier: string, file: string, importer: string | undefined): Entry {
    const { imports, root } = this.#options
    const modelId = imports.resolved(specifier, file, importer)
    const path = relative(root, file).replaceAll('\\', '/')
    const query = modelId.slice(file.length + 1)
    const id = entryId(path, query)
    const known = this.#entries.get(id)
    if (known) return known
    const entry: Entry = {
      id,
      folder: join(this.folder, id),
      modelId,
      shown: `${path}?${query}`,
      sources: new Map([[file, stamp(file)]]),
      settled: Promise.resolve(),
      busy: false,
      model: undefined,
      error: undefined,
    }
    this.#entries.set(id, entry)
    this.#make(entry)
    return entry
  }

  /** Waits until the entries are there that Metro starts with, and drops all others, and assets of former models. */
  async start(): Promise<void> {
    for (const entry of this.#entries.values()) await entry.settled
    for (const id of namesIn(this.folder).filter((name) => entryFolder.test(name))) {
      const entry = this.#entries.get(id)
      if (!entry) rmSync(join(this.folder, id), { recursive: true, force: true })
      const asset = entry?.model && assetFileName(entry.model)
      for (const name of namesIn(join(this.folder, id))) {
        if (name.endsWith('.pb') && name !== asset) rmSync(join(this.folder, id, name), { force: true })
      }
    }
    await this.#options.imports.finish()
    this.#started = true
  }

  /** Makes the entries anew whose sources have changed. */
  recheck(): void {
    for (const entry of this.#entries.values()) if (!entry.busy && hasChanged(entry)) this.#make(entry)
  }

  /** The content of a file of an entry, as it is when the entry has settled; undefined for other files. */
  async contentOf(path: string): Promise<Buffer | undefined> {
    const entry = this.holding(path)
    if (!entry) return undefined
    await entry.settled
    try {
      return readFileSync(path)
    } catch {
      return undefined
    }
  }

  /** The endings of all files that the entries are made of, without the dot. */
  extensions(): string[] {
    const files = [...this.#entries.values()].flatMap(({ sources }) => [...sources.keys()])
    return [...new Set(files.map((file) => extname(file).slice(1)))].filter(Boolean)
  }

  #make(entry: Entry): void {
    entry.busy = true
    // One after the other: each may need as much memory as the model has bytes, several times.
    entry.settled = this.#last.then(() => this.#makeNow(entry))
    this.#last = entry.settled.catch(() => {})
  }

  async #makeNow(entry: Entry): Promise<void> {
    try {
      do {
        for (const file of entry.sources.keys()) entry.sources.set(file, stamp(file))
        await this.#load(entry)
        if (hasChanged(entry)) continue
        this.#write(entry)
        if (this.#started) await this.#options.imports.writeTypes()
      } while (hasChanged(entry))
    } finally {
      // At once after the last look: of a change until now nobody else takes notice.
      entry.busy = false
    }
  }

  async #load(entry: Entry): Promise<void> {
    const { imports, print } = this.#options
    try {
      entry.model = await imports.load(entry.modelId, {
        watch: (file) => entry.sources.set(file, stamp(file)),
        print,
      })
      entry.error = undefined
    } catch (error) {
      entry.model = undefined
      entry.error = error
    }
  }

  #write({ id, model, error, shown }: Entry): void {
    this.#put('.gitignore', '*\n')
    if (!model) {
      for (const name of [moduleFile, webModuleFile]) this.#put(join(id, name), brokenModuleText(error))
      return
    }
    // First the asset, which the modules ask for.
    if (!model.request.inline) this.#put(join(id, assetFileName(model)), placeholderText(model))
    this.#put(join(id, moduleFile), nativeModuleText(model, shown))
    this.#put(join(id, webModuleFile), webModuleText(model, shown, this.#options.registry))
  }

  /** Writes a file at once, and only where it differs: Metro looks at each change. */
  #put(name: string, text: string): void {
    const path = join(this.folder, name)
    if (textOf(path) === text) return
    mkdirSync(dirname(path), { recursive: true })
    const making = `${path}.${process.pid}.making`
    writeFileSync(making, text)
    renameSync(making, path)
  }
}

export function modulePath({ folder }: Entry, platform: string | null): string {
  return join(folder, platform === 'web' ? webModuleFile : moduleFile)
}

function hasChanged({ sources }: Entry): boolean {
  return [...sources].some(([file, known]) => stamp(file) !== known)
}

/** What tells that a file was changed, without reading it. */
function stamp(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return ''
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
