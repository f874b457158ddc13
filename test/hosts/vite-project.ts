import { stripVTControlCharacters } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import type { InlineConfig, Logger, ViteDevServer } from 'vite'
import { expect, onTestFinished } from 'vitest'
import type { Options } from '../../src/plugin/options.js'
import graphdef from '../../src/vite.js'
import { openWatched } from '../browser/watched-page.js'
import type { Project } from '../plugin/project.js'
import { expected, linreg, makeApp } from './app.js'
import { pluginLines } from './bundler.js'
import type { Served } from './run-app.js'

export type Vite = typeof import('vite')

/** The versions of Vite, each loaded when a test needs it. */
export const versions: readonly (readonly [string, () => Promise<Vite>])[] = [
  ['Vite 8', () => import('vite')],
  ['Vite 7', () => import('vite-7') as unknown as Promise<Vite>],
  ['Vite 6', () => import('vite-6') as unknown as Promise<Vite>],
]

/** The page that Vite's dev server starts from. */
export const indexHtml =
  '<!doctype html><title>app</title><link rel="icon" href="data:,"><script type="module" src="/src/main.js"></script>'

/** An app whose models come from a dependency: from a file of its own, and from one of a package that it depends on. */
export function makeAppWithDependency(): Project {
  return makeApp({
    'index.html': indexHtml,
    'package.json': JSON.stringify({ type: 'module', dependencies: { predictor: '*' } }),
    'src/main.js': `import { deployed, packed } from 'predictor'
globalThis.models = { deployed, packed, again: packed }
export { deployed, packed }
`,
    'node_modules/predictor/package.json': JSON.stringify({
      name: 'predictor',
      version: '1.0.0',
      type: 'module',
      exports: './lib/index.js',
      dependencies: { weights: '*' },
      peerDependencies: { 'unplugin-graphdef': '*' },
    }),
    'node_modules/predictor/lib/index.js': `import deployed from './linreg.pb?optimize=deploy'
import packed from 'weights/linreg.pb?optimize&format=memmapped'
export { deployed, packed }
`,
    'node_modules/predictor/lib/linreg.pb': linreg,
    'node_modules/predictor/node_modules/weights/package.json': JSON.stringify({
      name: 'weights',
      version: '1.0.0',
      exports: { './*.pb': './files/*.pb' },
    }),
    'node_modules/predictor/node_modules/weights/files/linreg.pb': linreg,
  })
}

/** A project that is gone when the test is. */
export function own(project: Project): Project {
  onTestFinished(() => project.remove())
  return project
}

function configFor(project: Project, config: InlineConfig, options: Options, printed: string[]): InlineConfig {
  const print = (text: string): void => void printed.push(stripVTControlCharacters(text))
  const customLogger = { info: print, warn: print, warnOnce: print, error: print, clearScreen() {} }
  return {
    root: project.root,
    configFile: false,
    customLogger: customLogger as unknown as Logger,
    plugins: [graphdef(options)],
    ...config,
  }
}

/** Builds a project into `dist`, and gives the plugin's lines. */
export async function build(
  vite: Vite,
  project: Project,
  { build, ...config }: InlineConfig = {},
  options: Options = {},
): Promise<string[]> {
  const printed: string[] = []
  const settings = { minify: false, modulePreload: false, reportCompressedSize: false, ...build }
  await vite.build(configFor(project, { ...config, build: settings }, options, printed))
  return pluginLines(printed)
}

export interface Dev {
  server: ViteDevServer
  /** All that the server has printed. */
  printed: string[]
  /** The plugin's lines among it. */
  lines(): string[]
  /** An address under the server's origin. */
  at(path: string): string
}

/** Starts a dev server on a free port, which ends with the test. */
export async function serve(
  vite: Vite,
  project: Project,
  { server: settings, ...config }: InlineConfig = {},
  options: Options = {},
): Promise<Dev> {
  const printed: string[] = []
  const server = await vite.createServer(
    configFor(project, { ...config, server: { host: '127.0.0.1', port: 0, ...settings } }, options, printed),
  )
  onTestFinished(() => server.close())
  await server.listen()
  return {
    server,
    printed,
    lines: () => pluginLines(printed),
    at: (path) => new URL(path, new URL(server.resolvedUrls!.local[0]!).origin).href,
  }
}

/** Opens a page and waits until its app has its models. */
export async function openApp(browser: Browser, url: string): Promise<{ page: Page; complaints: readonly string[] }> {
  const { page, complaints } = await openWatched(browser, url)
  onTestFinished(() => page.context().close())
  await page
    .waitForFunction(() => 'models' in globalThis, undefined, { timeout: 30_000 })
    .catch((error) => {
      throw new Error([...complaints, String(error)].join('\n'))
    })
  return { page, complaints }
}

/** Holds the models of the app that all hosts build against what the chains give. */
export async function expectRight({ deployed, packed, again }: Record<string, Served>): Promise<void> {
  for (const [asset, query] of [
    [deployed!, 'optimize=deploy'],
    [packed!, 'optimize&format=memmapped'],
  ] as const) {
    const { url: _, served, ...manifest } = asset
    expect(manifest).toEqual(await expected(linreg, query))
    expect(served).toBe(manifest.sha256)
  }
  expect(again).toEqual(packed)
}
