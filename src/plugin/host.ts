import type { UnpluginOptions } from 'unplugin'
import type { GraphdefError } from '../errors.js'
import type { LoadedModel } from './model-loader.js'

/** What hosts give their hooks, as far as it is used here. */
export interface Hook {
  addWatchFile(file: string): void
}

/** An expression that gives the model's URL when the app runs, and the imports it needs. */
export interface ModelUrl {
  expression: string
  prelude?: string
}

/** How a host is to name the modules of models. */
export interface ModuleNames {
  /** What its filters match before `idOf` looks closer. */
  readonly pattern: RegExp
  nameOf(id: string): string
  /** The model's id; undefined for the name of any other module. */
  idOf(name: string): string | undefined
}

/** What differs from host to host. */
export interface Host {
  /** The file that a specifier leads to by the host's own rules; undefined where there is none. */
  resolve(hook: Hook, file: string, importer: string | undefined): Promise<string | undefined>
  /** Has the host emit the cached file as an asset of its own, or serve it. */
  url(hook: Hook, model: LoadedModel): ModelUrl
  /** Stops the build with an error about a model's file. */
  fail(hook: Hook, error: unknown, file: string): never
  print(hook: Hook, line: string): void
  /** Has the host look for changes of a model's file; `addWatchFile` where this is not given. */
  watch?(hook: Hook, file: string): void
  /** The path of a module that imports a model, where the host writes it in a way of its own. */
  modulePath?(importer: string): string
  /** What the model's URL starts from, for `new URL`; nothing where it is absolute. */
  readonly urlBase?: string
  /** The names of the models' modules; their ids where this is not given. */
  readonly moduleNames?: ModuleNames
  /** What becomes of the text of a model's module; it stays a string where this is not given. */
  module?(text: string): string
  /** Whether this is a dev server, whose builds do not end. */
  serves?(hook: Hook): boolean
  /** The hooks that this host alone has. */
  hooks: Partial<UnpluginOptions>
}

/** An error as hosts print it that show `stack` where there is one: our text alone, without the lines of our code. */
export function plainError(error: unknown): Error {
  const { message, code } = error as GraphdefError
  if (code === undefined) return error as Error
  return Object.assign(new Error(message), { name: 'GraphdefError', code, hideStack: true })
}
