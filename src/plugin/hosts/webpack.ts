import { realpathSync } from 'node:fs'
import { basename, dirname, parse, resolve, sep } from 'node:path'
import type { Compiler as RspackCompiler } from '@rspack/core'
import type { Compiler as WebpackCompiler } from 'webpack'
import { GraphdefError } from '../../errors.js'
import { version } from '../../version.js'
import { type Hook, type Host, type ModuleNames, plainError } from '../host.js'
import { splitModelId } from '../model-id.js'
import type { ModelImports } from '../model-imports.js'
import { shownPath } from '../shown-path.js'
import { refuseOnDevServer } from './webpack-dev-server.js'

type Compiler = WebpackCompiler | RspackCompiler

const compilerOf = (hook: Hook): Compiler =>
  (hook as unknown as { getNativeBuildContext(): { compiler: Compiler } }).getNativeBuildContext().compiler

/** The file that an import means, by the rules of the user's `resolve`. */
function resolveWithCompiler(hook: Hook, file: string, importer: string | undefined): Promise<string | undefined> {
  const compiler = compilerOf(hook) as WebpackCompiler
  const folder = importer ? dirname(importer.split('?')[0]!) : compiler.context
  const resolver = compiler.resolverFactory.get('normal', { dependencyType: 'esm' })
  return new Promise((settle) => {
    // What is not found is told in our words: which file, and what may be meant. The path, for in the text before it the hosts
    // mark a `#` with a character of their own.
    resolver.resolve({}, folder, file, {}, (_error, _text, found) => settle(found?.path || undefined))
  })
}

