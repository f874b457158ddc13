import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, utimesSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { writeSlices } from '../disk/write-slices.js'
import { loaded } from '../graph/deferred-bytes.js'
import type { ModelManifest } from '../manifest/types.js'
import type { Report } from '../optimize.js'
import { keyPattern } from './key.js'
import { readChunks } from './read-chunks.js'
import { RememberedHashes, rememberedPattern } from './remembered-hashes.js'

/** What is kept of a result beside its bytes. */
export interface EntryFacts {
  manifest: ModelManifest
  report: Report
  /** Bytes of the file when gzipped; undefined where that was not measured. */
  gzipBytes?: number
}

/** A result to keep: the file in slices. */
export interface NewEntry extends EntryFacts {
  bytes: readonly Uint8Array[]
}

/** A result in the store. */
export interface StoredEntry extends EntryFacts {
  key: string
  /** The model's file, under the name it was asked for. */
  file: string
}

export interface StoreOptions {
  /** Where entries are kept. */
  folder: string
  /** What its path may not hold: hosts would take it apart there. */
  unfit?: RegExp
  /** Entries not used for so many days are dropped. */
  maxAgeDays?: number
  /** The least recently used entries beyond so many bytes are dropped. */
  maxBytes?: number
  /** From so many bytes on the hash of a file is remembered; 8 MiB where not given. */
  largeFile?: number
}

const factsName = 'entry.json'
const day = 24 * 60 * 60 * 1000

/**
 * Results on disk, by the hash of all they depend on: a folder an entry, with the model's file and `entry.json`. An entry
 * appears whole, by one rename; what is damaged is found by its checksum and made again. Where the folder cannot be written, a
 * temporary one serves until the process ends.
 */
export class ModelStore {
  /** Of the models that entries are made from, and of the entries' own files. */
  readonly hashes: RememberedHashes
  readonly #wished: string
  readonly #unfit: RegExp | undefined
  #folder: string | undefined
  #unused: string | undefined
  readonly #maxAgeDays: number
  readonly #maxBytes: number
  readonly #underWay = new Map<string, Promise<StoredEntry & { hit: boolean }>>()
  readonly #used = new Set<string>()

  constructor({ folder, unfit, maxAgeDays = 30, maxBytes = 2 ** 31, largeFile }: StoreOptions) {
    this.hashes = new RememberedHashes(() => this.folder(), { largeFile })
    this.#wished = folder
    this.#unfit = unfit
    this.#maxAgeDays = maxAgeDays
    this.#maxBytes = maxBytes
  }

