import type { Browser } from 'playwright-core'
import { createServer } from 'vite'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import graphdef from '../../src/vite.js'
import { appWith, broken } from '../plugin/broken-imports.js'
import type { Project } from '../plugin/project.js'
import { launchChromium, launchTimeout } from './chromium.js'

vi.setConfig({ testTimeout: 120_000 })

let browser: Browser
let project: Project

beforeAll(async () => {
  browser = await launchChromium()
}, launchTimeout)

afterAll(() => browser?.close())
afterEach(() => project.remove())

it.each(broken)("shows %s in Vite's overlay, with the file's name", async (_name, bytes, query, lines) => {
  project = appWith(bytes, query)
  const server = await createServer({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    plugins: [graphdef()],
    server: { host: '127.0.0.1', port: 0 },
    optimizeDeps: { noDiscovery: true },
  })
  const page = await browser.newPage()
  try {
    await server.listen()
    await page.goto(server.resolvedUrls!.local[0]!)
    // Locators look into the overlay's shadow root.
    const overlay = page.locator('vite-error-overlay')
    const message = await overlay.locator('.message-body').textContent()
    for (const line of lines) expect(message).toContain(line.trim())
    expect(message).toContain('src/model.pb')
    expect(await overlay.locator('.file').textContent()).toContain('model.pb')
  } finally {
    await page.close()
    await server.close()
  }
})
