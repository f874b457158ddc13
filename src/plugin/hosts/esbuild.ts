import { realpathSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import type { BuildOptions, Message, Metafile, OnLoadResult, PartialMessage, PluginBuild } from 'esbuild'
import { hardLink } from '../../cache/hard-link.js'
import { GraphdefError } from '../../errors.js'
import type { ModelUrl } from '../host.js'
import { specifierWithAttributes, writtenImport } from '../import-attributes.js'
import { modelId, modelPathPattern, splitModelId } from '../model-id.js'
import { ModelImports } from '../model-imports.js'
import { modelModule } from '../model-module.js'
import type { Options } from '../options.js'
import { scriptUrl } from '../script-url.js'
import { withSlashes } from '../with-slashes.js'
import { rewriteScripts } from './esbuild-scripts.js'
import { WatchedModels } from './esbuild-watch.js'

/** The ending under which esbuild is told to copy a file: the user's own loader for .pb stays theirs. */
const ending = '.graphdef.pb'
const namespace = 'graphdef'

/**
 * esbuild, by its own hooks: its errors need the place of the import, and its ids are paths from the working folder, so that
 * a build is the same in every folder.
 */
export function setUpEsbuild(build: PluginBuild, options: Options): void {
  const { initialOptions } = build
  // As esbuild names it in paths from there.
  const root = realpathSync(initialOptions.absWorkingDir ?? process.cwd())
  const imports = new ModelImports(options)
  imports.root = root
  imports.cacheFolder()
  const watched = new WatchedModels(() => imports.cacheFolder())
  build.onDispose(() => watched.close())
  initialOptions.loader = { ...initialOptions.loader, [ending]: 'file' }

  build.onResolve({ filter: modelPathPattern }, async ({ path, importer, kind, resolveDir, with: attributes }) => {
    const from = importer || undefined
    let specifier = path
    try {
      // Read as they are here: only what esbuild does not give to plugins is rewritten.
      specifier = specifierWithAttributes(path, attributes) ?? path
    } catch (error) {
      return { errors: [message(imports.inModule(error, from))] }
    }
    const asked = splitModelId(specifier)
    if (!asked) return undefined
    if (specifier !== path) {
      imports.rewrote(importer, { specifier: path, asQuery: specifier, written: writtenImport(path, attributes) })
    }
    const found = await build.resolve(asked.file, { kind, importer, resolveDir })
    if (found.errors.length > 0) {
      const { error, file } = imports.unresolved(specifier, from)
      return { errors: [message(error, found.errors)], watchFiles: [file], watchDirs: [dirname(file)] }
    }
    if (found.external) {
      const error = new GraphdefError('not-emitted', {
        what: "the import is external by esbuild's options, so that it would be there as it is when the app runs",
        request: specifier,
        remedy: "Leave it out of external; where packages is 'external', import the model by a relative path.",
      })
      return { errors: [message(imports.inModule(error, from))] }
    }
    const id = imports.resolved(specifier, found.path, from)
    return { path: moduleName(root, id), namespace, pluginData: id }
  })

  // Only the metafile tells whether esbuild came to copy a file; without other plugins nothing keeps it from that.
  if ((initialOptions.plugins?.length ?? 0) > 1) initialOptions.metafile = true
  /** The files that esbuild is told to copy, with their models. */
  const copying = new Map<string, string>()
  const load = async (id: string): Promise<OnLoadResult> => {
    const { file } = splitModelId(id)!
    const watchFiles = [watched.of(file)]
    try {
      const model = await imports.load(id, {
        watch: (beside) => watchFiles.push(watched.of(beside)),
        print: (line) => prints(initialOptions) && console.error(line),
      })
      const contents = modelModule(model, () => {
        const asset = hardLink(model.file, basename(model.file).replace(/\.pb$/, ending))
        copying.set(realpathSync(asset), file)
        return assetUrl(asset, initialOptions)
      })
      return { contents, loader: 'js', resolveDir: dirname(file), watchFiles }
    } catch (error) {
      return { errors: [message(error)], watchFiles }
    }
  }
  // For esbuild a query and attributes that ask for the same are two modules.
  const loaded = new Map<string, Promise<OnLoadResult>>()
  build.onStart(() => {
    loaded.clear()
    copying.clear()
    return initialOptions.bundle ? undefined : { errors: [message(notBundled())] }
  })
  build.onLoad({ filter: /.*/, namespace }, ({ pluginData: id }) => {
    const loading = loaded.get(id) ?? load(id)
    loaded.set(id, loading)
    return loading
  })

  if (initialOptions.bundle) {
    rewriteScripts(build, {
      // Attributes that begin with `with` esbuild gives to plugins itself.
      words: /\b(?:assert|meta)\b/,
      urlBase: urlBase(initialOptions),
      rewrote: (path, found) => imports.rewrote(path, found),
      failed: (error, path) => ({ errors: [message(imports.inModule(error, path))] }),
    })
  }

  build.onEnd(async ({ errors, metafile }) => {
    await imports.finish()
    if (errors.length > 0 || !metafile) return undefined
    const copied = copiedFiles(metafile, root)
    const missing = [...copying].filter(([asset]) => !copied.has(asset))
    return { errors: missing.map(([, file]) => message(notCopied(file))) }
  })
}

/** The name of a model's module: its id from the working folder. The query is no path, whatever slashes and points it has. */
function moduleName(root: string, id: string): string {
  const { file, query } = splitModelId(id)!
  return modelId(withSlashes(relative(root, file)), query)
}

/** The files with our ending that the build's output has as they are. */
function copiedFiles({ outputs }: Metafile, root: string): Set<string> {
  const copies = Object.entries(outputs).filter(([name]) => name.endsWith('.pb'))
  const inputs = copies.flatMap(([, output]) => Object.keys(output.inputs)).filter((name) => name.endsWith(ending))
  return new Set(inputs.map((name) => realpathSync(resolve(root, name))))
}

function notBundled(): GraphdefError {
  return new GraphdefError('not-emitted', {
    what: 'esbuild does not bundle, so that all imports stay as they are, and those of models find nothing',
    remedy: 'Set bundle: true, or leave the plugin out of this build.',
  })
}

function notCopied(file: string): GraphdefError {
  return new GraphdefError('not-emitted', {
    what: 'another plugin took the model from esbuild, which was to copy it',
    file,
    remedy: `Have the plugin that loads .pb files leave out paths that end in ${ending}.`,
  })
}

/** What makes the URL of `publicPath` in Node a whole one; all others are. */
function urlBase(options: BuildOptions): string | undefined {
  const { platform, publicPath } = options
  if (platform !== 'node' || !publicPath) return undefined
  return isModule(options) ? 'import.meta.url' : "require('url').pathToFileURL(__filename)"
}

/** Standard output may be the bundle. */
function prints({ logLevel }: BuildOptions): boolean {
  return logLevel === undefined || ['info', 'debug', 'verbose'].includes(logLevel)
}

/** An error as esbuild shows it: the place of the import, and our text. */
function message(error: unknown, hosts: readonly Message[] = []): PartialMessage {
  return { text: (error as Error).message, detail: error, location: hosts[0]?.location ?? undefined }
}

/**
 * The cached file, which esbuild copies itself: bytes that a plugin returns go through a pipe, and take 25 times as long. The
 * loader gives a path from the script's folder, or what `publicPath` makes of it.
 */
function assetUrl(asset: string, options: BuildOptions): ModelUrl {
  const { platform, publicPath } = options
  const prelude = `import asset from ${JSON.stringify(asset)}`
  const inNode = platform === 'node'
  // What the client's build gives, for a page that Node renders.
  if (inNode && publicPath) return { prelude, expression: 'asset' }
  if (isModule(options)) {
    return { prelude, expression: 'new URL(asset, import.meta.url).href' }
  }
  if (inNode) {
    return { prelude, expression: "require('url').pathToFileURL(require('path').resolve(__dirname, asset)).href" }
  }
  return { prelude, expression: `new URL(asset, ${scriptUrl}).href` }
}

function isModule({ format, platform, splitting }: BuildOptions): boolean {
  return format === 'esm' || Boolean(splitting) || (!format && platform === 'neutral')
}
