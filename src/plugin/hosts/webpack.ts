import { realpathSync } from 'node:fs'
import { basename, dirname, sep } from 'node:path'
import type { Compiler as RspackCompiler } from '@rspack/core'
import type { Compiler as WebpackCompiler } from 'webpack'
import { version } from '../../version.js'
import { type Hook, type Host, plainError } from '../host.js'
import { splitModelId } from '../model-id.js'
import type { ModelImports } from '../model-imports.js'

type Compiler = WebpackCompiler | RspackCompiler

const compilerOf = (hook: Hook): Compiler =>
  (hook as unknown as { getNativeBuildContext(): { compiler: Compiler } }).getNativeBuildContext().compiler

/** The file that an import means, by the rules of the user's `resolve`. */
function resolveWithCompiler(hook: Hook, file: string, importer: string | undefined): Promise<string | undefined> {
  const compiler = compilerOf(hook) as WebpackCompiler
  const folder = importer ? dirname(importer.split('?')[0]!) : compiler.context
  const resolver = compiler.resolverFactory.get('normal', { dependencyType: 'esm' })
  return new Promise((resolve) => {
    // What is not found is told in our words: which file, and what may be meant.
    resolver.resolve({}, folder, file, {}, (error, found) => resolve(error || !found ? undefined : found.split('?')[0]))
  })
}

/** Whether the resource is the virtual module that unplugin makes of a model's id. */
function isModelModule(resource: string): boolean {
  const name = basename(resource).replace(/^_virtual_/, '')
  try {
    return name.includes('%') && splitModelId(decodeURIComponent(name)) !== undefined
  } catch {
    return false
  }
}

/** The cache's folder as it is named, and as the host's resolver sees it through links. */
function isIn(folder: string): (resource: string) => boolean {
  const folders = [...new Set([folder, realpathSync(folder)])].map((path) => path + sep)
  return (resource) => folders.some((path) => resource.startsWith(path))
}

function webpackLike(imports: ModelImports): Host & { setUp(compiler: Compiler): void } {
  const watches = (compiler: Compiler): boolean => Boolean(compiler.watchMode || compiler.options.cache)
  return {
    resolve: resolveWithCompiler,
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
      // `-!` leaves out the user's own loaders.
      return { expression: `new URL(${JSON.stringify(`-!${file}`)}, import.meta.url).href` }
    },

    setUp(compiler) {
      imports.root = compiler.context
      // Last, so that they are stronger than what the user's own rules make of .pb files.
      compiler.options.module.rules.push(
        { test: isIn(imports.cacheFolder()), type: 'asset/resource' },
        { test: isModelModule, type: 'javascript/auto' },
      )
    },

    hooks: {},
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
  return { ...host, hooks: { rspack: setUp } }
}
