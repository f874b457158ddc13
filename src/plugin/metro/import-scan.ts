import { type Dirent, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, isAbsolute, join, resolve } from 'node:path'
import { isModelFile, splitModelId } from '../model-id.js'

/** An import of a model, with the file it leads to. */
export interface FoundImport {
  importer: string
  specifier: string
  file: string
}

/** Where Metro looks for packages beside the folders above a module. */
export interface PackagePlaces {
  nodeModulesPaths?: readonly string[]
  extraNodeModules?: Readonly<Record<string, string>>
}

/**
 * The imports of models in the modules below some folders. Metro lists files once, before it reads any module, and resolves
 * without waiting; so what imports become has to be there before.
 *
 * @param extensions those of modules, without the dot
 */
export function scanImports(
  folders: readonly string[],
  extensions: readonly string[],
  places: PackagePlaces = {},
): FoundImport[] {
  const { modules, models } = listFiles(folders, new Set(extensions))
  const found: FoundImport[] = []
  for (const importer of modules) {
    for (const specifier of specifiersIn(readFileSync(importer, 'latin1'))) {
      const { file: asked } = splitModelId(specifier)!
      const file = resolveInNode(asked, importer, places)
      // Where an alias leads, only the host knows: what ends like it is made ready, and no harm is done if nothing imports it.
      const files = file ? [file] : filesEndingIn(asked, models)
      for (const each of files) found.push({ importer, specifier, file: each })
    }
  }
  return found
}

/** The modules and the models below some folders, each once. Symbolic links are not followed, like Metro's own list. */
function listFiles(
  folders: readonly string[],
  extensions: ReadonlySet<string>,
): { modules: string[]; models: string[] } {
  const modules: string[] = []
  const models: string[] = []
  const seen = new Set<string>()
  const walk = (folder: string): void => {
    if (seen.has(folder)) return
    seen.add(folder)
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) walk(path)
      } else if (isModelFile(entry.name)) models.push(path)
      else if (extensions.has(extname(entry.name).slice(1)) && !/\.d\.[cm]?ts$/.test(entry.name)) modules.push(path)
    }
  }
  for (const folder of folders) walk(realpathSync(folder))
  return { modules: modules.sort(), models: models.sort() }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

const ending = String.raw`\.(?:pb|pbtxt|pbmm|mmpb)(?:\.gz)?\?`
const literals = ['"', "'", '`'].map(
  (quote) => new RegExp(`${quote}([^${quote}\\n]*?${ending}[^${quote}\\n]*)${quote}`, 'g'),
)

/**
 * What stands between quotes in a module's text and asks for a model. It may also be found in a comment or a text, which costs
 * no more than a model that nobody imports.
 *
 * @param text in Latin-1, one character a byte: large files are looked through several times as fast as when decoded
 */
export function specifiersIn(text: string): string[] {
  if (!text.includes('pb?') && !text.includes('pbtxt?') && !text.includes('pbmm?') && !text.includes('.gz?')) return []
  const found = new Set<string>()
  for (const literal of literals) {
    for (const [, specifier] of text.matchAll(literal)) {
      const decoded = Buffer.from(specifier!, 'latin1').toString('utf8')
      if (!decoded.includes('${') && splitModelId(decoded)) found.add(decoded)
    }
  }
  return [...found]
}

/**
 * The real file of a path as a module writes it, by Node's rules: relative, absolute, or in a package.
 * Undefined where there is none.
 */
export function resolveInNode(
  path: string,
  importer: string,
  { nodeModulesPaths = [], extraNodeModules = {} }: PackagePlaces = {},
): string | undefined {
  if (isPath(path)) return realFile(resolve(dirname(importer), path))
  const places = [importer, ...nodeModulesPaths.map((folder) => join(dirname(folder), 'module.js'))]
  for (const place of places) {
    try {
      return createRequire(place).resolve(path)
    } catch {}
  }
  for (const [name, folder] of Object.entries(extraNodeModules)) {
    const file = path.startsWith(`${name}/`) && realFile(join(folder, path.slice(name.length)))
    if (file) return file
  }
  return undefined
}

/** A file under its real name, as Metro knows it; undefined where there is none. */
export function realFile(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined
}

export function isPath(specifier: string): boolean {
  return /^\.{1,2}[\\/]/.test(specifier) || isAbsolute(specifier)
}

/**
 * The models that a path through an alias may mean: those that end in it, or in it without its first folder (`@/models/x.pb`),
 * or without more.
 */
export function filesEndingIn(path: string, models: readonly string[]): string[] {
  if (isPath(path)) return []
  const folders = path.split('/')
  for (let first = 0; first < folders.length; first++) {
    const tail = `/${folders.slice(first).join('/')}`
    const files = models.filter((model) => model.replaceAll('\\', '/').endsWith(tail))
    if (files.length > 0) return files
  }
  return []
}