/** A path without the characters by which webpack and Rspack mark a `#` that begins no fragment. */
const unmarked = (path: string): string => path.replace(/[\0\u200b]#/g, '#')

const escaped = (text: string, characters: RegExp): string =>
  text.replace(characters, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * The name of a model's module is its id without a dot, so that a rule of the user's own for .pb never meets it, wherever in a
 * path it looks. Nor has the query a slash: the host would take `a/../b` in it for a path.
 */
const moduleNames: ModuleNames = {
  pattern: /%2E(?:pb|pbtxt|pbmm|mmpb)(?:%2Egz)?\?/,
  nameOf(id) {
    const { file, query } = splitModelId(id)!
    return `${escaped(file, /[%.]/g)}?${escaped(query, /[%./\\]/g)}`
  },
  idOf(name) {
    try {
      const id = decodeURIComponent(name)
      return splitModelId(id) && id
    } catch {
      return undefined
    }
  },
}

/** The model whose virtual module, as unplugin calls it, the resource is. */
function modelOf(resource: string | undefined): string | undefined {
  const name = resource && basename(resource).replace(/^_virtual_/, '')
  if (!name?.includes('%')) return undefined
  try {
    return moduleNames.idOf(decodeURIComponent(name))
  } catch {
    return undefined
  }
}

/** What is used of either's modules. */
interface Module {
  readonly resource?: string
  readonly type: string
  readonly loaders?: readonly { readonly loader: string }[]
  identifier(): string
}

const assetTypes = ['asset', 'asset/resource', 'asset/inline']

/** What is used of either's compilation. */
interface Compilation {
  readonly modules: Iterable<Module>
  readonly errors: (Error & { readonly module?: Module | null })[]
  readonly moduleGraph: {
    getOutgoingConnections(module: Module): Iterable<{ readonly module: Module | null }>
    getIncomingConnections(
      module: Module,
    ): Iterable<{ readonly originModule: Module | null; readonly dependency: { readonly request?: string } }>
    getProvidedExports(module: Module): readonly string[] | true | null
  }
  readonly hooks: { readonly seal: { tap(name: string, check: () => void): void } }
}

/**
 * Fails the build where a model's module does not lead to the model: a loader of the user's own made something else of it, or
 * the host was told not to look into it. Without this there may be no error, and no model at the URL.
 */
function checkModels({ modules, errors, moduleGraph }: Compilation, imports: ModelImports): void {
  const inCache = isIn(imports.cacheFolder())
  const failed = new Set([...errors].map((error) => error.module?.identifier()))
  for (const module of modules) {
    const id = modelOf(module.resource)
    if (!id || failed.has(module.identifier())) continue
    const inlined = /[?&]inline(?:=(?:true)?)?(?:&|$)/.test(id)
    const asset = [...moduleGraph.getOutgoingConnections(module)].find(({ module: to }) => isAsset(to, inCache))?.module
    const leadsToModel = inlined ? [moduleGraph.getProvidedExports(module)].flat().includes('sha256') : asset
    if (leadsToModel && !asset?.loaders?.length) continue
    const [incoming] = moduleGraph.getIncomingConnections(module)
    const importer = incoming?.originModule?.resource
    errors.unshift(
      plainError(
        changedModule(asset ?? module, imports.cacheFolder()).at({
          file: splitModelId(id)!.file,
          request: incoming?.dependency.request,
          importer: importer && shownPath(imports.root, unmarked(importer)),
        }),
      ),
    )
  }
}

function isAsset(module: Module | null, inCache: (resource: string) => boolean): boolean {
  return module !== null && assetTypes.includes(module.type) && inCache(module.resource ?? '')
}

/** The error of a module that the configuration changes: the one that the import stands for, or the asset. */
function changedModule({ type, loaders = [], resource = '' }: Module, cacheFolder: string): GraphdefError {
  const others = loaders.map(({ loader }) => loader).filter((path) => !/[\\/]unplugin[\\/]dist[\\/]/.test(path))
  const virtual = resource.includes('_virtual_') ? '/_virtual_/' : '/[\\\\/]\\.virtual[\\\\/]/'
  const place = assetTypes.includes(type) ? JSON.stringify(cacheFolder) : virtual
  return new GraphdefError('not-emitted', {
    what: "the bundler's configuration changes the model, or the module that its import stands for",
    remedy: others.length
      ? `These loaders change it: ${others.join(', ')}\nLeave it out of their rules: exclude: ${place}`
      : `Leave it out of the rules that apply to all modules: exclude: ${place}`,
  })
}

type NoParse = string | RegExp | ((request: string) => boolean)

/** Has the host look into the models' modules, whatever is not to be parsed otherwise. */
function parseModels(options: { noParse?: NoParse | readonly NoParse[] }, isOurs: (resource: string) => boolean): void {
  if (!options.noParse) return
  const given = [options.noParse].flat()
  options.noParse = (request) =>
    !isOurs(request.slice(request.lastIndexOf('!') + 1)) &&
    given.some((item) => {
      if (typeof item === 'function') return item(request)
      return typeof item === 'string' ? request.startsWith(item) : item.test(request)
    })
}

/** The cache's folder as it is named, and as the host's resolver sees it through links. */
function isIn(folder: string): (resource: string) => boolean {
  const folders = [...new Set([folder, realpathSync(folder)])].map((path) => path + sep)
  return (resource) => folders.some((path) => unmarked(resource).startsWith(path))
}

function webpackLike(imports: ModelImports): Host & { setUp(compiler: Compiler): void } {
  // What stands before a "!" is a loader.
  imports.unfitForCache = /[?!]/
  const watches = (compiler: Compiler): boolean => Boolean(compiler.watchMode || compiler.options.cache)
  return {
    resolve: resolveWithCompiler,
    modulePath: unmarked,
    fail(_, error) {
      throw plainError(error)
    },
    print: (hook, line) => compilerOf(hook).getInfrastructureLogger('graphdef').info(line),

    // A build that neither watches nor keeps a cache would read and hash the whole model for nothing.
    watch(hook, file) {
      if (watches(compilerOf(hook))) hook.addWatchFile(file)
    },

    url(hook, { file }) {
      const compiler = compilerOf(hook)
      // The host may remember that the file was not there.
      ;(compiler.inputFileSystem as { purge?(path: string): void } | null)?.purge?.(imports.cacheFolder())
      if (watches(compiler)) hook.addWatchFile(file)
      // `-!` leaves out the user's own loaders; `!!` would leave out the rule's type too.
      const url = `new URL(${JSON.stringify(`-!${file}`)}, import.meta.url)`
      // Under a path from the server's root, what a server renders must be what the page's own script says: it knows no origin.
      const { publicPath } = compiler.options.output
      const isPath = typeof publicPath === 'string' && /^\/(?!\/)/.test(publicPath)
      return { expression: `${url}.${isPath ? 'pathname' : 'href'}` }
    },

    // `import.meta.url` beside anything but a literal is an error here. `file:` is what a server's build has for an origin.
    urlBase: "globalThis.location?.href ?? 'file:'",

    moduleNames,

    setUp(compiler) {
      imports.root = compiler.context
      const isCached = isIn(imports.cacheFolder())
      const isModule = (resource: string): boolean => modelOf(resource) !== undefined
      // Last, so that they are stronger than what the user's own rules make of .pb files.
      compiler.options.module.rules.push(
        { test: isCached, type: 'asset/resource' },
        { test: isModule, type: 'javascript/auto', parser: { url: true } },
      )
      const { devServer } = compiler.options
      if (devServer) refuseOnDevServer(devServer, (text) => compiler.getInfrastructureLogger('graphdef').error(text))
      parseModels(compiler.options.module as never, (resource) => isCached(resource) || isModule(resource))
      ;(compiler as WebpackCompiler).hooks.thisCompilation.tap('graphdef', (compilation) => {
        const checked = compilation as unknown as Compilation
        checked.hooks.seal.tap('graphdef', () => checkModels(checked, imports))
      })
    },

    hooks: {},
  }
}

/**
 * unplugin gives the modules that it makes a folder in the host's context, and knows them by it. But hosts give their paths back
 * with links followed, and with a mark before a `#`: so its context has neither.
 */
export function inPlainContext<Plugin extends { apply(compiler: never): void }>(plugin: Plugin): Plugin {
  return {
    ...plugin,
    apply(compiler: Compiler) {
      const { context } = compiler.options
      const folder = realpathSync(context ?? compiler.context)
      compiler.options.context = folder.includes('#') ? parse(folder).root : folder
      try {
        plugin.apply(compiler as never)
      } finally {
        compiler.options.context = context as string
      }
    },
  }
}

/** webpack 5. */
export function webpackHost(imports: ModelImports): Host {
  const { setUp, ...host } = webpackLike(imports)
  return {
    ...host,
    hooks: {
      webpack(compiler) {
        setUp(compiler)
        const { snapshot, cache } = compiler.options
        // Files under node_modules, where the cache lies, are not looked at again.
        snapshot.unmanagedPaths = [...(snapshot.unmanagedPaths ?? []), imports.cacheFolder()]
        // Modules that the host keeps on disk know nothing of the plugin's options.
        if (cache && cache.type === 'filesystem') {
          cache.version = [cache.version, 'graphdef', version, imports.optionsText()].filter(Boolean).join(' ')
        }
      },
    },
  }
}

/** Rspack 2. */
export function rspackHost(imports: ModelImports): Host {
  const { setUp, ...host } = webpackLike(imports)
  return {
    ...host,
    // Of an import that leads nowhere Rspack keeps no file to watch, but it does of a module that cannot be loaded.
    async resolve(hook, file, importer) {
      const found = await host.resolve(hook, file, importer)
      const isRelative = importer && /^\.{1,2}\//.test(file)
      return found ?? (isRelative ? resolve(dirname(importer.split('?')[0]!), file) : undefined)
    },
    hooks: { rspack: setUp },
  }
}
