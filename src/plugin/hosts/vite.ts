import type { UnpluginOptions } from 'unplugin'
import type { Plugin, ResolvedConfig, ViteDevServer } from 'vite'
import { devPath, serveModels } from '../dev-server.js'
import type { Hook, Host } from '../host.js'
import type { ModelImports } from '../model-imports.js'
import { failWithFile, resolveWithHost } from './rollup.js'

/** Vite 6, 7 and 8. */
export function viteHost(imports: ModelImports, self: () => UnpluginOptions): Host {
  let config: ResolvedConfig | undefined
  let server: ViteDevServer | undefined
  return {
    resolve: resolveWithHost,
    fail: failWithFile,
    print: (_: Hook, line) => config!.logger.info(line),
    serves: () => server !== undefined,
    urlBase: 'import.meta.url',

    url(_, { file, key }) {
      if (!server) {
        // In a build the host takes the file from the cache as an asset of its own: named by content, never inlined.
        const specifier = JSON.stringify(`${file.replaceAll('\\', '/')}?url&no-inline`)
        return { expression: 'asset', prelude: `import asset from ${specifier}` }
      }
      const name = encodeURIComponent(file.split(/[/\\]/).at(-1)!)
      const { base, server: options } = config!
      return { expression: JSON.stringify(`${options.origin ?? ''}${base}${devPath}${key}/${name}`) }
    },

    hooks: {
      vite: {
        config({ worker }) {
          // A build makes workers on their own, with no plugins but these.
          const plugins = worker?.plugins
          return { worker: { plugins: () => [...(plugins?.() ?? []), self() as unknown as Plugin] } }
        },
        configResolved(resolved) {
          if (resolved.isWorker) return
          config = resolved
          imports.root = resolved.root
          // What can be done before the first model is asked for.
          imports.cacheFolder()
        },
        configureServer(created) {
          server = created
          created.middlewares.use(serveModels(imports.cacheFolder(), created.config.base))
        },
      },
    },
  }
}
