import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** What the first lines of a module say that this command wrote. */
export interface WrittenModule {
  /** The name of the model's file beside it; undefined where the module holds the model itself. */
  asset?: string
  /** SHA-256 of that file as it was written. */
  sha256?: string
}

const mark = '// Written by graphdef build'

/**
 * The lines that a module and its declarations begin with. They tell a later run which files are its own.
 *
 * @param source the model, from the module's folder, with the query
 */
export function moduleHeader(source: string, { asset, sha256 }: WrittenModule): string {
  const lines = [`${mark} from ${source.replace(/[\r\n\u2028\u2029]/g, ' ')}: changes here are lost.`]
  if (asset) lines.push(`// Asset: ${asset}, SHA-256 ${sha256}`)
  return lines.join('\n')
}

/** What a file says of itself; undefined where there is none, null where somebody else wrote it. */
export function readWrittenModule(file: string): WrittenModule | null | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    // A folder, or what may not be read, is somebody else's too.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : null
  }
  if (!text.startsWith(mark)) return null
  const found = /^.*\r?\n\/\/ Asset: ([^/\\\r\n]+\.pb), SHA-256 ([0-9a-f]{64})\r?$/m.exec(text.slice(0, 4096))
  return found ? { asset: found[1]!, sha256: found[2]! } : {}
}

/** Whether a model's file is one that this command wrote: the module beside it says so. */
export function isWrittenAsset(file: string): boolean {
  const name = basename(file)
  const stem = name.replace(/\.pb$/, '')
  return [stem, stem.replace(/-[0-9a-f]{8}$/, '')].some(
    (module) => readWrittenModule(join(dirname(file), `${module}.js`))?.asset === name,
  )
}
