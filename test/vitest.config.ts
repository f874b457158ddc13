import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// vitest 5 prints failures through Map.groupBy, which Node 20 does not have. Without it a failing run would show no reason.
Map.groupBy ??= <K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

const config: ReturnType<typeof defineConfig> = defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    // A suite of its own, which builds with every host.
    exclude: ['test/hosts/**', '**/node_modules/**'],
    globalSetup: ['test/setup/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
})

export default config
