import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'
import { clientDeclarations } from './src/manifest/type-declarations.js'

/**
 * The package's code in few files: a command starts in half the time that its hundred and more modules took to load. The
 * compiler writes the declarations alone.
 */
export default defineConfig({
  input: {
    index: 'src/index.ts',
    vite: 'src/vite.ts',
    rollup: 'src/rollup.ts',
    rolldown: 'src/rolldown.ts',
    webpack: 'src/webpack.ts',
    rspack: 'src/rspack.ts',
    esbuild: 'src/esbuild.ts',
    metro: 'src/metro.ts',
    config: 'src/config.ts',
    'runtime/index': 'src/runtime/index.ts',
    'cli/main': 'src/cli/main.ts',
  },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !/^[a-z]:/i.test(id),
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  output: { dir: 'dist', format: 'esm', chunkFileNames: '[name]-[hash].js', cleanDir: true },
  plugins: [
    {
      name: 'beside-the-code',
      generateBundle() {
        // Declarations alone, which the compiler does not copy.
        this.emitFile({ type: 'asset', fileName: 'client.d.ts', source: clientDeclarations() })
        // A module that Metro itself loads.
        const source = readFileSync('src/plugin/metro/asset-plugin.cjs')
        this.emitFile({ type: 'asset', fileName: 'asset-plugin.cjs', source })
      },
    },
  ],
})
