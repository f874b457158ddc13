import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { download } from '../../src/runtime/download.js'
import type { ModelLoadError } from '../../src/runtime/errors.js'

const content = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 251)
const model = {
  url: 'https://app.example/assets/model-1a2b.pb',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
}

function answer(body: BodyInit | null, init?: ResponseInit): typeof fetch {
  return async () => new Response(body, init)
}

/** A body that arrives in pieces. */
function pieces(...parts: Uint8Array[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

async function failure(fetch: typeof globalThis.fetch, changes: Partial<typeof model> = {}): Promise<ModelLoadError> {
  return download({ ...model, ...changes }, { fetch }).then(
    () => expect.unreachable('the download should have failed'),
    (error) => error,
  )
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('download', () => {
  it('gives the content, and reports progress against the size of the manifest', async () => {
    const progress: { loaded: number; total: number }[] = []
    const fetch = answer(pieces(content.subarray(0, 300), content.subarray(300)), {
      headers: { 'content-length': '17' },
    })
    const found = await download(model, { fetch, onProgress: (step) => progress.push(step) })
    expect(found).toEqual(content)
    expect(progress).toEqual([0, 300, 1000].map((loaded) => ({ loaded, total: 1000 })))
  })

  it('does without streams', async () => {
    const response = new Response(content)
    Object.defineProperty(response, 'body', { value: null })
    expect(await download(model, { fetch: async () => response })).toEqual(content)
  })

  it('says what the server answered', async () => {
    const error = await failure(answer('<!doctype html>', { status: 404, statusText: 'Not Found' }))
    expect([error.code, error.message]).toEqual(['http', `${model.url}: the server answered 404 Not Found.`])
  })

  it('says that there was no answer', async () => {
    const cause = new TypeError('fetch failed')
    const error = await failure(async () => Promise.reject(cause))
    expect([error.code, error.cause]).toEqual(['http', cause])
    expect(error.message).toBe(`${model.url}: the download failed (TypeError: fetch failed).`)
  })

  it('says that the connection broke off', async () => {
    const cause = new TypeError('terminated')
    let pulls = 0
    const body = new ReadableStream({
      pull: (controller) => (pulls++ ? controller.error(cause) : controller.enqueue(content.slice(0, 10))),
    })
    const error = await failure(answer(body))
    expect([error.code, error.cause]).toEqual(['http', cause])
  })

  it.each([
    ['of another size', '<!DOCTYPE html><title>App</title>', {}],
    ['of the same size, served as HTML', `<html>${' '.repeat(994)}`, { headers: { 'content-type': 'text/html' } }],
    ['that starts with a line break', '\n<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } }],
  ])('knows an HTML page %s', async (_, page, init) => {
    const error = await failure(answer(page, init))
    expect([error.code, error.message]).toEqual([
      'html',
      `${model.url}: got an HTML page instead of the model. Is the URL right, and the base path of the app?`,
    ])
  })

  it('takes a memory-mapped package that starts with "<" for what it is', async () => {
    const tensors = Uint8Array.from(content, (byte, index) => (index === 0 ? 0x3c : byte))
    const sha256 = createHash('sha256').update(tensors).digest('hex')
    expect(await download({ ...model, sha256 }, { fetch: answer(tensors) })).toEqual(tensors)
  })

  it('knows a Git LFS pointer', async () => {
    const error = await failure(answer('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1000\n'))
    expect([error.code, error.message]).toEqual([
      'lfs',
      `${model.url}: got a Git LFS pointer instead of the model. Run "git lfs pull" before the app is built or deployed.`,
    ])
  })

  it('knows a file that was cut off', async () => {
    const error = await failure(answer(content.slice(0, 999)))
    expect([error.code, error.message]).toEqual(['truncated', `${model.url}: got 999 of 1000 bytes.`])
  })

  it('stops downloading a file that is too long', async () => {
    const cancel = vi.fn()
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(400)), cancel })
    const error = await failure(answer(endless))
    expect([error.code, error.message]).toEqual([
      'size',
      `${model.url}: got more than the 1000 bytes of the model: another file, or another version of it.`,
    ])
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('finds one wrong bit, unless it is told not to look', async () => {
    const changed = Uint8Array.from(content, (byte, index) => (index === 500 ? byte ^ 1 : byte))
    const error = await failure(answer(changed))
    expect(error.code).toBe('hash')
    expect(error.message).toContain(`${model.url}: the content isn't that of the build: its SHA-256 is `)
    expect(error.message).toContain(`the manifest says ${model.sha256}.`)
    expect(await download(model, { fetch: answer(changed), verify: false })).toEqual(changed)
  })

  it('looks no further where the page is not a secure context', async () => {
    vi.stubGlobal('crypto', {})
    expect(await download({ ...model, sha256: 'unknown' }, { fetch: answer(content) })).toEqual(content)
  })

  it('lets an abort pass through, with its reason', async () => {
    const reason = new Error('the user left')
    const controller = new AbortController()
    const fetch: typeof globalThis.fetch = async (_, init) => {
      expect(init?.signal).toBe(controller.signal)
      controller.abort(reason)
      init?.signal?.throwIfAborted()
      return new Response(content)
    }
    await expect(download(model, { fetch, signal: controller.signal })).rejects.toBe(reason)
  })
})
