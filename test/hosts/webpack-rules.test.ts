import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { Project } from '../plugin/project.js'
import { distFiles, expected, linreg, makeApp } from './app.js'
import { rspackBundler, webpackBundler } from './bundlers/webpack.js'

let project: Project
afterEach(() => project.remove())

/** Loaders of a user: one makes text of what it is given, one gives its own text before anything is read. */
const loaders = {
  'text.cjs': `module.exports = () => 'export default "loaded"'\n`,
  'pitching.cjs': `module.exports.pitch = () => 'export default "loaded"'\n`,
}
const makeAppWithLoaders = (main?: string): void => {
  project = makeApp({ ...loaders, ...(main ? { 'src/main.js': main } : {}) })
}
const loader = (name: keyof typeof loaders = 'text.cjs'): string => join(project.root, name)

type ModuleOptions = () => object
const rules = (...given: object[]): object => ({ rules: given })

const harmless: [string, ModuleOptions][] = [
  ['asset/resource', () => rules({ test: /\.pb$/, type: 'asset/resource' })],
  ['asset/inline', () => rules({ test: /\.pb$/, type: 'asset/inline' })],
  ['asset/source', () => rules({ test: /\.pb$/, type: 'asset/source' })],
  ['asset/source for .pb anywhere in a path', () => rules({ test: /\.pb/, type: 'asset/source' })],
  ['a loader', () => rules({ test: /\.pb$/, loader: loader() })],
  ['a loader for .pb anywhere in a path', () => rules({ test: /\.pb/, loader: loader() })],
  ['a pitching loader for .pb anywhere in a path', () => rules({ test: /\.pb/, loader: loader('pitching.cjs') })],
  ['a loader that runs first', () => rules({ test: /\.pb/, enforce: 'pre', loader: loader() })],
  ['a pitching loader that runs first', () => rules({ test: /\.pb/, enforce: 'pre', loader: loader('pitching.cjs') })],
  ['javascript/auto with a loader', () => rules({ test: /\.pb$/, type: 'javascript/auto', loader: loader() })],
  [
    'a last resort for all other files, as create-react-app has',
    () =>
      rules({
        oneOf: [
          { test: /\.svg$/, type: 'asset' },
          { exclude: [/^$/, /\.(?:js|mjs|jsx|ts|tsx)$/, /\.html$/, /\.json$/], type: 'asset/resource' },
        ],
      }),
  ],
  ['a type by query', () => rules({ resourceQuery: /optimize/, type: 'asset/source' })],
  ['a loader by query', () => rules({ resourceQuery: /optimize/, loader: loader() })],
  ['no URLs in any module', () => rules({ parser: { url: false } })],
  ['no URLs in JavaScript', () => ({ parser: { javascript: { url: false } } })],
  ['relative URLs', () => ({ parser: { javascript: { url: 'relative' } } })],
  ['no parsing of .pb', () => ({ noParse: /\.pb/ })],
  ['no parsing by a function', () => ({ noParse: [/nothing/, '/no', (path: string) => path.includes('linreg')] })],
]

describe.each([
  ['webpack 5', webpackBundler, '/_virtual_/'],
  ['Rspack 2', rspackBundler, '/[\\\\/]\\.virtual[\\\\/]/'],
] as const)('%s', (_, bundler, virtual) => {
  const build = (module: object) =>
    bundler.build({ project, output: 'page', base: '/', hostConfig: { module, optimization: { minimize: false } } })
  const fails = (module: object): Promise<string> =>
    build(module).then(
      () => 'the build did not fail',
      // Rspack draws a line along a text of several lines.
      (error: Error) => stripVTControlCharacters(error.message).replaceAll(/\n[\s│]+/g, '\n'),
    )

  it.each(harmless)("has the model whatever a rule of the user's own says: %s", async (_name, module) => {
    makeAppWithLoaders()
    await build(module())
    const files = distFiles(project)
    const models = Object.keys(files).filter((file) => file.endsWith('.pb'))
    const wanted = [await expected(linreg, 'optimize=deploy'), await expected(linreg, 'optimize&format=memmapped')]
    expect(models.map((file) => files[file]).sort()).toEqual(wanted.map((manifest) => manifest.sha256).sort())
    for (const file of models) expect(project.read('dist/main.js').toString()).toContain(file)
  })

  it("leaves a rule of the user's own its imports", async () => {
    makeAppWithLoaders(`import plain from './models/linreg.pb'\nglobalThis.plain = plain\n`)
    await build(rules({ test: /\.pb$/, loader: loader() }))
    expect(project.read('dist/main.js').toString()).toContain('"loaded"')
  })

  it('follows where a rule puts files', async () => {
    makeAppWithLoaders()
    const generator = { filename: 'models/[name].[contenthash:8][ext]' }
    await build(rules({ test: /\.pb$/, type: 'asset/resource', generator }))
    expect(project.list('dist/models').join()).toMatch(/^linreg\.[0-9a-f]{8}\.pb,linreg\.[0-9a-f]{8}\.pb$/)
  })

  it('fails where a loader for all modules replaces the module of a model, until the rule leaves it out', async () => {
    makeAppWithLoaders()
    const rule = { exclude: [/\.js$/, /\.pb$/], loader: loader() }
    const message = await fails(rules(rule))
    expect(message).toContain(`the bundler's configuration changes the model, or the module that its import stands for
file: ${project.root}/src/models/linreg.pb
import: ./models/linreg.pb?optimize=deploy in src/main.js
These loaders change it: ${loader()}
Leave it out of their rules: exclude: ${virtual}`)
    const excluded = virtual === '/_virtual_/' ? /_virtual_/ : /[\\/]\.virtual[\\/]/
    await build(rules({ ...rule, exclude: [...rule.exclude, excluded] }))
  })

  it('fails so for a model that is inlined', async () => {
    makeAppWithLoaders(`import model from './models/linreg.pb?optimize&inline'\nglobalThis.model = model\n`)
    const message = await fails(rules({ exclude: [/\.js$/, /\.pb$/], loader: loader() }))
    expect(message).toContain('import: ./models/linreg.pb?optimize&inline in src/main.js')
    await build({})
  })

  it('fails where a loader that runs last changes the bytes, until the rule leaves them out', async () => {
    makeAppWithLoaders()
    const rule = { test: /\.pb$/, enforce: 'post', loader: loader() }
    const cache = join(project.root, 'node_modules/.cache/unplugin-graphdef')
    expect(await fails(rules(rule))).toContain(`These loaders change it: ${loader()}
Leave it out of their rules: exclude: "${cache}"`)
    await build(rules({ ...rule, exclude: cache }))
  })

  it('fails where another plugin makes text of all files', async () => {
    makeAppWithLoaders()
    const last = {
      apply: ({ options }: { options: { module: { rules: object[] } } }) =>
        void options.module.rules.push({ test: /\.pb$/, type: 'asset/source' }),
    }
    const plugin = (await import(bundler === webpackBundler ? '../../src/webpack.js' : '../../src/rspack.js')).default
    const message = await bundler
      .build({ project, output: 'page', base: '/', hostConfig: { plugins: [plugin(), last] } })
      .then(String, String)
    expect(stripVTControlCharacters(message)).toContain(
      'Leave it out of the rules that apply to all modules: exclude: ',
    )
  })
})
