import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type ErrorPlace, GraphdefError, withPlace } from '../errors.js'
import { buildLine } from '../report/build-line.js'
import { holdsImport, type WrittenImport } from './import-attributes.js'
import { modelId, splitModelId } from './model-id.js'
import { type LoadedModel, ModelLoader, unreadable } from './model-loader.js'
import { type Options, type ResolvedOptions, resolveOptions } from './options.js'
import { shownPath } from './shown-path.js'
import { defaultTypesFile, TypesFile } from './types-file.js'

interface Import {
  importer: string
  specifier: string
}

/** What a hook of the host gives to load a model. */
export interface LoadHooks {
  watch(file: string): void
  print(line: string): void
}

/** The imports of models in one build or dev server: where they lead, what is loaded for them, and the types that they get. */
export class ModelImports {
  /** Where relative places of the options start, and what paths are shown from. The host sets it before anything is loaded. */
  root: string = process.cwd()
  /** What the path of the cache may not hold: the host would take it apart there. */
  unfitForCache: RegExp = /\?/
  readonly #options: Options
  #started: { options: ResolvedOptions; loader: ModelLoader; types: TypesFile | undefined } | undefined
  /** The specifiers under which a model id was imported, with the modules. */
  readonly #imports = new Map<string, Map<string, Import>>()
  /** The imports by attributes, by module and the specifier that stands for them. */
  readonly #byAttributes = new Map<string, Map<string, WrittenImport>>()

  constructor(options: Options) {
    this.#options = options
  }

  /** @throws GraphdefError where the plugin's options are wrong */
  #start(): { options: ResolvedOptions; loader: ModelLoader; types: TypesFile | undefined } {
    if (this.#started) return this.#started
    const options = resolveOptions(this.#options, this.root)
    const types =
      options.types === false ? undefined : new TypesFile(options.types ?? defaultTypesFile(this.root), this.root)
    this.#started = { options, types, loader: new ModelLoader(options, this.unfitForCache) }
    return this.#started
  }

  /**
   * The folder of the cache. Asked for before the first model, it brings wrong options to light at once.
   * @throws GraphdefError where the plugin's options are wrong
   */
  cacheFolder(): string {
    return this.#start().loader.store.folder()
  }

  /** A short text that changes with all that decides what a model becomes but the model itself and its request. */
  optionsText(): string {
    const { presets, defaultPreset } = this.#start().options
    return JSON.stringify([presets, defaultPreset ?? null])
  }

  /** Notes an import whose attributes the host is given as a query: how it stands in the module is for messages and types. */
  rewrote(importer: string, found: WrittenImport): void {
    const key = importKey(importer, found.asQuery)
    const known = this.#byAttributes.get(key) ?? new Map<string, WrittenImport>()
    this.#byAttributes.set(key, known.set(found.written, found))
  }

  #written(importer: string, specifier: string): WrittenImport[] {
    return [...(this.#byAttributes.get(importKey(importer, specifier))?.values() ?? [])]
  }

  /** The id of an import's module, which is noted. */
  resolved(specifier: string, file: string, importer: string | undefined): string {
    const id = modelId(file, splitModelId(specifier)!.query)
    if (importer) {
      const known = this.#imports.get(id) ?? new Map<string, Import>()
      this.#imports.set(id, known)
      const module = importer.split('?')[0]!
      known.set(importKey(module, specifier), { importer: module, specifier })
    }
    return id
  }

  /** An error of an import, which comes up before its model is loaded. */
  ofImport(error: unknown, specifier: string, importer: string | undefined): unknown {
    return withPlace(error, this.#place(importer, specifier))
  }

  /** The error of an import that leads nowhere, and the file that it would lead to. */
  unresolved(specifier: string, importer: string | undefined): { error: GraphdefError; file: string } {
    const { file: asked } = splitModelId(specifier)!
    const file = importer && /^\.{1,2}\//.test(asked) ? resolve(dirname(importer.split('?')[0]!), asked) : asked
    const found = isName(asked) ? unknownName(asked) : unreadable(file)
    return { error: found.at(this.#place(importer, specifier)), file }
  }

  /**
   * The model of an id, from the cache or made now.
   * @throws GraphdefError with file, import and module
   */
  async load(id: string, { watch, print }: LoadHooks): Promise<LoadedModel> {
    const { file, query } = splitModelId(id)!
    const imports = [...(this.#imports.get(id)?.values() ?? [])]
    try {
      const { loader, types } = this.#start()
      const model = await loader.load(file, query, watch)
      const unused = loader.store.tellUnused()
      if (unused) print(`graphdef  ${unused}`)
      const { report, manifest, hit, gzipBytes, milliseconds } = model
      const name = shownPath(this.root, file)
      print(buildLine(name, report, manifest, { cached: hit, gzipBytes, milliseconds, name: chainName(query) }))
      for (const { importer, specifier } of imports) {
        const source = textOf(importer)
        if (holdsImport(source, importer, specifier)) types?.saw({ importer, specifier, manifest })
        for (const { specifier: plain, written } of this.#written(importer, specifier)) {
          if (!holdsImport(source, importer, written)) continue
          types?.saw({ importer, specifier: plain, written, manifest })
          // For compilers that check types after the import was rewritten, as ts-loader does.
          types?.saw({ importer, specifier, written, manifest })
        }
      }
      return model
    } catch (error) {
      const [first] = imports
      throw withPlace(error, this.#place(first?.importer, first?.specifier))
    }
  }

  async writeTypes(): Promise<void> {
    await this.#started?.types?.write()
  }

  /** What is to be done after a build: the types, and dropping old entries of the cache. */
  async finish(): Promise<void> {
    await this.writeTypes()
    await this.#started?.loader.store.sweep()
  }

  /** An error in a module itself, which comes up before anything of it is resolved. */
  inModule(error: unknown, importer: string | undefined): unknown {
    return withPlace(error, this.#place(importer, undefined))
  }

  #place(importer: string | undefined, specifier: string | undefined): ErrorPlace {
    const written = importer && specifier ? this.#written(importer, specifier)[0]?.written : undefined
    return {
      request: written ?? specifier,
      importer: importer && shownPath(this.root, importer.split('?')[0]!),
    }
  }
}

/** Whether a path is none by itself: that of a package, or of what the bundler's configuration says. */
function isName(path: string): boolean {
  return !/^(?:\.{0,2}[\\/]|[A-Za-z]:[\\/])/.test(path)
}

function unknownName(path: string): GraphdefError {
  return new GraphdefError('file-not-found', {
    what: 'there is no such file',
    file: path,
    remedy: `The bundler finds no package and no alias for it; a file beside the module is ./${path}`,
  })
}

/** The chain as asked, for the build line. */
export function chainName(query: string): string {
  return /(?:^|&)optimize=([^&]*)/.exec(query)?.[1] || 'default'
}

function importKey(importer: string, specifier: string): string {
  return `${importer.split('?')[0]}\0${specifier}`
}

/** A module's text as it stands on disk: what hosts make of it may have imports that need no type. */
function textOf(importer: string): string {
  try {
    return readFileSync(importer, 'utf8')
  } catch {
    return ''
  }
}
