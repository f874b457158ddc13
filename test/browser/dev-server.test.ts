import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchChromium, launchTimeout } from './chromium.js'
import { playground, playgroundConfig, repository } from './playground-build.js'
import { openWatched } from './watched-page.js'

/** A build or a first page can take long on a busy machine. */
vi.setConfig({ testTimeout: 180_000 })

let browser: Browser
let folder: string
let root: string
let server: ViteDevServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'graphdef-dev-'))
  root = join(folder, 'playground')
  cpSync(playground, root, {
    recursive: true,
    filter: (path) => !/node_modules|dist/.test(path.slice(playground.length)),
  })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
  server = await createServer({
    ...playgroundConfig(folder),
    root,
    server: { host: '127.0.0.1', port: 0, strictPort: true, fs: { allow: [folder, repository] } },
  })
  await server.listen()
  browser = await launchChromium()
}, launchTimeout)

afterAll(async () => {
  await browser?.close()
  await server?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

async function topClasses(page: Page): Promise<string[]> {
  await page.locator('.card').getByText('Ready.').nth(2).waitFor()
  await page.getByRole('button', { name: 'Balloon' }).click()
  await page
    .locator('[data-part=time]', { hasText: /^[\d.]+ ms$/ })
    .nth(2)
    .waitFor()
  return page.locator('.classes li:first-child .class-name').allInnerTexts()
}

it('predicts on the dev server, and reloads with new URLs when the .pb changes', async () => {
  const { port } = server.httpServer!.address() as AddressInfo
  const fetched: string[] = []
  const { page, complaints } = await openWatched(browser, 'about:blank')
  page.on('request', (request) => {
    if (request.url().includes('/@graphdef/')) fetched.push(request.url())
  })
  await page.goto(`http://127.0.0.1:${port}/`)
  expect(await topClasses(page)).toEqual(['balloon', 'balloon', 'balloon'])
  const before = new Set(fetched)
  expect(before.size).toBe(3)
  expect(complaints).toEqual([])

  // A varint field that no version of GraphDef has: the same graph in other bytes.
  const file = join(root, 'models/mobilenet_v1_0.25_128_frozen.pb')
  const size = readFileSync(file).length
  const reloaded = page.waitForEvent('load')
  appendFileSync(file, Uint8Array.of(0xf8, 0x7f, 0x01))
  expect(readFileSync(file).length).toBe(size + 3)
  await reloaded
  expect(await topClasses(page)).toEqual(['balloon', 'balloon', 'balloon'])
  const after = new Set(fetched.filter((url) => !before.has(url)))
  expect(after.size).toBe(3)
})
