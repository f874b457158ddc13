import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename } from 'node:path'
import sirv from 'sirv'
import { keyPattern } from '../cache/key.js'
import { GraphdefError } from '../errors.js'
import { splitModelId } from './model-id.js'

/** The path, under the host's base, at which a dev server serves models. */
export const devPath = '@graphdef/'

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** A model's own file, as a dev server sends it. */
export interface Source {
  file: string
  /** What a module of the app writes to import it; undefined where none can. */
  specifier?: string
}

/** Sends the files of the cache's folder by their paths in it, with Range. A path never gets other bytes. */
export function sendModels(folder: string, headers: Readonly<Record<string, string>> = {}): Middleware {
  return sirv(folder, {
    dev: true,
    dotfiles: false,
    setHeaders(response) {
      response.setHeader('Content-Type', 'application/octet-stream')
      response.setHeader('Cache-Control', 'max-age=31536000, immutable')
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    },
  })
}

/**
 * Serves the cache's models on a dev server: `<base>@graphdef/<key>/<name>`, with Range. Only files of entries are reachable.
 * The key names the bytes, so that a browser may keep them for ever.
 *
 * @param forget has the host load its models anew, told where one is gone: the cache was emptied while the server runs
 */
export function serveModels(folder: string, base: string, forget: () => void): Middleware {
  const serve = sendModels(folder)
  const prefix = `${base}${devPath}`
  return (request, response, next) => {
    const path = (request.url ?? '').split('?')[0]!
    if (!path.startsWith(prefix)) return next()
    const rest = path.slice(prefix.length)
    const [key, name, ...more] = rest.split('/')
    const missing = (reason: string): void => {
      response.statusCode = 404
      response.end(`There is no model ${path}${reason}`)
    }
    if (!keyPattern.test(key ?? '') || !name?.includes('.pb') || more.length > 0) return missing('.')
    const { url } = request
    request.url = `/${rest}`
    serve(request, response, () => {
      request.url = url
      forget()
      missing(': it is not in the cache any more. Reload the page to have it made again.')
    })
  }
}

/**
 * Answers what asks for a model's own file with a query of ours, as `fetch('/src/x.pb?optimize=web')` does: the host would send
 * the file as it is. Requests that come from an import have the key `import`, and pass.
 *
 * @param sourceAt the file that the host sends for a path, which has the host's base
 * @param print told the text of each answer
 */
export function refuseUnimported(
  sourceAt: (path: string) => Source | undefined,
  print: (text: string) => void,
): Middleware {
  return (request, response, next) => {
    const asked = splitModelId(request.url ?? '')
    if (!asked || /(?:^|&)import(?:[=&]|$)/.test(asked.query)) return next()
    const source = sourceAt(decoded(asked.file))
    if (!source) return next()
    const { message } = notImported(source, asked.query)
    print(message)
    response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
  }
}

function notImported({ file, specifier }: Source, query: string): GraphdefError {
  const remedy = specifier
    ? `Import it, and fetch the URL that the import gives:
  import model from '${specifier}?${query}'
  const response = await fetch(model.url)
Or write, in a module beside it: new URL('./${basename(file)}?${query}', import.meta.url)`
    : 'Move it out of the folder of public files, which are served as they are, and import it from a module.'
  return new GraphdefError('not-imported', {
    what: 'the page asks for a model by the path of its source, where nothing optimises it',
    file,
    remedy,
  })
}

/** A path as the disk has it; one that cannot be decoded names no file. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
