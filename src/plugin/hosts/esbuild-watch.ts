import { createHash } from 'node:crypto'
import { statSync, unwatchFile, watchFile, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Smaller files esbuild may read: that costs nothing to speak of. */
const largeFile = 8 * 2 ** 20

/**
 * What esbuild watches for models. A file that it is told to watch it reads, whether it watches or not: a model of 200 MB took it
 * 380 MiB of memory. For a large file it watches a small one, which is written anew when the large one changes.
 */
export class WatchedModels {
  readonly #folder: () => string
  readonly #watched = new Set<string>()

  /** @param folder gives where the small files lie */
  constructor(folder: () => string) {
    this.#folder = folder
  }

  /** The file to watch for a model. */
  of(file: string): string {
    const state = stateOf(file)
    if (!state || state.size < largeFile) return file
    const small = join(this.#folder(), `watch-${createHash('sha256').update(file).digest('hex').slice(0, 32)}`)
    writeFileSync(small, state.text)
    if (!this.#watched.has(file)) {
      this.#watched.add(file)
      // Does not keep a process alive that only builds.
      watchFile(file, { interval: 200, persistent: false }, () => {
        try {
          writeFileSync(small, stateOf(file)?.text ?? 'gone')
        } catch {
          // The cache's folder is gone, and with it the file that esbuild watches: it sees that.
        }
      })
    }
    return small
  }

  /** Stops watching. */
  close(): void {
    for (const file of this.#watched) unwatchFile(file)
    this.#watched.clear()
  }
}

function stateOf(file: string): { size: number; text: string } | undefined {
  const facts = statSync(file, { bigint: true, throwIfNoEntry: false })
  return facts && { size: Number(facts.size), text: `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.ctimeNs}\n` }
}
