import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { decoded, sendModels } from '../dev-server.js'
import type { Placeholder } from './entry-text.js'
import type { DependencyGraph, MetroServer, Middleware } from './metro-config.js'
import type { ModelEntries } from './model-entries.js'

/** Where an entry's asset stands in a URL: in its path, or in the query in which Expo has the path. */
const assetUrl = /\/graphdef\/([0-9a-f]{16})\/([a-z0-9_]+\.pb)(?:[?&]|$)/

/** Serves models on Metro's dev server from the cache, with Range: Metro itself has nothing but the placeholders. */
export function serveAssets(entriesFolder: string, cacheFolder: string): Middleware {
  const serve = sendModels(cacheFolder, { 'Access-Control-Allow-Origin': '*' })
  return (request, response, next) => {
    const [, id, name] = assetUrl.exec(decoded(request.url ?? '')) ?? []
    if (!id || !name) return next()
    const file = modelOf(join(entriesFolder, id, name))
    const missing = (): void => {
      response.statusCode = 404
      response.setHeader('Content-Type', 'text/plain; charset=utf-8')
      response.end('There is no such model any more. Reload the app.\n')
    }
    if (!file) return missing()
    const { url } = request
    request.url = `/${relative(cacheFolder, file).split(/[\\/]/).map(encodeURI).join('/')}`
    serve(request, response, () => {
      request.url = url
      missing()
    })
  }
}

/** The model that the placeholder of an asset names; undefined where there is none. */
function modelOf(placeholder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(placeholder, 'utf8')) as Placeholder).file
  } catch {
    return undefined
  }
}

/**
 * Keeps the entries up to date while the dev server runs. Metro's watcher tells of changes; and before Metro reads a file of an
 * entry it waits until the entry has settled. Metro's list of files learns of a new entry some time after it is written: until
 * then, and afterwards, Metro is given the content of such files without the list.
 */
export async function followChanges(server: MetroServer, entries: ModelEntries): Promise<void> {
  const graph: DependencyGraph = await server.getBundler().getBundler().getDependencyGraph()
  const { getOrComputeSha1 } = graph
  graph.getOrComputeSha1 = async (path) => {
    const content = await entries.contentOf(path)
    if (!content) return getOrComputeSha1.call(graph, path)
    return { sha1: createHash('sha1').update(content).digest('hex'), content }
  }
  graph.getWatcher().on('change', () => entries.recheck())
}
