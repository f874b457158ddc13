import { dirname, resolve } from 'node:path'
import type { Plugin as EsbuildPlugin } from 'esbuild'
import type { Rolldown, UserConfig } from 'vite'
import type { Hook } from '../host.js'
import { modelId, modelIdPattern, splitModelId } from '../model-id.js'
import { modelCodePattern, rewriteModelReferences } from '../rewrite-model-references.js'
import { scriptIdPattern } from '../source-tokens.js'
import { withSlashes } from '../with-slashes.js'
import { rewriteScripts } from './esbuild-scripts.js'
import { resolveWithHost } from './rollup.js'

const packageName = 'unplugin-graphdef'

/** What the URLs of Vite's dev server start from. */
const urlBase = 'import.meta.url'

/**
 * Keeps the imports of models that a dependency has out of Vite's pre-bundling, which knows nothing of them: they stay imports,
 * of files named in full, since the bundle lies elsewhere. The dev server then meets them as those of the app. Import attributes
 * and `new URL` become imports here, as in the app.
 */
export function preBundling(withRolldown: boolean): UserConfig['optimizeDeps'] {
  return withRolldown
    ? { rolldownOptions: { plugins: [rolldownPlugin] } }
    : { esbuildOptions: { plugins: [esbuildPlugin] } }
}

/** An import in full. A file that is not there is named all the same, so that the dev server tells of it in our words. */
function inFull(asked: { file: string; query: string }, found: string | undefined, folder: string): string {
  return modelId(withSlashes(found ?? resolve(folder, asked.file)), asked.query)
}

const rolldownPlugin: Rolldown.Plugin = {
  name: packageName,
  resolveId: {
    filter: { id: modelIdPattern },
    async handler(id, importer) {
      const asked = splitModelId(id)
      if (!asked) return null
      const found = await resolveWithHost(this as unknown as Hook, asked.file, importer)
      return { id: inFull(asked, found, dirname(importer ?? '')), external: 'absolute' }
    },
  },
  transform: {
    filter: { id: scriptIdPattern, code: modelCodePattern },
    handler(code, id) {
      const rewritten = rewriteModelReferences(code, id, urlBase)
      return rewritten && { code: rewritten.code, map: rewritten.map() }
    },
  },
}

const esbuildPlugin: EsbuildPlugin = {
  name: packageName,
  setup(build) {
    build.onResolve({ filter: modelIdPattern }, async ({ path, importer, resolveDir, kind }) => {
      const asked = splitModelId(path)
      if (!asked) return undefined
      const found = await build.resolve(asked.file, { importer, resolveDir, kind })
      return { path: inFull(asked, found.path || undefined, resolveDir), external: true }
    })
    rewriteScripts(build, {
      words: /./,
      urlBase,
      failed: ({ message }) => ({ errors: [{ text: message }] }),
    })
  },
}

/**
 * The dependencies that Vite is to bundle for Node too, which cannot import a model: those that name this package among their
 * own dependencies or peer dependencies.
 */
export async function ssrDependencies(user: UserConfig, isBuild: boolean): Promise<UserConfig['ssr']> {
  // Loaded here, since every host's entry loads this module.
  const { crawlFrameworkPkgs } = await import('vitefu')
  const { ssr } = await crawlFrameworkPkgs({
    root: resolve(user.root ?? ''),
    isBuild,
    viteUserConfig: user,
    isSemiFrameworkPkgByJson: ({ dependencies, peerDependencies }) =>
      packageName in { ...dependencies, ...peerDependencies },
  })
  return ssr
}
