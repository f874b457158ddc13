import { basename } from 'node:path'
import type { UnpluginOptions } from 'unplugin'
import type { Connect, Plugin, RenderBuiltAssetUrl, ResolvedConfig, Rollup, ViteDevServer } from 'vite'
import { hardLink } from '../../cache/hard-link.js'
import { devPath, refuseUnimported, serveModels } from '../dev-server.js'
import type { Hook, Host } from '../host.js'
import { splitModelId } from '../model-id.js'
import type { ModelImports } from '../model-imports.js'
import { withSlashes } from '../with-slashes.js'
import { failWithFile, resolveWithHost } from './rollup.js'
import { preBundling, ssrDependencies } from './vite-dependencies.js'
import { checkServable, sourceAt } from './vite-paths.js'

/** The environment that a hook runs in. */
interface ViteHook {
  environment?: { mode: 'dev' | 'build' | 'scan'; config: ResolvedConfig }
}

/** Vite 6, 7 and 8. */
export function viteHost(imports: ModelImports, self: () => UnpluginOptions): Host {
  imports.unfitForCache = /[#?]/
  let config: ResolvedConfig | undefined
  // Not whether a server was made: Astro makes one with the same plugin before it builds.
  const serves = (hook: Hook): boolean => {
    const { environment } = hook as ViteHook
    return environment ? environment.mode !== 'build' : config!.command === 'serve'
  }
  return {
    async resolve(hook, file, importer) {
      const found = await resolveWithHost(hook, file, importer)
      const { environment } = hook as ViteHook & { environment?: { config: { consumer?: string } } }
      if (found && serves(hook) && environment?.config.consumer !== 'server') checkServable(found, config!.root)
      return found
    },
    fail: failWithFile,
    print: (_: Hook, line) => config!.logger.info(line),
    serves,
    urlBase: 'import.meta.url',

    url(hook, { file, key, manifest }) {
      const { environment } = hook as ViteHook
      if (!serves(hook)) {
        const named = namesByContent(environment?.config ?? config!, file)
          ? file
          : hardLink(file, basename(file).replace(/\.pb$/, `-${manifest.sha256.slice(0, 8)}.pb`))
        // In a build the host takes the file from the cache as an asset of its own: named by content, never inlined.
        const specifier = JSON.stringify(`${withSlashes(named)}?url&no-inline`)
        return { expression: 'asset', prelude: `import asset from ${specifier}` }
      }
      const { base, server: options } = environment?.config ?? config!
      // The server decodes no `%40`.
      const path = `${devPath}${key}/${encodeURI(basename(file))}`
      return { expression: JSON.stringify(`${options.origin ?? ''}${base}${path}`) }
    },

    hooks: {
      vite: {
        async config(user, { command }) {
          const { meta } = (this ?? {}) as { meta?: { rolldownVersion?: string } }
          const plugins = user.worker?.plugins
          return {
            // A build makes workers on their own, with no plugins but these.
            worker: { plugins: () => [...(plugins?.() ?? []), self() as unknown as Plugin] },
            optimizeDeps: preBundling(meta?.rolldownVersion !== undefined),
            ssr: await ssrDependencies(user, command === 'build'),
            ...(user.build?.lib && user.base === undefined
              ? { experimental: { renderBuiltUrl: modelsBesideScripts(user.experimental?.renderBuiltUrl) } }
              : {}),
          }
        },
        configResolved(resolved) {
          if (resolved.isWorker) return
          config = resolved
          imports.root = resolved.root
          // What can be done before the first model is asked for.
          imports.cacheFolder()
        },
        configureServer(created) {
          const { base, logger } = created.config
          const own = [
            serveModels(imports.cacheFolder(), base, () => forgetModels(created)),
            refuseUnimported(
              (path) => sourceAt(path, created.config),
              (text) => logger.error(text, { timestamp: true }),
            ),
          ]
          for (const middleware of own) created.middlewares.use(middleware)
          return () => moveBehindChecks(created.middlewares, own)
        },
      },
    },
  }
}

/**
 * Vite 6 asks plugins for their middlewares before it adds its own that check the request's host, and that tell browsers which
 * other origins may read the answer. Ours go behind those.
 */
function moveBehindChecks({ stack }: Connect.Server, own: readonly Connect.NextHandleFunction[]): void {
  const checks = ['corsMiddleware', 'viteHostCheckMiddleware']
  const last = stack.findLastIndex(({ handle }) => checks.includes((handle as Connect.NextHandleFunction).name))
  const ours = stack.filter(({ handle }) => own.includes(handle as Connect.NextHandleFunction))
  if (last < stack.indexOf(ours[0]!)) return
  stack.splice(last + 1, 0, ...ours)
  for (const layer of ours) stack.splice(stack.indexOf(layer), 1)
}

/** Has the server load its models again when they are next asked for. */
function forgetModels({ environments }: ViteDevServer): void {
  for (const { moduleGraph } of Object.values(environments)) {
    for (const [id, module] of moduleGraph.idToModuleMap) if (splitModelId(id)) moduleGraph.invalidateModule(module)
  }
}

/**
 * Whether the host's names for assets tell two contents of one name apart by themselves. Numbers do not: each output of a build
 * counts on its own, so that the second model of one is the first of another.
 */
function namesByContent({ build, worker }: ResolvedConfig, file: string): boolean {
  const asset = {
    type: 'asset',
    name: basename(file),
    names: [basename(file)],
    originalFileName: undefined,
    originalFileNames: [],
    source: '',
  } satisfies Rollup.PreRenderedAsset
  const byContent = ({ output }: Rollup.RollupOptions, unnamed: string): boolean =>
    [output ?? {}]
      .flat()
      .every(({ assetFileNames: names = unnamed }) =>
        (typeof names === 'function' ? names(asset) : names).includes('[hash'),
      )
  return (
    byContent(build.rollupOptions as Rollup.RollupOptions, build.lib ? '[name]' : '[name]-[hash]') &&
    byContent(worker.rollupOptions as Rollup.RollupOptions, '[name]-[hash]')
  )
}

/**
 * Where nobody says under which base a library is deployed, its models lie beside its scripts: the host's own default is the
 * root of the server, which is hardly ever right for a library.
 */
function modelsBesideScripts(user: RenderBuiltAssetUrl | undefined): RenderBuiltAssetUrl {
  return (name, place) => {
    const own = user?.(name, place)
    return own === undefined && place.type === 'asset' && name.endsWith('.pb') ? { relative: true } : own
  }
}
