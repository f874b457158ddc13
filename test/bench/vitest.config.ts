import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { compiledSources } from '../setup/compile-sources.js'
// For what it adds to Node 20.
import '../vitest.config.js'

/** The benchmarks, over sources that are compiled as the package is. */
const config: ReturnType<typeof defineConfig> = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [compiledSources()],
  test: {
    globalSetup: ['test/setup/build.ts', 'test/setup/compile-sources.ts'],
    server: { deps: { external: [/\/\.vitest\/src\//] } },
    benchmark: { include: ['test/bench/*.bench.ts'] },
    maxWorkers: 2,
  },
})

export default config
