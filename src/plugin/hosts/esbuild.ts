import { basename, dirname, relative } from 'node:path'
import type { BuildOptions, Message, PartialMessage, PluginBuild } from 'esbuild'
import { hardLink } from '../../cache/hard-link.js'
import type { ModelUrl } from '../host.js'
import { modelIdPattern, splitModelId } from '../model-id.js'
import { ModelImports } from '../model-imports.js'
import { modelModule } from '../model-module.js'
import type { Options } from '../options.js'
import { scriptUrl } from '../script-url.js'

/** The ending under which esbuild is told to copy a file: the user's own loader for .pb stays theirs. */
const ending = '.graphdef.pb'
const namespace = 'graphdef'

/**
 * esbuild, by its own hooks: its errors need the place of the import, and its ids are paths from the working folder, so that
 * a build is the same in every folder.
 */
export function setUpEsbuild(build: PluginBuild, options: Options): void {
  const { initialOptions } = build
  const root = initialOptions.absWorkingDir ?? process.cwd()
  const imports = new ModelImports(options)
  imports.root = root
  imports.cacheFolder()
  initialOptions.loader = { ...initialOptions.loader, [ending]: 'file' }

  build.onResolve({ filter: modelIdPattern }, async ({ path, importer, kind, resolveDir, with: attributes }) => {
    const asked = splitModelId(path)
    if (!asked) return undefined
    const from = importer || undefined
    const found = await build.resolve(asked.file, { kind, importer, resolveDir, with: attributes })
    if (found.errors.length > 0) {
      const { error, file } = imports.unresolved(path, from)
      return { errors: [message(error, found.errors)], watchFiles: [file], watchDirs: [dirname(file)] }
    }
    const id = imports.resolved(path, found.path, from)
    return { path: relative(root, id).replaceAll('\\', '/'), namespace, pluginData: id }
  })

  build.onLoad({ filter: /.*/, namespace }, async ({ pluginData: id }) => {
    const { file } = splitModelId(id)!
    const watchFiles = [file]
    try {
      const model = await imports.load(id, {
        watch: (beside) => watchFiles.push(beside),
        print: (line) => prints(initialOptions) && console.error(line),
      })
      const contents = modelModule(model, () => assetUrl(model.file, initialOptions))
      return { contents, loader: 'js', resolveDir: dirname(file), watchFiles }
    } catch (error) {
      return { errors: [message(error)], watchFiles }
    }
  })

  build.onEnd(() => imports.finish())
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
function assetUrl(file: string, { format, platform, publicPath, splitting }: BuildOptions): ModelUrl {
  const named = hardLink(file, basename(file).replace(/\.pb$/, ending))
  const prelude = `import asset from ${JSON.stringify(named)}`
  const inNode = platform === 'node'
  // What the client's build gives, for a page that Node renders.
  if (inNode && publicPath) return { prelude, expression: 'asset' }
  if (format === 'esm' || splitting || (!format && platform === 'neutral')) {
    return { prelude, expression: 'new URL(asset, import.meta.url).href' }
  }
  if (inNode) {
    return { prelude, expression: "require('url').pathToFileURL(require('path').resolve(__dirname, asset)).href" }
  }
  return { prelude, expression: `new URL(asset, ${scriptUrl}).href` }
}
