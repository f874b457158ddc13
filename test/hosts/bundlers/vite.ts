import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { InlineConfig, Logger, Rollup } from 'vite'
import graphdef from '../../../src/vite.js'
import { pageWith } from '../app.js'
import { aliasesOf, type BuildRequest, type Bundler, firstEnd, pluginLines } from '../bundler.js'

type Vite = typeof import('vite')

/** A version of Vite. */
export function viteBundler(load: () => Promise<Vite>): Bundler {
  const config = (request: BuildRequest, print: (text: string) => void) => {
    const { project, output, base, options, rule, sourceMap } = request
    const ids: string[] = []
    const inline = {
      root: project.root,
      base,
      configFile: false,
      customLogger: { info: print, warn: print, warnOnce: print, error: print, clearScreen() {} } as unknown as Logger,
      plugins: [
        graphdef(options),
        {
          name: 'ids',
          moduleParsed({ id }: { id: string }) {
            if (id.includes('.pb?') && !id.includes('url&no-inline')) ids.push(id)
          },
        },
      ],
      // Vite 8 alone knows `tsconfigPaths`.
      resolve: { alias: aliasesOf(request), ...(request.aliases ? { tsconfigPaths: true } : {}) },
      assetsInclude: rule ? ['**/*.pb'] : [],
      build: {
        minify: output !== 'node',
        modulePreload: false,
        sourcemap: sourceMap,
        ssr: output === 'node' ? 'src/main.js' : false,
        assetsInlineLimit: 1e9,
        rollupOptions: {
          input: join(project.root, output === 'worker' ? 'src/page.js' : 'src/main.js'),
          output: { entryFileNames: 'main.js' },
        },
      },
    } as InlineConfig
    return { ids, inline }
  }
  return {
    makesWorkers: true,
    async build(request) {
      const printed: string[] = []
      const { ids, inline } = config(request, (text) => void printed.push(text))
      await (await load()).build(inline)
      return { entry: 'main.js', ids, lines: pluginLines(printed) }
    },
    async watch(request) {
      const { inline } = config(request, () => {})
      const watcher = (await (
        await load()
      ).build({
        ...inline,
        build: { ...inline.build, watch: {} },
      })) as Rollup.RollupWatcher
      return { built: firstEnd(watcher), close: () => watcher.close() }
    },
    async serve(request) {
      const { project, base } = request
      project.write('index.html', pageWith('<script type="module" src="/src/main.js"></script>'))
      const { inline } = config(request, () => {})
      const server = await (await load()).createServer({
        ...inline,
        server: { host: '127.0.0.1', port: 0 },
        optimizeDeps: { noDiscovery: true },
      })
      await server.listen()
      const { port } = server.httpServer!.address() as AddressInfo
      let withoutError = 0
      return {
        url: `http://127.0.0.1:${port}${base}`,
        hot: true,
        async shownError(page) {
          const text = (await page.locator('vite-error-overlay .message-body').allTextContents()).join('\n')
          // Vite sends an error to the pages that it knows then: one that is just loading may miss it, and shows it the next time.
          if (text === '' && ++withoutError % 40 === 0) await page.reload()
          return text
        },
        close: () => server.close(),
      }
    },
  }
}
