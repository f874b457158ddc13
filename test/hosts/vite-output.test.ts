import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import graphdef from '../../src/vite.js'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { makeProject } from '../plugin/project.js'
import { expected, linreg, makeApp, sha256 } from './app.js'
import { base, runInNode, runInPage } from './run-app.js'
import { build, expectRight, own, versions } from './vite-project.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(async () => {
  await browser?.close()
  vi.unstubAllEnvs()
})

describe.each(versions)("%s's build", (_, load) => {
  it("keeps to the user's own settings for assets, with a cache outside the project", async () => {
    const outside = own(makeProject())
    const project = own(makeApp())
    vi.stubEnv('GRAPHDEF_CACHE_DIR', join(outside.root, '.cache'))
    try {
      await build(await load(), project, {
        base: './',
        assetsInclude: ['**/*.pb'],
        build: {
          assetsInlineLimit: 1e9,
          rollupOptions: {
            input: join(project.root, 'src/main.js'),
            output: { entryFileNames: 'js/main.js', assetFileNames: 'static/[hash][extname]' },
          },
        },
      })
    } finally {
      vi.unstubAllEnvs()
    }
    await expectRight(await runInPage(browser, project, 'js/main.js', 'module'))
    expect(project.list('dist/static')).toHaveLength(2)
    for (const name of project.list('dist/static')) expect(name).toMatch(/^[\w-]{8}\.pb$/)
    expect(outside.list('.cache')).toHaveLength(2)
    expect(project.list('node_modules')).toEqual([])
  })

  it('builds where a dev server was made with the same plugin, as Astro does', async () => {
    const project = own(makeApp())
    const vite = await load()
    const plugins = [graphdef()]
    const config = { root: project.root, base, configFile: false, logLevel: 'silent', plugins } as const
    const server = await vite.createServer({ ...config, server: { middlewareMode: true } })
    const rollupOptions = { input: join(project.root, 'src/main.js'), output: { entryFileNames: 'main.js' } }
    await vite.build({ ...config, build: { modulePreload: false, rollupOptions } })
    const { code } = (await server.transformRequest('/src/models/linreg.pb?optimize=deploy'))!
    await server.close()
    await expectRight(await runInPage(browser, project, 'main.js', 'module'))
    expect(code).toContain(`${base}@graphdef/`)
  })

  it("asks the user's renderBuiltUrl where models are", async () => {
    const project = own(
      makeApp({
        'src/page.js': "import './place.js'\nimport './main.js'\n",
        'src/place.js': `globalThis.place = (name) => '${base}' + name\n`,
      }),
    )
    await build(await load(), project, {
      experimental: { renderBuiltUrl: (name) => ({ runtime: `place(${JSON.stringify(name)})` }) },
      build: { rollupOptions: { input: join(project.root, 'src/page.js'), output: { entryFileNames: 'main.js' } } },
    })
    const models = await runInPage(browser, project, 'main.js', 'module')
    await expectRight(models)
    expect(models.deployed!.url).toMatch(/^\/sub\/app\/assets\/linreg-/)
  })

  it.each([
    ['a pattern', '[name][extname]'],
    ['a function', () => 'models/[name][extname]'],
  ])('tells SSR and the page of the same model where %s names assets without a hash', async (_, assetFileNames) => {
    const project = own(
      makeApp({
        'src/server.js':
          "import packed from './models/linreg.pb?optimize&format=memmapped'\nglobalThis.models = { packed }\n",
      }),
    )
    const vite = await load()
    const rollupOptions = { output: { entryFileNames: 'main.js', assetFileNames } }
    const input = join(project.root, 'src/main.js')
    await build(vite, project, { base, build: { outDir: 'client', rollupOptions: { ...rollupOptions, input } } })
    await build(vite, project, { base, build: { ssr: 'src/server.js', rollupOptions } })
    const { url } = (await runInNode(project, 'main.js')).packed!
    const manifest = await expected(linreg, 'optimize&format=memmapped')
    expect(url).toContain(`linreg-${manifest.sha256.slice(0, 8)}.pb`)
    expect(sha256(project.read(`client/${url.slice(base.length)}`))).toBe(manifest.sha256)
  })
})
