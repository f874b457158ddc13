import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { replaceFile } from '../disk/replace-file.js'
import { mergeDeclarations, type SeenImport } from '../manifest/type-declarations.js'
import { holdsImport } from './import-attributes.js'
import { shownPath } from './shown-path.js'

/** Where the types go when nobody says: into `src`, which is what a bundler's project usually type-checks. */
export function defaultTypesFile(root: string): string {
  return existsSync(join(root, 'src')) ? join(root, 'src', 'graphdef-env.d.ts') : join(root, 'graphdef-env.d.ts')
}

/** Keeps `graphdef-env.d.ts` up to date with the imports that a build or a dev server meets. */
export class TypesFile {
  readonly path: string
  readonly #root: string
  readonly #seen = new Map<string, SeenImport>()
  #writing: Promise<void> = Promise.resolve()

  constructor(path: string, root: string) {
    this.path = path
    this.#root = root
  }

  /** Notes one import as it stands in its module. */
  saw(seen: SeenImport): void {
    const importer = shownPath(this.#root, seen.importer)
    this.#seen.set(`${importer}\0${seen.specifier}\0${seen.written}`, { ...seen, importer })
  }

  /**
   * Writes the file where its text changed. Declarations of imports that were not met this time stay as long as their module
   * still has them, so that a dev server or an SSR build that sees only a part drops nothing.
   */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    if (this.#seen.size === 0) return
    const present = await readFile(this.path, 'utf8').catch(() => '')
    const text = await mergeDeclarations([...this.#seen.values()], present, async (importer, written) => {
      const module = resolve(this.#root, importer)
      return holdsImport(await readFile(module, 'utf8').catch(() => ''), module, written)
    })
    if (text === present) return
    await mkdir(dirname(this.path), { recursive: true })
    await replaceFile(this.path, (temporary) => writeFile(temporary, text))
  }
}
