import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { EmittedAsset, FunctionPluginHooks, RollupError } from 'rollup'
import { GraphdefError } from '../../errors.js'
import type { Hook, Host } from '../host.js'
import { splitModelId } from '../model-id.js'
import type { ModelImports } from '../model-imports.js'
import { scriptUrl } from '../script-url.js'
import { shownPath } from '../shown-path.js'

/** What Rollup and the hosts like it give their hooks. */
interface RollupHook extends Hook {
  resolve(source: string, importer?: string, options?: { skipSelf?: boolean }): Promise<{ id: string } | null>
  emitFile(asset: EmittedAsset): string
  error(error: RollupError | string): never
  info(message: string): void
}

/** The file that an import means, by the host's own rules: aliases, package exports, root-relative paths. */
export async function resolveWithHost(
  hook: Hook,
  file: string,
  importer: string | undefined,
): Promise<string | undefined> {
  const found = await (hook as RollupHook).resolve(file, importer, { skipSelf: true })
  return found && !found.id.startsWith('\0') ? found.id.split('?')[0]! : undefined
}

/**
 * Fails as these hosts show it: our text, and the model's file as its place. Never a line or column: a host would read the
 * whole model as text to show the code around it. And no cause: a host would print the same text again under it.
 */
export function failWithFile(hook: Hook, error: unknown, file: string): never {
  if (!(error instanceof GraphdefError)) throw error
  const { message, name, code } = error
  return (hook as RollupHook).error({ message, id: file, name, code } as RollupError)
}

/**
 * Where a file beside the script is, in formats that have no `import.meta.url`. The hosts' own text needs a document, which a
 * worker does not have, and takes a path for a URL.
 */
function urlBesideScript(path: string, format: string): string | null {
  const name = JSON.stringify(path)
  const inBrowser = `new URL(${name}, ${scriptUrl}).href`
  if (format === 'iife') return inBrowser
  if (format !== 'cjs' && format !== 'umd') return null
  const inNode = `require('url').pathToFileURL(__dirname + '/' + ${name}).href`
  return `(typeof __dirname === 'undefined' ? ${inBrowser} : ${inNode})`
}

function rollupLike(
  imports: ModelImports,
): Host & Required<Pick<FunctionPluginHooks, 'resolveFileUrl' | 'moduleParsed'>> {
  const emitted = new Set<string>()
  return {
    resolve: resolveWithHost,
    fail: failWithFile,
    print: (hook, line) => (hook as RollupHook).info(line),

    url(hook, { file }) {
      const asset = { type: 'asset', name: basename(file), source: readFileSync(file) } as const
      const reference = (hook as RollupHook).emitFile(asset)
      emitted.add(reference)
      return { expression: `import.meta.ROLLUP_FILE_URL_${reference}` }
    },

    moduleParsed({ id, exports }) {
      const asked = splitModelId(id)
      if (!asked || !exports || exports.includes('sha256')) return
      const error = new GraphdefError('not-emitted', {
        what: 'another plugin changed the module that the import of the model stands for',
        file: asked.file,
        request: shownPath(imports.root, id),
        remedy: 'Have the plugins that transform .pb files leave out those with a query of this one.',
      })
      failWithFile(this as unknown as Hook, error, asked.file)
    },

    resolveFileUrl: ({ referenceId, relativePath, format }) =>
      emitted.has(referenceId) ? urlBesideScript(relativePath, format) : null,

    hooks: {
      buildStart() {
        imports.cacheFolder()
      },
    },
  }
}

/** Rollup 4. */
export function rollupHost(imports: ModelImports): Host {
  const { resolveFileUrl, moduleParsed, ...host } = rollupLike(imports)
  return { ...host, hooks: { ...host.hooks, rollup: { resolveFileUrl, moduleParsed } } }
}

/** Rolldown 1. */
export function rolldownHost(imports: ModelImports): Host {
  const { resolveFileUrl, moduleParsed, ...host } = rollupLike(imports)
  return {
    ...host,
    // A user's own module type for .pb is not for ours.
    module: (text) => ({ code: text, moduleType: 'js' }) as unknown as string,
    hooks: {
      ...host.hooks,
      rolldown: {
        resolveFileUrl: resolveFileUrl as never,
        moduleParsed: moduleParsed as never,
        options(options) {
          if (options.cwd) imports.root = options.cwd
        },
      },
    },
  }
}
