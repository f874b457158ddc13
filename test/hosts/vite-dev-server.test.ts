import { rmSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelAsset } from '../../src/manifest/types.js'
import graphdef from '../../src/vite.js'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { serveStatic } from '../browser/static-server.js'
import { makeProject, type Project } from '../plugin/project.js'
import { convolution, expected, linreg, makeApp, pageWith, sha256 } from './app.js'
import { servedModels } from './run-app.js'
import { type Dev, expectRight, indexHtml, openApp, own, serve, versions } from './vite-project.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(() => browser?.close())

const makeDevApp = (files: Record<string, string | Uint8Array> = {}): Project =>
  own(makeApp({ 'index.html': indexHtml, ...files }))

/** What a request is answered. */
async function answer({ at }: Dev, path: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(at(path))
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}

/** What a request is answered that names another host than the address it goes to. */
function statusForHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).on('error', reject)
  })
}

describe.each(versions)("%s's dev server", (_, load) => {
  it('serves models from a cache outside the project, where files of their kind and place are denied', async () => {
    const outside = own(makeProject())
    const project = makeDevApp()
    const cacheDir = join(outside.root, '.cache/models')
    const dev = await serve(
      await load(),
      project,
      { base: '/sub/', server: { fs: { strict: true, deny: ['**/*.pb', '**/.cache/**'] } } },
      { cacheDir },
    )
    const { page, complaints } = await openApp(browser, dev.at('/sub/'))
    const models = await servedModels(page)
    await expectRight(models)
    expect(models.deployed!.url).toMatch(/^\/sub\/@graphdef\/[0-9a-f]{32}\/linreg\.pb$/)
    expect(complaints).toEqual([])
    expect(outside.list('.cache/models')).toHaveLength(2)
    expect(project.list('node_modules/.cache')).toEqual([])
  })

  it('gives a page of another server the origin that `server.origin` names', async () => {
    const project = makeDevApp()
    const { server, at } = await serve(await load(), project)
    server.config.server.origin = at('/').slice(0, -1)
    project.write('pages/page.html', pageWith(`<script type="module" src="${at('/src/main.js')}"></script>`))
    const pages = await serveStatic(join(project.root, 'pages'), '/', "default-src * data: 'unsafe-inline'")
    try {
      const { page } = await openApp(browser, `${pages.url}page.html`)
      const models = await servedModels(page)
      await expectRight(models)
      const { url } = models.deployed!
      expect(url.startsWith(at('/@graphdef/'))).toBe(true)
      // The server's own rules hold for models too.
      const stranger = await fetch(url, { headers: { origin: 'https://stranger.test' } })
      expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
      expect(await statusForHost(url, 'stranger.test')).toBe(403)
    } finally {
      await pages.close()
    }
  })

  it('makes the models again where the cache is emptied while it runs', async () => {
    const project = makeDevApp()
    const { at } = await serve(await load(), project)
    const { page } = await openApp(browser, at('/'))
    const { url } = (await servedModels(page)).deployed!
    rmSync(join(project.root, 'node_modules/.cache'), { recursive: true })
    const response = await fetch(at(url))
    expect(response.status).toBe(404)
    expect(await response.text()).toBe(
      `There is no model ${url}: it is not in the cache any more. Reload the page to have it made again.`,
    )
    await page.reload()
    await page.waitForFunction(() => 'models' in globalThis, undefined, { timeout: 20_000 })
    await expectRight(await servedModels(page))
  })

  it('hands a new model to the module that accepts it, and loads the page anew where none does', async () => {
    const project = makeDevApp({
      'src/models/other.pb': linreg,
      'src/main.js': `import accepted from './models/linreg.pb?optimize=deploy'
import other from './models/other.pb?optimize=deploy'
globalThis.models = { accepted, other }
import.meta.hot.accept('./models/linreg.pb?optimize=deploy', (changed) => {
  globalThis.models.accepted = changed.default
})
`,
    })
    const { at } = await serve(await load(), project)
    const { page, complaints } = await openApp(browser, at('/'))
    let loads = 0
    page.on('load', () => loads++)
    const { sha256: changed } = await expected(convolution, 'optimize=deploy')
    const before = await servedModels(page)

    project.write('src/models/linreg.pb', convolution)
    await expect.poll(async () => (await servedModels(page)).accepted!.served, { timeout: 30_000 }).toBe(changed)
    const now = await servedModels(page)
    expect(now.accepted!.url).not.toBe(before.accepted!.url)
    expect(now.other).toEqual(before.other)
    expect(loads).toBe(0)

    const reloaded = page.waitForEvent('load')
    project.write('src/models/other.pb', convolution)
    await reloaded
    await page.waitForFunction(() => 'models' in globalThis, undefined, { timeout: 20_000 })
    expect((await servedModels(page)).other!.served).toBe(changed)
    expect(complaints).toEqual([])
  })

  it('starts again with new results when the options in the configuration file change', async () => {
    const config = (preset: string): string =>
      `export default { plugins: [globalThis.graphdefOfTest({ default: '${preset}' })] }\n`
    Object.assign(globalThis, { graphdefOfTest: graphdef })
    const project = makeDevApp({ 'vite.config.js': config('deploy') })
    const dev = await serve(await load(), project, {
      configFile: join(project.root, 'vite.config.js'),
      plugins: [],
      optimizeDeps: { noDiscovery: true },
    })
    const module = (): Promise<string> =>
      answer(dev, '/src/models/linreg.pb?import&optimize').then(
        ({ text }) => text,
        () => '',
      )
    expect(await module()).toContain((await expected(linreg, 'optimize=deploy')).sha256)
    project.write('vite.config.js', config('round_weights(num_steps=2)'))
    const { sha256 } = await expected(linreg, 'optimize=round_weights(num_steps=2)')
    await expect.poll(module, { timeout: 30_000 }).toContain(sha256)
  })

  it('refuses to send the source of a model where its request is fetched and not imported', async () => {
    const project = makeDevApp({ 'public/shown.pb': linreg, 'src/models/a b.pb': linreg })
    const dev = await serve(await load(), project, { base: '/sub/', optimizeDeps: { noDiscovery: true } })
    const message = `the page asks for a model by the path of its source, where nothing optimises it
  file: ${project.root}/src/models/linreg.pb
  Import it, and fetch the URL that the import gives:
    import model from '/src/models/linreg.pb?optimize=deploy'
    const response = await fetch(model.url)
  Or write, in a module beside it: new URL('./linreg.pb?optimize=deploy', import.meta.url)`
    expect(await answer(dev, '/sub/src/models/linreg.pb?optimize=deploy')).toEqual({
      status: 400,
      type: 'text/plain; charset=utf-8',
      text: `${message}\n`,
    })
    expect(dev.printed.join('\n')).toContain(message)
    // The line to paste is right.
    project.write('src/main.js', "import model from '/src/models/linreg.pb?optimize=deploy'\nexport { model }\n")
    const { model } = (await dev.server.ssrLoadModule('/src/main.js')) as { model: ModelAsset }
    expect((await fetch(dev.at(model.url))).status).toBe(200)

    expect((await answer(dev, '/sub/src/models/a%20b.pb?outputs=y')).text).toContain('/src/models/a b.pb?outputs=y')
    expect((await answer(dev, `/sub/@fs${project.root}/src/models/linreg.pb?optimise`)).text).toContain(
      `import model from '/@fs${project.root}/src/models/linreg.pb?optimise'`,
    )
    expect(await answer(dev, '/sub/shown.pb?optimize')).toMatchObject({
      status: 400,
      text: expect.stringContaining('Move it out of the folder of public files'),
    })

    // What else the server is asked for stays as it was.
    for (const path of [
      '/sub/src/models/linreg.pb',
      '/sub/src/models/linreg.pb?t=1',
      '/sub/src/models/linreg.pb?v=2',
      '/sub/shown.pb',
    ]) {
      const response = await fetch(dev.at(path))
      expect(response.status, path).toBe(200)
      expect(sha256(new Uint8Array(await response.arrayBuffer())), path).toBe(sha256(linreg))
    }
    for (const query of ['import&optimize=deploy', 'optimize=deploy&import', 't=1&import&optimize=deploy']) {
      const { status, type, text } = await answer(dev, `/sub/src/models/linreg.pb?${query}`)
      expect({ status, type }, query).toEqual({ status: 200, type: 'text/javascript' })
      expect(text, query).toContain('/sub/@graphdef/')
    }
    expect((await answer(dev, '/sub/src/models/linreg.pb?import&url')).text).toContain('/src/models/linreg.pb')
    expect((await answer(dev, '/sub/src/none.pb?optimize')).status).not.toBe(400)
  })
})
