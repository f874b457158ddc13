import type { ModelAsset, ModelManifest } from '../manifest/types.js'
import { ModelLoadError } from './errors.js'
import type { LoadOptions } from './types.js'

type DownloadOptions = Pick<LoadOptions, 'signal' | 'onProgress' | 'fetch' | 'verify'>
type Expected = Pick<ModelManifest, 'bytes' | 'sha256'>

/**
 * Downloads a model into one buffer of the size that the manifest states (a server's Content-Length is the size after
 * compression) and checks it. Throws a ModelLoadError; an abort passes through.
 */
export async function download(
  model: Pick<ModelAsset, 'url' | 'bytes' | 'sha256'>,
  { signal, onProgress, fetch: request = fetch, verify }: DownloadOptions,
): Promise<Uint8Array> {
  const { url, bytes: total } = model
  const report = (loaded: number): void => onProgress?.({ loaded, total })
  let response: Response
  const content = new Uint8Array(total)
  let loaded = 0
  try {
    response = await request(url, { signal })
    if (response.ok) {
      report(0)
      for await (const piece of pieces(response)) {
        content.set(piece.subarray(0, total - loaded), Math.min(loaded, total))
        loaded += piece.length
        // Another file, and it may be a large one: what has come is enough to say so.
        if (loaded > total) break
        report(loaded)
      }
    }
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ModelLoadError('http', `${url}: the download failed (${cause}).`, { cause })
  }
  if (!response.ok) {
    throw new ModelLoadError(
      'http',
      `${url}: the server answered ${`${response.status} ${response.statusText}`.trim()}.`,
    )
  }
  await checkContent(content.subarray(0, loaded), loaded, model, {
    verify,
    from: url,
    html: response.headers.get('content-type')?.includes('text/html'),
  })
  return content
}

/** The pieces of a body as they arrive, or the whole of it where the engine has no streams. */
async function* pieces(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader?.()
  if (!reader) {
    yield new Uint8Array(await response.arrayBuffer())
    return
  }
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    // After the last piece this does nothing; before it, it stops the download.
    await reader.cancel()
  }
}

/**
 * Checks that the content is the model of the manifest, and says what it is instead.
 *
 * @param content the content, or the beginning of one that is too long
 * @param size its whole size, as far as it is known
 */
export async function checkContent(
  content: Uint8Array,
  size: number,
  { bytes, sha256 }: Expected,
  { from, html, verify = true }: { from: string; html?: boolean; verify?: boolean },
): Promise<void> {
  const fail = (code: ModelLoadError['code'], what: string): never => {
    throw new ModelLoadError(code, `${from}: ${what}`)
  }
  // A GraphDef can't start with "<"; a memory-mapped package can, but then its size and type are right.
  if (content[0] === 0x3c ? html || size !== bytes : html && size !== bytes) {
    fail('html', 'got an HTML page instead of the model. Is the URL right, and the base path of the app?')
  }
  if (size !== bytes && startsWith(content, 'version https://git-lfs')) {
    fail('lfs', 'got a Git LFS pointer instead of the model. Run "git lfs pull" before the app is built or deployed.')
  }
  if (size < bytes) fail('truncated', `got ${size} of ${bytes} bytes.`)
  if (size > bytes)
    fail('size', `got more than the ${bytes} bytes of the model: another file, or another version of it.`)
  // Pages that aren't served securely have no crypto.subtle.
  const subtle = verify ? globalThis.crypto?.subtle : undefined
  if (!subtle) return
  const digest = new Uint8Array(await subtle.digest('SHA-256', content as Uint8Array<ArrayBuffer>))
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (found !== sha256) {
    fail('hash', `the content isn't that of the build: its SHA-256 is ${found}, the manifest says ${sha256}.`)
  }
}

function startsWith(content: Uint8Array, text: string): boolean {
  return [...text].every((letter, index) => content[index] === letter.charCodeAt(0))
}
