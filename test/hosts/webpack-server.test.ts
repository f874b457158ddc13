import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { makeApp } from './app.js'
import { rspackBundler, webpackBundler } from './bundlers/webpack.js'
import { base, runInNode, runInPage } from './run-app.js'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)
afterAll(() => browser?.close())

it.each([
  ['webpack 5', webpackBundler],
  ['Rspack 2', rspackBundler],
] as const)('%s gives a server the URLs of its page, as Next renders them', async (_, bundler) => {
  const project = makeApp()
  try {
    const page = await bundler.build({ project, output: 'page', base })
    const inPage = await runInPage(browser, project, page.entry, 'classic')
    const hostConfig = { output: { path: `${project.root}/server`, filename: 'main.cjs', publicPath: base } }
    await bundler.build({ project, output: 'node', base, hostConfig })
    const onServer = await runInNode(project, '../server/main.cjs')
    expect(inPage.deployed!.url).toMatch(/^\/sub\/app\/[^/]+\.pb$/)
    expect(onServer.deployed!.url).toBe(inPage.deployed!.url)
    expect(onServer.packed!.url).toBe(inPage.packed!.url)
  } finally {
    project.remove()
  }
})
