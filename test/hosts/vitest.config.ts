import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
// For what it adds to Node 20.
import '../vitest.config.js'

/** The suite over all hosts: each builds one app with the real bundler. It is apart because it takes minutes. */
const config: ReturnType<typeof defineConfig> = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { include: ['test/hosts/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 120_000, maxWorkers: 2 },
})

export default config
