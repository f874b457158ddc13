import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type InlineConfig } from 'vite'
import graphdef from '../../src/vite.js'

export const repository: string = fileURLToPath(new URL('../..', import.meta.url))
export const playground: string = join(repository, 'playground')

/** What a Vite run of the playground needs in the tests: the plugin from its source, and every cache in `folder`. */
export function playgroundConfig(folder: string): InlineConfig {
  return {
    configFile: false,
    logLevel: 'silent',
    cacheDir: join(folder, 'vite-cache'),
    plugins: [graphdef({ types: false, cacheDir: join(folder, 'graphdef-cache') })],
    resolve: { alias: { 'unplugin-graphdef/runtime': join(repository, 'src/runtime/index.ts') } },
  }
}

/**
 * Builds the playground, with a second page `predict.html` that has `predict` of predict-page.ts, into a new folder.
 *
 * @param base what Vite's `base` is
 * @returns the folder
 */
export async function buildPlayground(folder: string, base: string): Promise<string> {
  const outDir = join(folder, `build${base.replaceAll('/', '_')}`)
  await build({
    ...playgroundConfig(folder),
    root: playground,
    base,
    build: {
      outDir,
      emptyOutDir: true,
      reportCompressedSize: false,
      chunkSizeWarningLimit: Number.POSITIVE_INFINITY,
      rolldownOptions: {
        input: {
          index: join(playground, 'index.html'),
          predict: join(repository, 'test/browser/predict-page.ts'),
        },
      },
    },
  })
  const script = readdirSync(join(outDir, 'assets')).find((name) => /^predict-.*\.js$/.test(name))
  writeFileSync(
    join(outDir, 'predict.html'),
    `<!doctype html><title>Predict</title><link rel="icon" href="data:,"><script type="module" src="./assets/${script}"></script>\n`,
  )
  return outDir
}
