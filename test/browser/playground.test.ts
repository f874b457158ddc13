import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { VariantName } from '../../playground/src/variants.js'
import { model } from '../models/models.js'
import { readNpz } from '../models/npz.js'
import { launchChromium, launchTimeout } from './chromium.js'
import { buildPlayground } from './playground-build.js'
import type { Prediction } from './predict-page.js'
import { type StaticServer, serveStatic } from './static-server.js'
import { openWatched } from './watched-page.js'

interface Golden {
  variants: Record<VariantName, { sha256: string; probabilities: string }>
}

const golden = JSON.parse(readFileSync(new URL('goldens/mobilenet.json', import.meta.url), 'utf8')) as Golden
const recorded = readNpz(model('mobilenet_v1_0.25_128_frozen').feeds!)
const pixels = [...(recorded.feed_0!.data as Float32Array)]

/** Nothing is allowed but what a page with TensorFlow.js on wasm can't do without. */
const strict = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
].join('; ')

/** A build or a first page can take long on a busy machine. */
vi.setConfig({ testTimeout: 180_000 })

let browser: Browser
let folder: string
const built = new Map<string, Promise<string>>()
const servers: StaticServer[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'graphdef-playground-'))
  browser = await launchChromium()
}, launchTimeout)

afterAll(async () => {
  await browser?.close()
  await Promise.all(servers.map((server) => server.close()))
  if (folder) rmSync(folder, { recursive: true, force: true })
})

/** The URL of the playground, built for `base` and served under a policy. With base `./` it lies in a folder of any name. */
async function serve(base: string, policy: string = strict): Promise<string> {
  if (!built.has(base)) built.set(base, buildPlayground(folder, base))
  const server = await serveStatic(await built.get(base)!, base === './' ? '/any/where/' : base, policy)
  servers.push(server)
  return server.url
}

function answerOf(name: VariantName): Float32Array {
  const bytes = Buffer.from(golden.variants[name].probabilities, 'base64')
  return new Float32Array(new Uint8Array(bytes).buffer)
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!))
  return largest
}