  /** The folder that is used: the wished one, or a temporary one where that cannot be written. */
  folder(): string {
    if (this.#folder) return this.#folder
    try {
      const unfit = this.#unfit?.exec(this.#wished)
      if (unfit) throw new Error(`this bundler takes no path with "${unfit[0]}"`)
      mkdirSync(this.#wished, { recursive: true })
      rmdirSync(mkdtempSync(join(this.#wished, 'probe-')))
      this.#folder = this.#wished
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      this.#unused = `the cache cannot be in ${this.#wished} (${code ?? message}): nothing is kept for the next build`
      this.#folder = mkdtempSync(join(tmpdir(), 'graphdef-cache-'))
    }
    return this.#folder
  }

  /** Why the wished folder is not used; told once, and undefined where it is. */
  tellUnused(): string | undefined {
    const unused = this.#unused
    this.#unused = undefined
    return unused
  }

  /** The entry of a key, made where it is not there or damaged. Requests for one key at one time share the work. */
  getOrMake(key: string, fileName: string, make: () => Promise<NewEntry>): Promise<StoredEntry & { hit: boolean }> {
    let work = this.#underWay.get(key)
    if (!work) {
      work = this.#getOrMake(key, fileName, make).finally(() => this.#underWay.delete(key))
      this.#underWay.set(key, work)
    }
    return work
  }

  async #getOrMake(
    key: string,
    fileName: string,
    make: () => Promise<NewEntry>,
  ): Promise<StoredEntry & { hit: boolean }> {
    const found = this.find(key, fileName)
    if (found) return { ...found, hit: true }
    const entry = await make()
    const file = await this.#write(key, fileName, entry)
    const { manifest, report, gzipBytes } = entry
    return { key, file, manifest, report, gzipBytes, hit: false }
  }

  /**
   * The entry of a key where it is there and whole. Without waiting: in a busy build each wait would cost more than the few
   * milliseconds that reading and hashing take.
   */
  find(key: string, fileName: string): StoredEntry | undefined {
    this.#used.add(key)
    const entry = join(this.folder(), key)
    const file = join(entry, fileName)
    try {
      const facts = JSON.parse(readFileSync(join(entry, factsName), 'utf8')) as EntryFacts & { crc: number }
      const found = this.hashes.of(file, 'entry', () => checksumOf(file))
      if (found !== printChecksum(facts.crc, facts.manifest.bytes)) throw new Error('damaged')
      touch(join(entry, factsName))
      const { manifest, report, gzipBytes } = facts
      return { key, file, manifest, report, gzipBytes }
    } catch {
      rmSync(entry, { recursive: true, force: true })
      return undefined
    }
  }

  async #write(key: string, fileName: string, { bytes, ...facts }: NewEntry): Promise<string> {
    const folder = this.folder()
    // Someone may have emptied the cache since it was found to be there.
    await mkdir(folder, { recursive: true })
    const making = await mkdtemp(join(folder, 'making-'))
    try {
      await writeDurably(join(making, fileName), bytes)
      await writeDurably(join(making, factsName), [
        new TextEncoder().encode(JSON.stringify({ ...facts, crc: crcOf(bytes) })),
      ])
      await rename(making, join(folder, key)).catch(async (error: NodeJS.ErrnoException) => {
        // Another process was faster: its entry is as good.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST' && error.code !== 'EPERM') throw error
        await stat(join(folder, key, fileName))
      })
    } finally {
      await rm(making, { recursive: true, force: true })
    }
    return join(folder, key, fileName)
  }

  /** Drops what is too old, left behind or beyond the bound in size; never what this process used. */
  async sweep(now: number = Date.now()): Promise<void> {
    const folder = this.folder()
    const entries: { path: string; used: number; bytes: number }[] = []
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name)
      if (this.#used.has(name)) continue
      if (keyPattern.test(name)) entries.push({ path, ...(await usage(path)) })
      else {
        const days = rememberedPattern.test(name)
          ? this.#maxAgeDays
          : /^(?:making|probe|hash|watch)-/.test(name)
            ? 1
            : Infinity
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
        if (now - mtimeMs > days * day) await rm(path, { recursive: true, force: true })
      }
    }
    entries.sort((a, b) => b.used - a.used)
    let total = 0
    for (const entry of entries) {
      total += entry.bytes
      if (now - entry.used > this.#maxAgeDays * day || total > this.#maxBytes) {
        await rm(entry.path, { recursive: true, force: true })
      }
    }
  }
}

function crcOf(slices: readonly Uint8Array[]): number {
  return slices.reduce((crc, slice) => crc32(loaded(slice), crc), 0)
}

/** When an entry was used last, and what it takes on the disk: a file that has two names counts once. */
async function usage(entry: string): Promise<{ used: number; bytes: number }> {
  const sizes = new Map<bigint, bigint>()
  let used = 0
  for (const name of await readdir(entry).catch(() => [])) {
    const facts = await stat(join(entry, name), { bigint: true }).catch(() => undefined)
    if (!facts) continue
    sizes.set(facts.ino, facts.size)
    if (name === factsName) used = Number(facts.mtimeMs)
  }
  return { used, bytes: Number([...sizes.values()].reduce((sum, size) => sum + size, 0n)) }
}

/** Writes slices without joining them, and waits until they are on the disk. */
async function writeDurably(path: string, slices: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await writeSlices(file, slices)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** CRC-32 and size of a file: enough to find damage, and much faster than a cryptographic hash. */
function checksumOf(path: string): string {
  let crc = 0
  const size = readChunks(path, (piece) => {
    crc = crc32(piece, crc)
  })
  return printChecksum(crc, size)
}

const printChecksum = (crc: number, size: number): string => `${crc} ${size}`

/** Marks an entry as used now; where that is not allowed, it only ages sooner. */
function touch(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {}
}
