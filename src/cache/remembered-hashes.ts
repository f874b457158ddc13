import { createHash } from 'node:crypto'
import { type BigIntStats, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Smaller files are hashed about as fast as what is remembered of them is read. */
const largeFile = 8 * 2 ** 20

/** A file changed within so many milliseconds may change again within one step of its disk's clock, which would not show. */
const settling = 2000

/** The names of what is remembered, in the cache's folder. */
export const rememberedPattern: RegExp = /^hash-[0-9a-f]{32}\.json$/

interface Remembered {
  stamp: string
  hash: string
}

/**
 * The hashes of large files, remembered as long as a file is the same one: on its disk's word for device, number, size, and the
 * times of the last change of content and of anything. The last of these nobody can set; a copy or a checkout has its own. Without
 * this, hashing a model of 200 MB takes a build as long as all that Rspack does with such a file.
 */
export class RememberedHashes {
  readonly #folder: () => string
  readonly #largeFile: number
  readonly #now: () => number

  /** @param folder gives where they are kept */
  constructor(folder: () => string, options: { largeFile?: number | undefined; now?: () => number } = {}) {
    this.#folder = folder
    this.#largeFile = options.largeFile ?? largeFile
    this.#now = options.now ?? Date.now
  }

  /**
   * The hash of a file, from memory or from its bytes.
   * @param compute reads the file; what it throws is thrown
   */
  of(file: string, kind: 'source' | 'entry', compute: () => string): string {
    const before = this.#stampOf(file)
    if (before === undefined) return compute()
    const place = this.#placeOf(file, kind)
    const known = read(place)
    if (known?.stamp === before.text) return known.hash
    const hash = compute()
    const isSettled = this.#now() - before.changed > settling
    if (isSettled && this.#stampOf(file)?.text === before.text) write(place, { stamp: before.text, hash })
    return hash
  }

  /** Forgets a hash that the file turned out not to have. */
  forget(file: string, kind: 'source' | 'entry'): void {
    rmSync(this.#placeOf(file, kind), { force: true })
  }

  #placeOf(file: string, kind: string): string {
    const name = createHash('sha256').update(`${kind} ${file}`).digest('hex').slice(0, 32)
    return join(this.#folder(), `hash-${name}.json`)
  }

  /** What tells a large file from all others and from what it was; undefined where it is small, or its disk does not tell. */
  #stampOf(file: string): { text: string; changed: number } | undefined {
    const facts = factsOf(file)
    if (!facts || facts.size < this.#largeFile || facts.ctimeNs === 0n || facts.ino === 0n) return undefined
    const { dev, ino, size, mtimeNs, ctimeNs } = facts
    return { text: [dev, ino, size, mtimeNs, ctimeNs].join(' '), changed: Number(facts.ctimeMs) }
  }
}

function factsOf(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true })
  } catch {
    return undefined
  }
}

function read(place: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(place, 'utf8')) as Remembered
  } catch {
    return undefined
  }
}

/** Where the folder cannot be written, the file is hashed again next time. */
function write(place: string, remembered: Remembered): void {
  const making = `${place}.${process.pid}.making`
  try {
    writeFileSync(making, JSON.stringify(remembered))
    renameSync(making, place)
  } catch {
    rmSync(making, { force: true })
  }
}
