import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plugin as RolldownPlugin, rolldown } from 'rolldown'
import { type Plugin, rollup } from 'rollup'
import { afterEach, describe, expect, it } from 'vitest'
import rolldownPlugin from '../../src/rolldown.js'
import rollupPlugin from '../../src/rollup.js'
import type { Project } from '../plugin/project.js'
import { distFiles, expected, linreg, makeApp } from './app.js'
import { inFolder } from './bundlers/rollup.js'

let project: Project
afterEach(() => project.remove())

/** A plugin of a user that makes data URLs of .pb files, with a query too. */
const dataUrls = {
  name: 'data-urls',
  load(id: string) {
    if (!/\.pb(?:\?|$)/.test(id)) return null
    return `export default "data:;base64,${readFileSync(id.split('?')[0]!).toString('base64')}"`
  },
}
/** One that does so to what others loaded. */
const texts = {
  name: 'texts',
  transform: (_: string, id: string) => (/\.pb(?:\?|$)/.test(id) ? 'export default "text"' : null),
}

type Build = (plugins: readonly (typeof dataUrls | typeof texts | 'graphdef')[], more?: object) => Promise<void>

const hosts: [string, Build][] = [
  [
    'Rollup 4',
    (plugins) =>
      inFolder({ project }, async () => {
        const bundle = await rollup({
          input: 'src/main.js',
          onLog() {},
          plugins: plugins.map((plugin) => (plugin === 'graphdef' ? rollupPlugin() : (plugin as Plugin))),
        })
        await bundle.write({ dir: 'dist' })
        await bundle.close()
      }),
  ],
  [
    'Rolldown 1',
    async (plugins, more) => {
      const bundle = await rolldown({
        input: 'src/main.js',
        cwd: project.root,
        onLog() {},
        plugins: plugins.map((plugin) => (plugin === 'graphdef' ? rolldownPlugin() : (plugin as RolldownPlugin))),
        ...more,
      })
      await bundle.write({ dir: join(project.root, 'dist') })
      await bundle.close()
    },
  ],
]

async function expectModels(): Promise<void> {
  const files = distFiles(project)
  const models = Object.keys(files).filter((name) => name.endsWith('.pb'))
  const wanted = [await expected(linreg, 'optimize=deploy'), await expected(linreg, 'optimize&format=memmapped')]
  expect(models.map((name) => files[name]).sort()).toEqual(wanted.map((manifest) => manifest.sha256).sort())
  for (const name of models) expect(project.read('dist/main.js').toString()).toContain(name)
}

describe.each(hosts)('%s', (host, build) => {
  const makeAppFor = (files: Record<string, string> = {}): void => {
    project = makeApp({ 'package.json': '{ "type": "module" }', ...files })
  }

  it('has the model before and after a plugin that loads .pb files', async () => {
    makeAppFor()
    await build([dataUrls, 'graphdef'])
    await expectModels()
    await build(['graphdef', dataUrls])
    await expectModels()
  })

  it('leaves such a plugin its imports', async () => {
    makeAppFor({ 'src/main.js': `import plain from './models/linreg.pb'\nglobalThis.plain = plain\n` })
    await build(['graphdef', dataUrls])
    expect(project.read('dist/main.js').toString()).toContain(linreg.toString('base64'))
  })

  it('fails where a plugin makes something else of the module of a model', async () => {
    makeAppFor()
    const message = await build(['graphdef', texts]).then(() => 'the build did not fail', String)
    expect(message).toContain(`another plugin changed the module that the import of the model stands for
  file: ${project.root}/src/models/linreg.pb
  import: `)
    expect(message).toMatch(/linreg\.pb\?(?:optimize=deploy|format=memmapped&optimize)\n/)
    expect(message).toContain('Have the plugins that transform .pb files leave out those with a query of this one.')
  })

  it.runIf(host === 'Rolldown 1').each(['dataurl', 'base64', 'binary', 'asset'])(
    'has the model whatever the module type of .pb is: %s',
    async (type) => {
      makeAppFor()
      await build(['graphdef'], { moduleTypes: { '.pb': type } })
      await expectModels()
    },
  )
})
