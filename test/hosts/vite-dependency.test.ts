import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelAsset } from '../../src/manifest/types.js'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { openWatched } from '../browser/watched-page.js'
import { expected, linreg } from './app.js'
import { base, runInNode, runInPage, type Served, servedModels } from './run-app.js'
import { build, expectRight, makeAppWithDependency, openApp, own, serve, versions } from './vite-project.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(() => browser?.close())

describe.each(versions)('%s, with models in a dependency', (_, load) => {
  it('serves them to the page and to SSR', async () => {
    const project = own(makeAppWithDependency())
    const { server, at } = await serve(await load(), project)
    const { page, complaints } = await openApp(browser, at('/'))
    const models = await servedModels(page)
    await expectRight(models)
    expect(complaints).toEqual([])
    expect(project.list('node_modules/.vite/deps')).toContain('predictor.js')

    const inNode = (await server.ssrLoadModule('/src/main.js')) as Record<string, ModelAsset>
    expect(inNode.deployed!.url).toBe(models.deployed!.url)
    expect(inNode.packed!.url).toBe(models.packed!.url)
  })

  it('serves and builds those that it names in import attributes and in new URL', async () => {
    const project = own(makeAppWithDependency())
    project.write(
      'node_modules/predictor/lib/index.js',
      `export { default as deployed } from './linreg.pb' with { optimize: 'deploy' }
export const packed = { url: new URL('./linreg.pb?optimize&format=memmapped', import.meta.url).href }
`,
    )
    const hashes = (models: Record<string, Served>): string[] => [models.deployed!.served, models.packed!.served]
    const wanted = [await expected(linreg, 'optimize=deploy'), await expected(linreg, 'optimize&format=memmapped')]
    const { at } = await serve(await load(), project)
    const { page, complaints } = await openApp(browser, at('/'))
    expect(hashes(await servedModels(page))).toEqual(wanted.map((manifest) => manifest.sha256))
    expect(complaints).toEqual([])
    expect(project.list('node_modules/.vite/deps')).toContain('predictor.js')

    const rollupOptions = { input: `${project.root}/src/main.js`, output: { entryFileNames: 'main.js' } }
    await build(await load(), project, { base, build: { rollupOptions } })
    const built = await runInPage(browser, project, 'main.js', 'module')
    expect(hashes(built)).toEqual(wanted.map((manifest) => manifest.sha256))
  })

  it('builds them, for the page and for SSR', async () => {
    const project = own(makeAppWithDependency())
    const vite = await load()
    const rollupOptions = { input: `${project.root}/src/main.js`, output: { entryFileNames: 'main.js' } }
    await build(vite, project, { base, build: { rollupOptions } })
    const models = await runInPage(browser, project, 'main.js', 'module')
    await expectRight(models)

    await build(vite, project, { base, build: { ssr: 'src/main.js', rollupOptions } })
    const inNode = await runInNode(project, 'main.js')
    const path = (url: string): string => new URL(url, 'http://localhost').pathname
    expect(inNode.deployed!.url).toBe(path(models.deployed!.url))
    expect(inNode.packed!.url).toBe(path(models.packed!.url))
  })

  it('says which file is missing there', async () => {
    const project = own(makeAppWithDependency())
    project.write('node_modules/predictor/lib/index.js', "export * from './linrig.pb?optimize'\n")
    project.write('src/main.js', "import 'predictor'\n")
    const { printed, at } = await serve(await load(), project)
    const { page } = await openWatched(browser, at('/'))
    try {
      await page.locator('vite-error-overlay .message-body').waitFor()
    } finally {
      await page.context().close()
    }
    expect(printed.join('\n')).toContain(
      `there is no such file\n  file: ${project.root}/node_modules/predictor/lib/linrig.pb`,
    )
    expect(printed.join('\n')).toContain('did you mean "linreg.pb"?')
  })
})
