import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import { gzip as gzipCallback } from 'node:zlib'
import { fileDigest } from '../cache/file-digest.js'
import { cacheKey } from '../cache/key.js'
import { FileChanged, SideFileReader } from '../cache/side-file-reader.js'
import { ModelStore, type StoredEntry } from '../cache/store.js'
import { parseRequest, printRequest, type Request } from '../chain/request.js'
import { namesIn } from '../disk/names-in.js'
import { didYouMean, GraphdefError, withPlace } from '../errors.js'
import { version } from '../version.js'
import type { ResolvedOptions } from './options.js'

/** Files above this size are not gzipped to tell how far they shrink: it would take longer than the transforms. */
const gzipLimit = 32 * 2 ** 20

const gzip = promisify(gzipCallback)

/** A model as an import gives it: where its file lies, what is in it, and how it came about. */
export interface LoadedModel extends StoredEntry {
  request: Request
  hit: boolean
  /** What this took: reading, hashing and, where it was not cached, all the rest. */
  milliseconds: number
}

/** Turns a file and a query into a model: from the cache, or by running the chain. */
export class ModelLoader {
  readonly store: ModelStore
  readonly #options: ResolvedOptions

  /** @param unfitForCache what the path of the cache may not hold */
  constructor(options: ResolvedOptions, unfitForCache?: RegExp) {
    this.#options = options
    this.store = new ModelStore({ folder: options.cacheDir, unfit: unfitForCache })
  }

  /**
   * @param watch told each file beside the model that the chain names, before it is read
   * @throws GraphdefError with the file
   */
  async load(file: string, query: string, watch: (file: string) => void = () => {}): Promise<LoadedModel> {
    const started = performance.now()
    try {
      const { presets, defaultPreset } = this.#options
      const request = parseRequest(query, { presets, defaultPreset })
      const fileName = assetName(file)
      const sourceDigest = this.store.hashes.of(file, 'source', () => digestOf(file))
      const beside = new SideFileReader(request.chain, dirname(file))
      beside.places.forEach(watch)
      const key = cacheKey({
        packageVersion: version,
        request: printRequest(request),
        fileName,
        sourceDigest,
        sideFiles: beside.digests(),
      })
      // Timed on its own: what is awaited in a busy build takes in the work of others.
      const found = this.store.find(key, fileName)
      if (found) return { ...found, hit: true, request, milliseconds: performance.now() - started }
      const entry = await this.store.getOrMake(key, fileName, async () => {
        const source = readFileSync(file)
        if (createHash('sha256').update(source).digest('hex') !== sourceDigest) throw new FileChanged()
        // Loaded when first needed: a build that finds everything in the cache does without.
        const { optimize } = await import('../optimize.js')
        const result = await optimize(source, request, { readFile: beside.read })
        const gzipBytes =
          result.manifest.bytes <= gzipLimit ? (await gzip(Buffer.concat(result.bytes))).length : undefined
        return { ...result, gzipBytes }
      })
      return { ...entry, request, milliseconds: performance.now() - started }
    } catch (error) {
      if (error instanceof FileChanged) {
        this.store.hashes.forget(file, 'source')
        return this.load(file, query, watch)
      }
      throw withPlace(error, { file })
    }
  }
}

function digestOf(file: string): string {
  try {
    return fileDigest(file)
  } catch (error) {
    throw unreadable(file, error as NodeJS.ErrnoException)
  }
}

/** The asset's name: that of the file, without what hosts would take for something else. */
function assetName(file: string): string {
  return basename(file)
    .replace(/\.gz$/, '')
    .replace(/\.(?:pbtxt|pbmm|mmpb)$/, '.pb')
    .replace(/[#?%]/g, '_')
}

/** The error of a file that is not there or cannot be read; it names a file beside it that may be meant. */
export function unreadable(file: string, cause?: NodeJS.ErrnoException): GraphdefError {
  if (cause && cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
    return new GraphdefError('file-not-found', {
      what: `the model cannot be read (${cause.code ?? cause.message})`,
      file,
      remedy:
        cause.code === 'EISDIR' ? 'This is a folder; name the .pb file in it.' : 'Look at the permissions of the file.',
      cause,
    })
  }
  const models = namesIn(dirname(file)).filter((name) => /\.pb/.test(name))
  const hint = didYouMean(basename(file), models)
  return new GraphdefError('file-not-found', {
    what: 'there is no such file',
    file,
    remedy:
      [hint, models.length ? `Models in that folder: ${models.sort().join(', ')}.` : ''].filter(Boolean).join('\n') ||
      'Look at the path; a relative one starts at the file that has the import.',
    cause,
  })
}
