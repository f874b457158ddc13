import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { GraphdefError } from '../../errors.js'
import { splitModelId } from '../model-id.js'
import type { ModelImports } from '../model-imports.js'
import { brokenSpecifier } from './entry-text.js'
import { isPath, realFile, resolveInNode } from './import-scan.js'
import type { ResolutionContext, ResolveRequest } from './metro-config.js'
import { type ModelEntries, modulePath } from './model-entries.js'

export interface ResolverOptions {
  imports: ModelImports
  entries: ModelEntries
  root: string
  /** The folders that the user has had looked through. */
  scan: readonly string[] | undefined
  /** The user's own resolver. */
  own: ResolveRequest | null | undefined
  /** Whether this is a dev server, to which entries can be added. */
  serves(): boolean
}

/** Has the import of a model lead to its entry; everything else to where it leads without us. */
export function modelResolver(options: ResolverOptions): ResolveRequest {
  const { imports, entries, own, serves } = options
  return (context, name, platform) => {
    const next: ResolveRequest = own ?? context.resolveRequest
    const importer = context.originModulePath
    const entry = entries.holding(importer)
    if (entry) {
      if (name.startsWith('./')) return { type: 'sourceFile', filePath: join(entry.folder, name) }
      if (name !== brokenSpecifier) return next(context, name, platform)
      // One that has been mended meanwhile is built once more.
      if (!entry.error) return { type: 'empty' }
      throw metroError(entry.error, importer)
    }
    const asked = splitModelId(name)
    if (!asked) return next(context, name, platform)
    const file = fileOf(asked.file, context, platform, next)
    if (!file) throw metroError(imports.unresolved(name, importer).error, importer)
    const known = entries.of(file, asked.query)
    if (!known && !serves()) throw metroError(notScanned(name, file, importer, options), importer)
    return { type: 'sourceFile', filePath: modulePath(known ?? entries.add(name, file, importer), platform) }
  }
}

/** The model that an import means: the file itself, for Metro would see a scale in `m@2x.pb`, or what the host finds. */
function fileOf(
  path: string,
  context: ResolutionContext,
  platform: string | null,
  next: ResolveRequest,
): string | undefined {
  if (isPath(path)) {
    const file = realFile(resolve(dirname(context.originModulePath), path))
    if (file) return file
  }
  try {
    const { filePath, filePaths } = next(context, path, platform)
    const found = filePath ?? filePaths?.[0]
    return found && realFile(found)
  } catch {
    return resolveInNode(path, context.originModulePath)
  }
}

function notScanned(specifier: string, file: string, importer: string, { root, scan }: ResolverOptions): GraphdefError {
  const shown = (path: string): string => relative(root, path).replaceAll('\\', '/') || '.'
  return new GraphdefError('not-scanned', {
    what: 'Metro was started before anybody knew of this import, and takes no new files during a build',
    file,
    request: specifier,
    importer: shown(importer),
    remedy: [
      `Imports are looked for in ${scan ? scan.map(shown).join(', ') : 'the project and its watchFolders'}, but for node_modules, where their text stands between quotes.`,
      `Name the folder of the module in the option scan: [${[...(scan ?? [root]), dirname(importer)].map((path) => `'${shown(path)}'`).join(', ')}],`,
      `or the model in the option models: { '${shown(file)}': ['${splitModelId(specifier)!.query}'] }.`,
    ].join('\n'),
  })
}

/**
 * An error that Metro shows as it is: on the terminal without the lines of our code, in the app as one in its source, and not
 * as a fault of Metro's.
 */
export function metroError(error: unknown, importer: string): Error {
  const { message, code } = error as GraphdefError
  if (code === undefined) return error as Error
  const plain = Object.assign(new Error(message), { name: 'GraphdefError', code, type: 'TransformError' })
  plain.stack = `GraphdefError: ${message}`
  return isAbsolute(importer) ? Object.assign(plain, { filename: importer }) : plain
}
