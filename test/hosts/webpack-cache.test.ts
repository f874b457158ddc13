import { readdirSync, utimesSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Options } from '../../src/plugin/options.js'
import type { Project } from '../plugin/project.js'
import { convolution, distFiles, expected, linreg, makeApp, makeDevApp, sha256 as sha256Of } from './app.js'
import type { Built } from './bundler.js'
import { rspackBundler, webpackBundler } from './bundlers/webpack.js'

let project: Project
afterEach(() => project.remove())

const main = "import model from './models/linreg.pb?optimize'\nglobalThis.model = model\n"
const pluginCache = (): string => join(project.root, 'node_modules/.cache/unplugin-graphdef')

/** Long ago, so that the host need not fear that a file changed while it looked. */
function age(file: string, hours: number): void {
  const time = new Date(Date.now() - hours * 3_600_000)
  utimesSync(join(project.root, file), time, time)
}

describe.each([
  ['webpack 5', webpackBundler],
  ['Rspack 2', rspackBundler],
] as const)("%s, with the host's own cache on disk", (_, bundler) => {
  const build = (options: Options = {}): Promise<Built> =>
    bundler.build({ project, output: 'page', base: '/', hostCache: true, options })
  const start = async (): Promise<Record<string, string>> => {
    project = makeApp({ 'src/main.js': main })
    for (const file of ['src/main.js', 'src/models/linreg.pb', 'package.json']) age(file, 2)
    await build()
    // What lies in the plugin's cache is younger than the host trusts.
    for (const name of readdirSync(pluginCache(), { recursive: true, encoding: 'utf8' })) {
      age(relative(project.root, join(pluginCache(), name)), 2)
    }
    await build()
    return distFiles(project)
  }

  it('builds the same again, and makes no model anew', async () => {
    const files = await start()
    const { lines } = await build()
    expect(lines.filter((line) => !line.includes('cached'))).toEqual([])
    expect(distFiles(project)).toEqual(files)
  })

  it("builds the same where the plugin's cache is gone", async () => {
    const files = await start()
    await rm(pluginCache(), { recursive: true })
    await build()
    expect(distFiles(project)).toEqual(files)
  })

  it('sees a new model', async () => {
    await start()
    project.write('src/models/linreg.pb', convolution)
    age('src/models/linreg.pb', 1)
    await build()
    expect(Object.values(distFiles(project))).toContain((await expected(convolution, 'optimize')).sha256)
  })

  it('sees other options of the plugin', async () => {
    await start()
    await build({ presets: { web: ['round_weights(num_steps=2)'] }, default: 'web' })
    const { sha256 } = await expected(linreg, 'optimize=round_weights(num_steps=2)')
    expect(Object.values(distFiles(project))).toContain(sha256)
  })

  it("takes the model from the plugin's cache where the host's is gone", async () => {
    const files = await start()
    await rm(join(project.root, 'node_modules/.cache/webpack'), { recursive: true, force: true })
    await rm(join(project.root, 'node_modules/.cache/rspack'), { recursive: true, force: true })
    const { lines } = await build()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('cached')
    expect(distFiles(project)).toEqual(files)
  })

  it("makes the model again where the plugin's cache goes during a watch", async () => {
    await start()
    const watching = await bundler.watch({ project, output: 'page', base: '/', hostCache: true })
    try {
      await watching.built
      await rm(pluginCache(), { recursive: true })
      const { sha256 } = await expected(convolution, 'optimize')
      const hashes = (): string[] => {
        // Again and again, since a watcher begins to look a while after the build.
        project.write('src/models/linreg.pb', convolution)
        return Object.values(distFiles(project))
      }
      await expect.poll(hashes, { timeout: 60_000, interval: 500 }).toContain(sha256)
      // Back to what the host knows, and the plugin no longer has.
      await rm(pluginCache(), { recursive: true })
      project.write('src/models/linreg.pb', linreg)
      const first = await expected(linreg, 'optimize')
      const main = (): string => project.read('dist/main.js').toString()
      await expect.poll(main, { timeout: 60_000 }).toContain(first.sha256)
      expect(Object.values(distFiles(project))).toContain(first.sha256)
    } finally {
      await watching.close()
    }
  })

  it('serves the same from warm and from lost caches', async () => {
    project = makeDevApp()
    for (const folder of [undefined, undefined, 'node_modules/.cache/unplugin-graphdef', 'node_modules/.cache']) {
      if (folder) await rm(join(project.root, folder), { recursive: true })
      const server = await bundler.serve!({ project, output: 'page', base: '/', hostCache: true })
      try {
        const script = await (await fetch(`${server.url}main.js`)).text()
        const names = [...script.matchAll(/"([0-9a-f]{16,20}\.pb)"/g)].map(([, name]) => name!)
        const bodies = names.map(async (name) => {
          const response = await fetch(server.url + name)
          return sha256Of(new Uint8Array(await response.arrayBuffer()))
        })
        const wanted = [await expected(linreg, 'optimize=deploy'), await expected(linreg, 'optimize&format=memmapped')]
        const hashes = new Set(await Promise.all(bodies))
        expect([...hashes].sort()).toEqual(wanted.map(({ sha256 }) => sha256).sort())
      } finally {
        await server.close()
      }
    }
  })
})
