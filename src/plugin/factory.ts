import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { UnpluginFactory } from 'unplugin'
import type { ResolvedConfig, Rollup, ViteDevServer } from 'vite'
import { GraphdefError, withPlace } from '../errors.js'
import { moduleText } from '../manifest/module-text.js'
import { buildLine } from '../report/build-line.js'
import { devPath, serveModels } from './dev-server.js'
import { modelId, modelIdPattern, splitModelId } from './model-id.js'
import { type LoadedModel, ModelLoader, unreadable } from './model-loader.js'
import { type Options, resolveOptions } from './options.js'
import { defaultTypesFile, TypesFile } from './types-file.js'

/** The plugin, for every host: what an import of a model resolves to, and the module it becomes. */
export const factory: UnpluginFactory<Options | undefined> = (options = {}) => {
  let root = process.cwd()
  let config: ResolvedConfig | undefined
  let server: ViteDevServer | undefined
  let loader: ModelLoader | undefined
  let types: TypesFile | undefined
  let print = (line: string): void => console.log(line)
  /** The specifiers under which a model id was imported, with the modules. */
  const imports = new Map<string, Map<string, { importer: string; specifier: string }>>()

  const start = (): ModelLoader => {
    if (loader) return loader
    const resolved = resolveOptions(options, root)
    if (resolved.types !== false) types = new TypesFile(resolved.types ?? defaultTypesFile(root), root)
    loader = new ModelLoader(resolved)
    return loader
  }

  return {
    name: 'graphdef',
    enforce: 'pre',

    resolveId: {
      filter: { id: modelIdPattern },
      async handler(id, importer) {
        const asked = splitModelId(id)
        if (!asked) return null
        try {
          const file = await resolveFile(this, asked.file, importer)
          const resolved = modelId(file, asked.query)
          if (importer) {
            const known = imports.get(resolved) ?? new Map()
            imports.set(resolved, known)
            const module = importer.split('?')[0]!
            known.set(`${module}\0${id}`, { importer: module, specifier: id })
          }
          return resolved
        } catch (error) {
          this.error(reported(withPlace(error, { request: id, importer: shown(root, importer) }), asked.file))
          return null
        }
      },
    },

    load: {
      filter: { id: modelIdPattern },
      async handler(id) {
        const asked = splitModelId(id)
        if (!asked) return null
        const { file, query } = asked
        this.addWatchFile(file)
        const importer = [...(imports.get(id)?.values() ?? [])][0]
        try {
          const model = await start().load(file, query, (beside) => this.addWatchFile(beside))
          const name = relative(root, file).replaceAll('\\', '/')
          const { report, manifest, hit, gzipBytes, milliseconds } = model
          print(buildLine(name, report, manifest, { cached: hit, gzipBytes, milliseconds, name: chainName(query) }))
          for (const { importer, specifier } of imports.get(id)?.values() ?? []) {
            if (sourceHolds(importer, specifier)) types?.saw({ importer, specifier, manifest })
          }
          if (server) await types?.write()
          return server ? devModule(model, config!) : buildModule(model)
        } catch (error) {
          return this.error(
            reported(
              withPlace(error, { request: importer?.specifier, importer: shown(root, importer?.importer) }),
              file,
            ),
          )
        }
      },
    },

    async buildEnd() {
      if (server) return
      await types?.write()
      await loader?.store.sweep()
    },

    vite: {
      configResolved(resolved) {
        config = resolved
        root = resolved.root
        print = (line) => resolved.logger.info(line)
        // What can be done before the first model is asked for.
        start().store.folder()
      },
      configureServer(created) {
        server = created
        created.middlewares.use(serveModels(start().store.folder(), created.config.base))
      },
    },
  }
}

/** What hosts give their hooks: enough to ask them where a specifier leads. */
interface ResolvingContext {
  resolve?: (source: string, importer?: string, options?: { skipSelf?: boolean }) => Promise<{ id: string } | null>
}

/** The file that an import means, by the host's own rules: aliases, package exports, root-relative paths. */
async function resolveFile(context: unknown, file: string, importer: string | undefined): Promise<string> {
  const found = await (context as ResolvingContext).resolve?.(file, importer, { skipSelf: true })
  if (found && !found.id.startsWith('\0')) return found.id.split('?')[0]!
  throw unreadable(importer && /^\.{1,2}\//.test(file) ? besideOf(importer, file) : file)
}

function besideOf(importer: string, file: string): string {
  return resolve(dirname(importer.split('?')[0]!), file)
}

/** In a build the host takes the file from the cache as an asset of its own: named by content, never inlined. */
async function buildModule(model: LoadedModel): Promise<string> {
  const { file, manifest, request } = model
  if (request.inline) return moduleText(manifest, JSON.stringify(dataUrl(file)))
  const specifier = JSON.stringify(`${file.replaceAll('\\', '/')}?url&no-inline`)
  return moduleText(manifest, 'asset', `import asset from ${specifier}`)
}

/** On a dev server the model comes from the cache through the plugin's own middleware. */
function devModule(model: LoadedModel, { base, server }: ResolvedConfig): string {
  const { file, key, manifest, request } = model
  if (request.inline) return moduleText(manifest, JSON.stringify(dataUrl(file)))
  const name = encodeURIComponent(file.split(/[/\\]/).at(-1)!)
  return moduleText(manifest, JSON.stringify(`${server.origin ?? ''}${base}${devPath}${key}/${name}`))
}

function dataUrl(file: string): string {
  return `data:application/octet-stream;base64,${readFileSync(file).toString('base64')}`
}

/** The chain as asked, for the build line. */
function chainName(query: string): string {
  return /(?:^|&)optimize=([^&]*)/.exec(query)?.[1] || 'default'
}

function shown(root: string, importer: string | undefined): string | undefined {
  return importer && relative(root, importer.split('?')[0]!).replaceAll('\\', '/')
}

/** Whether a module's text has the specifier: what a host made of another import does not, and needs no type. */
function sourceHolds(importer: string, specifier: string): boolean {
  try {
    return readFileSync(importer, 'utf8').includes(specifier)
  } catch {
    return false
  }
}

/**
 * An error as hosts show it: our text, and the model's file as its place. Never a line or column: a host would read the whole
 * model as text to show the code around it. And no cause: a host would print the same text again under it.
 */
function reported(error: unknown, file: string): Rollup.RollupError | string {
  if (!(error instanceof GraphdefError)) return error as Rollup.RollupError
  return { message: error.message, id: file, name: error.name, code: error.code } as Rollup.RollupError
}
