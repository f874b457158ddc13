import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'
import { globSync } from 'tinyglobby'
import type { Plugin } from 'vitest/config'

const sources = fileURLToPath(new URL('../../src/', import.meta.url))
const compiled = fileURLToPath(new URL('../../.vitest/src/', import.meta.url))

/** Compiles the sources, module by module, to files that Node itself imports. */
export default async function compileSources(): Promise<void> {
  await build({
    input: globSync('*/**/*.{ts,js}', { cwd: sources, absolute: true, ignore: ['**/*.d.ts', 'simd/assembly/**'] }),
    platform: 'node',
    // A benchmark may use what no entry does.
    treeshake: false,
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:/i.test(id),
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    output: { dir: compiled, format: 'esm', preserveModules: true, preserveModulesRoot: sources, cleanDir: true },
    logLevel: 'warn',
  })
}

/**
 * Gives the benchmarks those files in place of the sources: in modules that vitest runs itself, each use of an import is a call,
 * which takes longer than much of what is measured.
 */
export function compiledSources(): Plugin {
  return {
    name: 'compiled-sources',
    enforce: 'pre',
    resolveId(id, importer) {
      if (!id.startsWith('.') || !importer) return undefined
      const path = relative(sources, resolve(dirname(importer), id))
      return path.startsWith('..') ? undefined : { id: join(compiled, path), external: true }
    },
  }
}