describe.each(['/', '/sub/', './'])("the playground's models, built with base %s", (base) => {
  it('answer in Chromium as TensorFlow does, on wasm and cpu, under a strict Content-Security-Policy', async () => {
    const { page, complaints } = await openWatched(browser, `${await serve(base)}predict.html`)
    for (const backend of ['wasm', 'cpu'] as const) {
      for (const name of ['deploy', 'eight_bit', 'memmapped'] as const) {
        const prediction: Prediction = await page.evaluate(
          ([wanted, variant, input]) => globalThis.predict(wanted, variant, input),
          [backend, name, pixels] as const as [typeof backend, typeof name, number[]],
        )
        const { probabilities, sha256 } = prediction
        expect(prediction.backend).toBe(backend)
        expect(sha256, `other bytes than the golden's: test/browser/record.py records ${name} again`).toBe(
          golden.variants[name].sha256,
        )
        expect(largestDifference(probabilities, answerOf(name))).toBeLessThan(1e-4)
        if (name === 'deploy') {
          expect(largestDifference(probabilities, recorded.out_0!.data as Float32Array)).toBeLessThan(1e-4)
        }
      }
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

/** The playground with its three models loaded. */
async function open(url: string, viewport?: { width: number; height: number }): ReturnType<typeof openWatched> {
  const watched = await openWatched(browser, url, viewport)
  for (const card of await cards(watched.page)) await card.getByText('Ready.').waitFor()
  return watched
}

function cards(page: Page): Promise<ReturnType<Page['locator']>[]> {
  return page.locator('.card').all()
}

/** Waits for the answers to the picture that is called so, and gives the classes of each card. */
async function classesOf(page: Page, picture: string): Promise<string[][]> {
  await page.getByRole('img', { name: picture }).waitFor()
  const times = page.locator('[data-part=time]', { hasText: /^[\d.]+ ms$/ })
  await times.nth(2).waitFor()
  const lists = await Promise.all(
    (await cards(page)).map((card) => card.locator('.classes .class-name').allInnerTexts()),
  )
  return lists
}

describe('the playground', () => {
  it('shows the five likeliest classes, sizes, times and differences of a drawing', async () => {
    const { page, complaints } = await open(await serve('./'))
    await page.getByRole('button', { name: 'Balloon' }).click()
    const classes = await classesOf(page, 'Balloon')
    expect(classes.map((list) => list.length)).toEqual([5, 5, 5])
    expect(classes.map(([first]) => first)).toEqual(['balloon', 'balloon', 'balloon'])
    expect(await page.locator('#verdict').textContent()).toBe('All three say balloon.')
    const bytes = /^[\d.]+ [kM]B$/
    for (const part of ['bytes', 'gzip']) {
      const sizes = await page.locator(`[data-part=${part}]`).allInnerTexts()
      expect(sizes).toEqual(Array(3).fill(expect.stringMatching(bytes)))
    }
    expect(await page.locator('[data-part=load-time]').allInnerTexts()).toEqual(
      Array(3).fill(expect.stringMatching(/^[\d.]+ ms$/)),
    )
    expect(await page.locator('[data-part=difference]').allInnerTexts()).toEqual([
      'the reference',
      expect.stringMatching(/^0\.\d{3} \(.+\)$/),
      'none at all',
    ])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('takes pictures that are chosen, dropped or pasted, and says what is none', async () => {
    const { page, complaints } = await open(await serve('./'))
    const picture = await page.getByRole('button', { name: 'Wall clock' }).screenshot()
    await page.setInputFiles('#file', { name: 'clock.png', mimeType: 'image/png', buffer: picture })
    expect((await classesOf(page, 'clock.png'))[0]).toContain('wall clock')

    for (const kind of ['drop', 'paste'] as const) {
      const name = `${kind}.png`
      await page.evaluate(
        ([event, file, bytes]) => {
          const data = new DataTransfer()
          data.items.add(new File([Uint8Array.from(bytes)], file, { type: 'image/png' }))
          const given = { bubbles: true, cancelable: true }
          document.body.dispatchEvent(
            event === 'drop'
              ? new DragEvent('drop', { ...given, dataTransfer: data })
              : new ClipboardEvent('paste', { ...given, clipboardData: data }),
          )
        },
        [kind, name, [...picture]] as [typeof kind, string, number[]],
      )
      expect((await classesOf(page, name))[0]).toContain('wall clock')
    }

    const notice = page.getByRole('alert')
    await page.setInputFiles('#file', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('text') })
    await notice.filter({ hasText: '“a.txt” is not a picture (text/plain). Choose a JPEG, PNG' }).waitFor()
    await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('text') })
    await notice.filter({ hasText: 'The browser can’t read “a.png”. Choose a JPEG, PNG' }).waitFor()
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('changes to the cpu backend, with the same answers', async () => {
    const { page, complaints } = await open(await serve('./'))
    await page.getByRole('button', { name: 'Traffic light' }).click()
    const onWasm = await classesOf(page, 'Traffic light')
    await page.locator('label', { hasText: 'cpu' }).click()
    expect(await classesOf(page, 'Traffic light')).toEqual(onWasm)
    expect(await page.getByRole('radio', { name: 'cpu' }).isChecked()).toBe(true)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('falls back to cpu, and says so, where a policy forbids WebAssembly', async () => {
    const { page, complaints } = await open(await serve('./', strict.replace(" 'wasm-unsafe-eval'", '')))
    expect(complaints).toContainEqual('policy: script-src forbids wasm-eval')
    await page.getByText('The wasm backend doesn’t start in this browser; the models run on cpu.').waitFor()
    expect(await page.getByRole('radio', { name: 'cpu' }).isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Balloon' }).click()
    expect((await classesOf(page, 'Balloon')).map(([first]) => first)).toEqual(['balloon', 'balloon', 'balloon'])
    await page.context().close()
  })

  it('says in its card why a model did not load, and loads it on request', async () => {
    const { page } = await openWatched(browser, 'about:blank')
    let missing = true
    await page.route('**/*.pb', (route) => {
      if (missing) route.fulfill({ status: 404, body: 'gone' })
      else route.continue()
    })
    await page.goto(await serve('./'))
    const [card] = await cards(page)
    await card!.getByText('This model did not load').waitFor()
    expect(await card!.locator('[data-part=failed-text]').textContent()).toMatch(/404/)
    missing = false
    await card!.getByRole('button', { name: 'Try again' }).click()
    await card!.getByText('Ready.').waitFor()
    await page.context().close()
  })

  it.each([390, 1280])('fits a window of %i pixels', async (width) => {
    const { page } = await open(await serve('./'), { width, height: 800 })
    await page.getByRole('button', { name: 'Espresso' }).click()
    await classesOf(page, 'Espresso')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const columns = new Set(await Promise.all((await cards(page)).map(async (card) => (await card.boundingBox())!.x)))
    expect(columns.size).toBe(width === 390 ? 1 : 3)
    await page.context().close()
  })
})
