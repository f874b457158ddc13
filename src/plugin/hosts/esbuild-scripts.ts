import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { OnLoadArgs, OnLoadResult, PluginBuild } from 'esbuild'
import { GraphdefError } from '../../errors.js'
import type { AttributeImport } from '../import-attributes.js'
import { rewriteModelReferences } from '../rewrite-model-references.js'

export interface ScriptRewriting {
  /** What a script has to hold to be looked at. */
  readonly words: RegExp
  readonly urlBase: string | undefined
  /** Told of each import that was rewritten. */
  rewrote?(path: string, found: AttributeImport): void
  /** What becomes of an error in a script. */
  failed(error: GraphdefError, path: string): OnLoadResult
}

/**
 * Rewrites the references to models in scripts, as esbuild loads them. Most scripts have none: esbuild, or another plugin, loads
 * them then.
 */
export function rewriteScripts(build: PluginBuild, { words, urlBase, rewrote, failed }: ScriptRewriting): void {
  const { loader = {}, sourcemap } = build.initialOptions
  const rewrite = ({ path, suffix, with: attributes }: OnLoadArgs): OnLoadResult | undefined => {
    // A loader of the user's own may take the file for text.
    const isScript = /^[jt]sx?$/.test(loader[extname(path)] ?? 'js')
    if (suffix || Object.keys(attributes).length > 0 || !isScript) return undefined
    try {
      // Synchronous, which takes half the time over many small files.
      const code = readFileSync(path, 'utf8')
      const rewritten = words.test(code) ? rewriteModelReferences(code, path, urlBase) : undefined
      if (!rewritten) return undefined
      for (const found of rewritten.imports) rewrote?.(path, found)
      // A map that the script brings along stays: rewriting moves nothing but the end of a line.
      const map =
        sourcemap && !code.includes('//# sourceMappingURL=') ? `\n//# sourceMappingURL=${rewritten.map().toUrl()}` : ''
      return { contents: rewritten.code + map, loader: 'default', watchFiles: [path] }
    } catch (error) {
      // A file that cannot be read is esbuild's to tell.
      return error instanceof GraphdefError ? { ...failed(error, path), watchFiles: [path] } : undefined
    }
  }
  build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, rewrite)
}
