import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { rspack } from '@rspack/core'
import { RspackDevServer } from '@rspack/dev-server'
import { afterEach, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import WebpackDevServer from 'webpack-dev-server'
import rspackPlugin from '../../src/rspack.js'
import webpackPlugin from '../../src/webpack.js'
import type { Project } from '../plugin/project.js'
import { linreg, makeApp } from './app.js'

let project: Project
afterEach(() => project.remove())

interface Server {
  readonly server?: { address(): unknown }
  start(): Promise<void>
  stop(): Promise<void>
}

/** As the hosts' commands start it: from what the configuration says. */
const hosts = {
  'webpack 5': (config: object): Server => {
    const compiler = webpack({ ...config, plugins: [webpackPlugin()] })!
    return new WebpackDevServer(compiler.options.devServer as object, compiler) as Server
  },
  'Rspack 2': (config: object): Server => {
    const compiler = rspack({ ...config, plugins: [rspackPlugin()] })
    return new RspackDevServer(compiler.options.devServer as object, compiler) as Server
  },
}

describe.each(Object.entries(hosts))('the dev server of %s', (_, start) => {
  it('refuses to send the source of a model for a request, and sends all else', async () => {
    project = makeApp({ 'public/x.pb': linreg, 'src/main.js': '' })
    const printed: string[] = []
    const print = (...texts: unknown[]): void => void printed.push(texts.join(' '))
    const server = start({
      mode: 'development',
      context: project.root,
      entry: './src/main.js',
      stats: 'none',
      infrastructureLogging: { level: 'error', console: { error: print, warn: print, info: print, log: print } },
      devServer: {
        host: '127.0.0.1',
        port: 0,
        hot: false,
        static: [{ directory: join(project.root, 'public'), publicPath: '/static/', watch: false }],
        setupMiddlewares: (middlewares: object[]) => [
          ...middlewares,
          {
            name: 'own',
            path: '/own',
            middleware: (_request: unknown, response: { end(text: string): void }) => response.end('own'),
          },
        ],
      },
    })
    await server.start()
    try {
      const { port } = server.server!.address() as AddressInfo
      const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`)
      const refused = await ask('/static/x.pb?optimize=deploy')
      expect(refused.status).toBe(400)
      const text = await refused.text()
      expect(text).toContain('the page asks for a model by the path of its source, where nothing optimises it')
      expect(text).toContain(`file: ${project.root}/public/x.pb`)
      expect(text).toContain('Move it out of the folder of public files')
      expect(printed.join('\n')).toContain(text.trim())
      expect(Buffer.from(await (await ask('/static/x.pb')).arrayBuffer())).toEqual(linreg)
      expect((await ask('/static/y.pb?optimize=deploy')).status).toBe(404)
      expect((await ask('/x.pb?optimize=deploy')).status).toBe(404)
      expect(await (await ask('/own')).text()).toBe('own')
    } finally {
      await server.stop()
    }
  })
})
