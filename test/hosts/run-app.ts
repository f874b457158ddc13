import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import type { ModelAsset } from '../../src/manifest/types.js'
import { serveStatic } from '../browser/static-server.js'
import { openWatched } from '../browser/watched-page.js'
import type { Project } from '../plugin/project.js'
import { pageWith } from './app.js'

/** Where the tests deploy what hosts build. */
export const base = '/sub/app/'

const policy = "default-src 'self' 'unsafe-inline'; img-src data:"

/** A model as the running app sees it, with the hash of what its URL gives. */
export type Served = ModelAsset & { served: string }

/** Runs in the browser: fetches the models and hashes them. */
async function fetchAll(models: Record<string, ModelAsset>): Promise<Record<string, Served>> {
  const entries = Object.entries(models).map(async ([name, asset]) => {
    const bytes = await (await fetch(asset.url)).arrayBuffer()
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    const served = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return [name, { ...asset, served }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** The models that a page has now. */
export function servedModels(page: Page): Promise<Record<string, Served>> {
  return page.evaluate(`(${fetchAll})(globalThis.models)` as unknown as () => Promise<Record<string, Served>>)
}

/** Deploys `dist` in a sub-folder, opens a page with the script, and gives what it made of the models. */
export async function runInPage(
  browser: Browser,
  project: Project,
  entry: string,
  how: 'module' | 'classic' | 'classic worker',
): Promise<Record<string, Served>> {
  const kind = how.startsWith('module') ? 'module' : 'text/javascript'
  const worker = how.endsWith('worker')
  const script = worker
    ? `<script>globalThis.worker = new Worker('${base}${entry}', { type: 'classic' })
worker.onmessage = ({ data }) => { globalThis.models = data }</script>`
    : `<script type="${kind}" src="${base}${entry}"></script>`
  project.write('dist/page.html', pageWith(script))
  const server = await serveStatic(join(project.root, 'dist'), base, policy)
  try {
    const { page, complaints } = await openWatched(browser, `${server.url}page.html`)
    try {
      await page
        .waitForFunction(() => 'models' in globalThis, undefined, { timeout: 20_000 })
        .catch((error) => {
          throw new Error([...complaints, String(error)].join('\n'))
        })
      const served = await servedModels(page)
      if (complaints.length > 0) throw new Error(complaints.join('\n'))
      return served
    } finally {
      await page.context().close()
    }
  } finally {
    await server.close()
  }
}

/** Runs the script in this process and gives the models that it has. */
export async function runInNode(project: Project, entry: string): Promise<Record<string, ModelAsset>> {
  const place = globalThis as unknown as { models?: Record<string, ModelAsset> }
  delete place.models
  const file = join(project.root, 'dist', entry)
  if (entry.endsWith('.cjs')) createRequire(import.meta.url)(file)
  else await import(pathToFileURL(file).href)
  return place.models!
}
