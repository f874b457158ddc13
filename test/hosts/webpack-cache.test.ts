import { readdirSync, utimesSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Options } from '../../src/plugin/options.js'
import type { Project } from '../plugin/project.js'
import { convolution, distFiles, expected, linreg, makeApp } from './app.js'
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
})
