import type { IncomingMessage, ServerResponse } from 'node:http'
import sirv from 'sirv'
import { keyPattern } from '../cache/key.js'

/** The path, under the host's base, at which a dev server serves models. */
export const devPath = '@graphdef/'

type Next = (error?: unknown) => void

/**
 * Serves the cache's models on a dev server: `<base>@graphdef/<key>/<name>`, with Range. Only files of entries are reachable.
 * The key names the bytes, so that a browser may keep them for ever.
 */
export function serveModels(
  folder: string,
  base: string,
): (request: IncomingMessage, response: ServerResponse, next: Next) => void {
  const serve = sirv(folder, {
    dev: true,
    dotfiles: false,
    setHeaders(response) {
      response.setHeader('Content-Type', 'application/octet-stream')
      response.setHeader('Cache-Control', 'max-age=31536000, immutable')
    },
  })
  const prefix = `${base}${devPath}`
  return (request, response, next) => {
    const path = (request.url ?? '').split('?')[0]!
    if (!path.startsWith(prefix)) return next()
    const rest = path.slice(prefix.length)
    const [key, name, ...more] = rest.split('/')
    const missing = (): void => {
      response.statusCode = 404
      response.end(`There is no model ${path}: it is not in the cache any more. Reload the page.`)
    }
    if (!keyPattern.test(key ?? '') || !name?.includes('.pb') || more.length > 0) return missing()
    const { url } = request
    request.url = `/${rest}`
    serve(request, response, () => {
      request.url = url
      missing()
    })
  }
}
