import { realpathSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { rspack } from '@rspack/core'
import { RspackDevServer } from '@rspack/dev-server'
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import rspackPlugin from '../../../src/rspack.js'
import webpackPlugin from '../../../src/webpack.js'
import { pageWith } from '../app.js'
import { aliasesOf, type BuildRequest, type Built, type Bundler, pluginLines } from '../bundler.js'

/** What is used of either's compiler. */
interface Compiler {
  run(done: (error: Error | null, stats: Stats | undefined) => void): void
  watch(options: object, done: (error: Error | null) => void): { close(done: () => void): void }
  close(done: () => void): void
}
interface Stats {
  hasErrors(): boolean
  toJson(options: object): { errors?: { message: string }[]; modules?: { identifier?: string }[] }
}

interface DevServerOf {
  readonly server?: { address(): unknown }
  start(): Promise<void>
  stop(): Promise<void>
}

const targets = { page: 'web', script: 'web', worker: 'web', node: 'node' } as const

/** The virtual module that unplugin makes of a model's id. */
const modelModule = /(?:_virtual_|\.virtual[/\\])([^|!]*%252Epb%3F[^|!]*)/

/** By its real path: webpack holds it against the paths of modules. */
const tsconfigOf = ({ project }: BuildRequest): string => join(realpathSync(project.root), 'tsconfig.json')

function webpackLike(
  make: (config: object) => Compiler,
  plugin: typeof webpackPlugin | typeof rspackPlugin,
  serveWith: (options: object, compiler: Compiler) => DevServerOf,
  cache: (root: string) => object,
  tsconfigOption: string,
): Bundler {
  const config = (request: BuildRequest, printed: string[]): object => {
    const { project, output, base, options, rule, sourceMap } = request
    const print = (...texts: unknown[]): void => void printed.push(texts.join(' '))
    return {
      mode: 'production',
      devtool: sourceMap ? 'source-map' : false,
      context: project.root,
      entry: output === 'worker' ? './src/page.js' : './src/main.js',
      target: targets[output],
      output: {
        path: join(project.root, 'dist'),
        filename: output === 'node' ? 'main.cjs' : 'main.js',
        clean: true,
        ...(output === 'node' ? {} : { publicPath: base }),
      },
      resolve: { alias: aliasesOf(request), ...(request.aliases ? { [tsconfigOption]: tsconfigOf(request) } : {}) },
      module: { rules: rule ? [{ test: /\.pb$/, type: 'asset/inline' }] : [] },
      infrastructureLogging: { level: 'info', console: { info: print, log: print, warn: print, error: print } },
      plugins: [plugin(options)],
      ...(request.hostCache ? { cache: cache(project.root) } : {}),
      ...request.hostConfig,
    }
  }
  return {
    makesWorkers: true,
    build(request) {
      const printed: string[] = []
      const compiler = make(config(request, printed))
      return new Promise<Built>((resolve, reject) => {
        compiler.run((error, stats) => {
          compiler.close(() => {
            if (error) return reject(error)
            const { errors = [], modules = [] } = stats!.toJson({
              all: false,
              errors: true,
              modules: true,
              ids: true,
              orphanModules: true,
              modulesSpace: 1000,
            })
            if (errors.length > 0) return reject(new Error(errors.map(({ message }) => message).join('\n')))
            const ids = modules.flatMap(({ identifier = '' }) => {
              const found = modelModule.exec(identifier)
              return found ? [decodeURIComponent(decodeURIComponent(found[1]!))] : []
            })
            const entry = request.output === 'node' ? 'main.cjs' : 'main.js'
            resolve({ entry, ids, lines: pluginLines(printed) })
          })
        })
      })
    },
    async serve(request) {
      const { project, base } = request
      project.write('public/index.html', pageWith(`<script src="${base}main.js"></script>`))
      const compiler = make({ ...config(request, []), mode: 'development', stats: 'none' })
      const server = serveWith(
        {
          host: '127.0.0.1',
          port: 0,
          static: { directory: join(project.root, 'public'), publicPath: base, watch: false },
        },
        compiler,
      )
      await server.start()
      const { port } = server.server!.address() as AddressInfo
      return {
        url: `http://127.0.0.1:${port}${base}`,
        hot: true,
        async shownError(page) {
          const overlay = page.frameLocator('iframe[id$=dev-server-client-overlay]').locator('body')
          return (await overlay.allTextContents()).join('\n')
        },
        async close() {
          await server.stop()
          await new Promise<void>((resolve) => compiler.close(resolve))
        },
      }
    },
    async watch(request) {
      const compiler = make(config(request, []))
      let watching: { close(done: () => void): void } | undefined
      const built = new Promise<void>((resolve) => {
        watching = compiler.watch({}, () => resolve())
      })
      return { built, close: () => new Promise((resolve) => watching!.close(() => compiler.close(resolve))) }
    },
  }
}

export const webpackBundler: Bundler = webpackLike(
  webpack as unknown as (config: object) => Compiler,
  webpackPlugin,
  (options, compiler) => new WebpackDevServer(options, compiler as never) as DevServerOf,
  // By itself it would be in the folder that the process works in.
  (root) => ({ type: 'filesystem', cacheDirectory: join(root, 'node_modules/.cache/webpack') }),
  'tsconfig',
)
export const rspackBundler: Bundler = webpackLike(
  rspack as unknown as (config: object) => Compiler,
  rspackPlugin,
  (options, compiler) => new RspackDevServer(options, compiler as never) as DevServerOf,
  () => ({ type: 'persistent' }),
  'tsConfig',
)
