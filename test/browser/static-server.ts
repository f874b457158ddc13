import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

export interface StaticServer {
  /** With the base, and a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** Serves a folder's files under `base`, each with the Content-Security-Policy; 404 for all else. On a free port. */
export async function serveStatic(folder: string, base: string, policy: string): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)
    const name = path.startsWith(base) ? normalize(path.slice(base.length)) : undefined
    const file =
      name === undefined || name.startsWith('..') ? undefined : join(folder, name === '.' ? 'index.html' : name)
    response.setHeader('Content-Security-Policy', policy)
    if (!file || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, { 'Content-Type': 'text/html; charset=utf-8' })
      response.end('<!doctype html><title>Not found</title>')
      return
    }
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream')
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
