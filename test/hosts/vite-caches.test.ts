import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { makeProject, type Project } from '../plugin/project.js'
import { distFiles, makeApp } from './app.js'
import { type Served, servedModels } from './run-app.js'
import {
  build,
  expectRight,
  indexHtml,
  makeAppWithDependency,
  openApp,
  own,
  serve,
  type Vite,
  versions,
} from './vite-project.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(() => browser?.close())

const pluginCache = 'node_modules/.cache/unplugin-graphdef'
const viteCache = 'node_modules/.vite'

/** Starts a dev server, opens its page, ends it, and gives the models and how many of them came from the cache. */
async function visit(
  vite: Vite,
  project: Project,
  cacheDir?: string,
): Promise<{ models: Record<string, Served>; cached: boolean[] }> {
  const { server, lines, at } = await serve(vite, project, {}, { cacheDir })
  const { page } = await openApp(browser, at('/'))
  const models = await servedModels(page)
  await expectRight(models)
  await page.context().close()
  await server.close()
  return { models, cached: lines().map((line) => line.includes('cached')) }
}

describe.each(versions)('%s', (_, load) => {
  it("starts again with the plugin's cache, with its own, and with neither", async () => {
    const vite = await load()
    const project = own(makeAppWithDependency())
    const first = await visit(vite, project)
    expect(first.cached).toEqual([false, false])

    rmSync(join(project.root, viteCache), { recursive: true })
    const warm = await visit(vite, project)
    expect(warm.cached).toEqual([true, true])
    expect(warm.models).toEqual(first.models)

    rmSync(join(project.root, pluginCache), { recursive: true })
    const cold = await visit(vite, project)
    expect(cold.cached).toEqual([false, false])
    expect(cold.models).toEqual(first.models)
  })

  it('lets two dev servers and two builds share one cache', async () => {
    const vite = await load()
    const shared = own(makeProject())
    const apps = [0, 1].map(() => own(makeApp({ 'index.html': indexHtml })))
    const [one, other] = await Promise.all(apps.map((project) => visit(vite, project, shared.root)))
    expect(other!.models).toEqual(one!.models)
    expect(shared.list('.')).toHaveLength(2)
    // Code that is not minified names its folder in comments.
    const settings = { build: { minify: true } }
    const options = { cacheDir: shared.root }
    const lines = await Promise.all(apps.map((project) => build(vite, project, settings, options)))
    for (const line of lines.flat()) expect(line).toContain('cached')
    expect(distFiles(apps[1]!)).toEqual(distFiles(apps[0]!))
  })
})
