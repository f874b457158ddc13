import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Options } from '../../src/plugin/options.js'
import type { Project } from '../plugin/project.js'

export interface BuildRequest {
  readonly project: Project
  /** Where the app is to run: a page that loads modules where the host can make those, a classic script, a worker, or Node. */
  readonly output: 'page' | 'script' | 'worker' | 'node'
  /** Where the files of `dist` are deployed. */
  readonly base: string
  readonly options?: Options
  /** Lets the host keep a cache of its own on disk, where it can. */
  readonly hostCache?: boolean
  /** Writes `main.js.map` too. */
  readonly sourceMap?: boolean
  /** Gives `.pb` files a meaning of the user's own, in the host's words. */
  readonly rule?: boolean
  /** Names that stand for folders, given from the project's root, by the host's own option; `tsconfig.json` counts where it can. */
  readonly aliases?: Readonly<Record<string, string>>
  /** More of the host's configuration, in its own words. */
  readonly hostConfig?: object
}

export interface Built {
  /** The app's script in `dist`. */
  readonly entry: string
  /** The ids of modules that are models. */
  readonly ids: readonly string[]
  /** What the plugin printed. */
  readonly lines: readonly string[]
}

/** A dev server that serves the app under the base. */
export interface DevServer {
  /** Where the app's page is. */
  readonly url: string
  /** Whether a change comes to the page as it is, without loading it anew. */
  readonly hot: boolean
  /** What the page shows of a build that failed; empty where it shows nothing. */
  shownError(page: Page): Promise<string>
  close(): Promise<void>
}

export interface Watching {
  /** When the first build has ended, whether or not it failed. */
  readonly built: Promise<void>
  close(): Promise<void>
}

/** The first build of a watcher as Rollup, Rolldown and Vite have it. */
export function firstEnd(watcher: {
  on(event: 'event', told: (event: { code: string }) => void): void
}): Promise<void> {
  return new Promise((resolve) => {
    watcher.on('event', ({ code }) => {
      if (code === 'END' || code === 'ERROR') resolve()
    })
  })
}

export interface Bundler {
  /** Whether the host makes a worker of its own of `new Worker(new URL('./main.js', import.meta.url))`: `src/page.js`. */
  readonly makesWorkers?: boolean
  /** Builds `src/main.js` into `dist`. @throws what the host throws or reports */
  build(request: BuildRequest): Promise<Built>
  /** Builds, and again whenever a file changes, until closed. */
  watch(request: BuildRequest): Promise<Watching>
  /** Serves the app while it is worked on, where the host has a server for that: `src/main.js` in a page that it writes. */
  serve?(request: BuildRequest): Promise<DevServer>
}

/** A request's aliases with whole paths. */
export function aliasesOf({ project, aliases = {} }: BuildRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(aliases).map(([name, folder]) => [name, join(project.root, folder)]))
}

/** The plugin's lines among what a host printed, as they are without a terminal. */
export function pluginLines(printed: readonly string[]): string[] {
  return (
    printed
      // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours
      .map((text) => text.replace(/\u001b\[\d+m/g, ''))
      .filter((text) => text.includes('graphdef  '))
      .map((text) => text.slice(text.indexOf('graphdef  ')))
  )
}
