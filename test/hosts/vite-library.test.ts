import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import type { UserConfig } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import type { Project } from '../plugin/project.js'
import { expected, linreg, makeApp, sha256 } from './app.js'
import { runInNode, runInPage, type Served } from './run-app.js'
import { build, expectRight, own, versions } from './vite-project.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(() => browser?.close())

const library = {
  lib: {
    entry: 'src/main.js',
    name: 'Library',
    formats: ['es', 'umd', 'iife', 'cjs'],
    fileName: (format) => `library.${format}.${format === 'cjs' ? 'cjs' : 'js'}`,
  },
  assetsInlineLimit: 1e9,
} satisfies UserConfig['build']

/** The names that the two models of the app get in a library: by content, since each format counts on its own. */
const names = async (): Promise<string[]> =>
  (await Promise.all(['optimize=deploy', 'optimize&format=memmapped'].map((query) => expected(linreg, query))))
    .map((manifest) => `linreg-${manifest.sha256.slice(0, 8)}.pb`)
    .sort()

async function inNode(project: Project, entry: string): Promise<Record<string, Served>> {
  const models = Object.entries(await runInNode(project, entry))
  return Object.fromEntries(
    models.map(([name, asset]) => [name, { ...asset, served: sha256(readFileSync(new URL(asset.url))) }]),
  )
}

describe.each(versions)("%s's library mode", (_, load) => {
  it('gives every format its own models, beside the scripts where no base is set', async () => {
    const project = own(makeApp())
    await build(await load(), project, { build: library })
    expect(project.list('dist')).toEqual(
      [...(await names()), 'library.cjs.cjs', 'library.es.js', 'library.iife.js', 'library.umd.js'].sort(),
    )
    await expectRight(await runInPage(browser, project, 'library.es.js', 'module'))
    await expectRight(await runInPage(browser, project, 'library.umd.js', 'classic'))
    await expectRight(await runInPage(browser, project, 'library.iife.js', 'classic'))
    await expectRight(await inNode(project, 'library.cjs.cjs'))
    await expectRight(await inNode(project, 'library.es.js'))
  })

  it.each([
    ['./', /new URL\(\s*"linreg-/],
    ['/', /"\/linreg-/],
    ['https://cdn.test/lib/', /"https:\/\/cdn\.test\/lib\/linreg-/],
  ])('keeps to the base %s', async (base, url) => {
    const project = own(makeApp())
    const { lib } = library
    await build(await load(), project, { base, build: { ...library, lib: { ...lib, formats: ['es'] } } })
    expect(project.read('dist/library.es.js').toString()).toMatch(url)
  })

  it("leaves the URL to the user's renderBuiltUrl", async () => {
    const project = own(makeApp())
    const { lib } = library
    await build(await load(), project, {
      experimental: { renderBuiltUrl: (name) => `https://cdn.test/${name}` },
      build: { ...library, lib: { ...lib, formats: ['es'] } },
    })
    expect(project.read('dist/library.es.js').toString()).toContain('"https://cdn.test/linreg-')
  })

  it("leaves the names to the user's assetFileNames where they have a hash", async () => {
    const project = own(makeApp())
    const { lib } = library
    await build(await load(), project, {
      build: {
        ...library,
        lib: { ...lib, formats: ['es'] },
        rollupOptions: { output: { assetFileNames: 'models/[name].[hash:12][extname]' } },
      },
    })
    const models = project.list('dist/models')
    expect(models).toHaveLength(2)
    for (const name of models) expect(name).toMatch(/^linreg\.[\w-]{12}\.pb$/)
  })
})
