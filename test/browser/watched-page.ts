import type { Browser, Page } from 'playwright-core'

/** What a browser complains about while a page is open. */
export interface WatchedPage {
  readonly page: Page
  /** Violations of the Content-Security-Policy, uncaught errors, and answers that aren't 2xx or 3xx, in words. */
  readonly complaints: readonly string[]
}

/** Opens a page of its own context in a browser, and listens before anything loads. */
export async function openWatched(
  browser: Browser,
  url: string,
  viewport: { width: number; height: number } = { width: 1280, height: 900 },
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`)
  })
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`))
  await context.exposeFunction('complainOfPolicy', (text: string) => complaints.push(`policy: ${text}`))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      ;(globalThis as unknown as { complainOfPolicy(text: string): void }).complainOfPolicy(
        `${effectiveDirective} forbids ${blockedURI}`,
      )
    })
  })
  await page.goto(url)
  return { page, complaints }
}
