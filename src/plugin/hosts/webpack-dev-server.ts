import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { refuseUnimported, type Source } from '../dev-server.js'

/** What webpack-dev-server and @rspack/dev-server have alike, as far as it is used here. */
interface DevServer {
  options: { static: false | readonly { directory: string; publicPath: string | readonly string[] }[] }
}
type Middlewares = readonly object[]
interface DevServerOptions {
  setupMiddlewares?: (middlewares: Middlewares, server: DevServer) => Middlewares
}

/** Has the dev server that a configuration speaks of answer what asks for a model among its static files with a query of ours. */
export function refuseOnDevServer(devServer: object, print: (text: string) => void): void {
  const options = devServer as DevServerOptions
  const user = options.setupMiddlewares
  options.setupMiddlewares = (middlewares, server) => {
    const middleware = refuseUnimported((path) => staticFile(path, server), print)
    return [{ name: 'graphdef', middleware }, ...(user ? user(middlewares, server) : middlewares)]
  }
}

/** The file that the server sends for a path. */
function staticFile(path: string, { options }: DevServer): Source | undefined {
  for (const { directory, publicPath } of options.static || []) {
    for (const base of [publicPath].flat()) {
      const file = join(directory, path.slice(base.length))
      if (path.startsWith(base) && existsSync(file)) return { file }
    }
  }
  return undefined
}
