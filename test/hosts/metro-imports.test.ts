import { execFile } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ModelAsset } from '../../src/manifest/types.js'
import { type MetroOptions, withGraphdef } from '../../src/metro.js'
import { makeProject, type Project } from '../plugin/project.js'
import { convolution, expected, linreg, sha256 } from './app.js'
import { bundle, type Config, makeMetroApp, packageFolder, runBundle, withoutReactNative } from './metro-app.js'

const projects: Project[] = []
const own = (project: Project): Project => {
  projects.push(project)
  return project
}
beforeAll(() => {
  for (const name of ['error', 'info', 'log'] as const) vi.spyOn(console, name).mockImplementation(() => {})
})
afterAll(() => {
  vi.restoreAllMocks()
  for (const project of projects) project.remove()
})

const packageJson = '{ "name": "models-of-app", "exports": { "./m.pb": "./files/inner.pb" } }'

describe('an import', () => {
  /** A monorepo: a package of its own beside the app, and packages that are installed above both. */
  const repository = own(
    makeProject({
      'ui/package.json': '{ "name": "ui", "main": "index.js" }',
      'ui/index.js': "import model from './ui.pb?optimize'\nexport default model\n",
      'ui/ui.pb': linreg,
      'installed/node_modules/hoisted/package.json': '{ "name": "hoisted" }',
      'installed/node_modules/hoisted/m.pb': linreg,
    }),
  )
  const project = own(
    makeMetroApp({
      'src/main.js': `import scaled from './models/m@2x.pb?optimize'
import named from './models/Modèle d’É 1.PB.pb?optimize'
import packaged from 'models-of-app/m.pb?optimize'
import workspace from 'ui'
import hoisted from 'hoisted/m.pb?optimize'
import aliased from '@/models/linreg.pb?optimize=round_weights(num_steps=2)'
import inline from './models/linreg.pb?optimize&inline'
import packed from './models/linreg.pb.gz?optimize'
import * as again from './names.js'
import plain from './models/plain.pb'
import other from './models/other.bin'
const required = require("./models/linreg.pb?optimize=strip_unused_nodes(name='x',type_for_name=float)")
globalThis.plain = [typeof plain, typeof other]
globalThis.models = { scaled, named, packaged, workspace, hoisted, aliased, inline, packed, required: required.default, again }
globalThis.later = import(\`./models/linreg.pb?format=memmapped\`)
`,
      'src/names.js': `export { default, url, inputs } from './models/linreg.pb?optimize=deploy'
export * from './models/linreg.pb?optimize=deploy'
`,
      'src/models/m@2x.pb': linreg,
      'src/models/Modèle d’É 1.PB.pb': linreg,
      'src/models/plain.pb': 'as it is',
      'src/models/other.bin': 'another',
      'node_modules/models-of-app/package.json': packageJson,
      'node_modules/models-of-app/files/inner.pb': convolution,
      // Notes the files that it is given.
      'asset-plugin.cjs': `const { appendFileSync } = require('node:fs')
module.exports = (asset) => {
  appendFileSync(__dirname + '/seen.txt', asset.files[0] + '\\n')
  return asset
}
`,
    }),
  )
  const change = (given: Config): Config => {
    const config = withoutReactNative(given)
    const { resolver, transformer } = config
    return {
      ...config,
      watchFolders: [...config.watchFolders, join(repository.root, 'ui'), join(repository.root, 'installed')],
      resolver: {
        ...resolver,
        assetExts: [...resolver.assetExts, 'bin'],
        nodeModulesPaths: [join(repository.root, 'installed/node_modules')],
        resolveRequest: (context: Config, name: string, platform: string) =>
          context.resolveRequest(context, name.replace(/^@\//, `${project.root}/src/`), platform),
      },
      transformer: { ...transformer, assetPlugins: [join(project.root, 'asset-plugin.cjs')] },
    }
  }
  const queryOf: Record<string, [source: Uint8Array, query: string]> = {
    scaled: [linreg, 'optimize'],
    named: [linreg, 'optimize'],
    packaged: [convolution, 'optimize'],
    workspace: [linreg, 'optimize'],
    hoisted: [linreg, 'optimize'],
    aliased: [linreg, 'optimize=round_weights(num_steps=2)'],
    inline: [linreg, 'optimize'],
    packed: [linreg, 'optimize'],
    required: [linreg, "optimize=strip_unused_nodes(name='x',type_for_name=float)"],
    again: [linreg, 'optimize=deploy'],
    later: [linreg, 'format=memmapped'],
  }

  it('may be written in every way, and lead to files of every name and place', async () => {
    project.write('src/models/linreg.pb.gz', gzipSync(linreg))
    symlinkSync(join(repository.root, 'ui'), join(project.root, 'node_modules/ui'))
    const { code, assets } = await bundle(project, 'ios', { change })
    const { models, plain, later } = await runWhole(code)
    expect(plain).toEqual(['number', 'number'])
    for (const [name, [source, query]] of Object.entries(queryOf)) {
      const { url, ...manifest } = (name === 'later' ? later : models[name]) as ModelAsset
      expect(manifest, name).toMatchObject(await expected(source, query))
      const bytes = url.startsWith('data:')
        ? Buffer.from(url.split('base64,')[1]!, 'base64')
        : project.read(join('dist/assets-of-app', url.slice('file:///app/'.length)))
      expect(sha256(bytes), name).toBe(manifest.sha256)
    }
    expect(models.inline!.url).toMatch(/^data:/)
    const names = assets.map((name) =>
      name
        .split('/')
        .at(-1)!
        .replace(/_[0-9a-f]{8}\.pb$/, ''),
    )
    expect(names).toContain('m_2x')
    expect(names).toContain('mod_le_d_1_pb')
    // What has no query is an asset as it is.
    expect(project.read('dist/assets-of-app/assets/src/models/plain.pb').toString()).toBe('as it is')
    // The user's own plugin for assets comes after, and has the models themselves.
    const files = project.read('seen.txt').toString().trim().split('\n')
    expect(files.filter((file) => file.includes('.cache/unplugin-graphdef')).length).toBeGreaterThan(0)
    expect(files.filter((file) => file.includes('.graphdef/'))).toEqual([])
  })

  async function runWhole(
    code: string,
  ): Promise<{ models: Record<string, ModelAsset>; plain: string[]; later: unknown }> {
    let whole:
      | { models: Record<string, ModelAsset>; plain: string[]; later: Promise<{ default: ModelAsset }> }
      | undefined
    runBundle(code, 'ios', 'file:///app/', (context) => {
      whole = context as never
    })
    const { models, plain, later } = whole!
    return { models, plain, later: (await later).default }
  }
})

describe('an import in a package', () => {
  const project = own(
    makeMetroApp({
      'src/main.js': "import model from 'some-package'\nglobalThis.models = { model }\n",
      'node_modules/some-package/package.json': '{ "name": "some-package", "main": "index.js" }',
      'node_modules/some-package/index.js': "export { default } from './m.pb?optimize=deploy'\n",
      'node_modules/some-package/m.pb': linreg,
    }),
  )
  const build = async (options?: MetroOptions): Promise<string> => {
    const { code } = await bundle(project, 'ios', {
      change: withoutReactNative,
      workers: 1,
      ...(options ? { options } : {}),
    })
    return runBundle(code, 'ios', 'file:///app/').model!.sha256
  }

  it('stops a release, until one of the options names it', async () => {
    const error = await build().then(
      () => new Error('the build did not fail'),
      (thrown: Error) => thrown,
    )
    expect(
      error.message,
    ).toBe(`Metro was started before anybody knew of this import, and takes no new files during a build
  file: ${project.root}/node_modules/some-package/m.pb
  import: ./m.pb?optimize=deploy in node_modules/some-package/index.js
  Imports are looked for in the project and its watchFolders, but for node_modules, where their text stands between quotes.
  Name the folder of the module in the option scan: ['.', 'node_modules/some-package'],
  or the model in the option models: { 'node_modules/some-package/m.pb': ['optimize=deploy'] }.`)
    const { sha256: hash } = await expected(linreg, 'optimize=deploy')
    expect(await build({ scan: ['.', 'node_modules/some-package'] })).toBe(hash)
    expect(await build({ models: { 'node_modules/some-package/m.pb': ['?optimize=deploy'] } })).toBe(hash)
  })
})

describe('the configuration', () => {
  const project = own(makeProject({ 'src/m.pb': linreg, 'src/main.js': "import './m.pb?optimize'\n" }))
  const { root } = project
  const projectRoot = root

  it.each<[string, (config: object) => Parameters<typeof withGraphdef<Config>>[0]]>([
    ['an object', (config) => config],
    ['a promise', (config) => Promise.resolve(config)],
    ['a function', (config) => () => config],
    ['a function that promises', (config) => async () => config],
    ["a function of the host's defaults", (config) => (base: object) => ({ ...base, ...config })],
  ])('may be %s, of which the rest is as given or by default', async (_, make) => {
    const base = { projectRoot: '/nowhere', resolver: { sourceExts: ['js'], assetExts: ['png'] }, server: { port: 1 } }
    const config = await withGraphdef<Config>(make({ projectRoot, resolver: { sourceExts: ['js'] } }))(base)
    expect(config).toMatchObject({ projectRoot, server: { port: 1 }, resolver: { sourceExts: ['js'] } })
    expect(config.resolver.assetExts).toContain('pb')
    expect(project.list('.graphdef')).toHaveLength(2)
  })

  it.each<[string, object, string]>([
    [
      'an unknown option',
      { model: {} },
      'the plugin has no option "model"\n  did you mean "models"?\n  Its options are: presets, default, cacheDir, types, scan, models.',
    ],
    ['a wrong chain in one', { default: 'deplyo' }, 'did you mean "deploy"?'],
    [
      'a scan that is no list',
      { scan: 'src' },
      "scan is not a list of folders\n  the plugin's option: scan\n  Write scan: ['.', '../packages/ui'].",
    ],
    [
      'a scan of a folder that is not there',
      { scan: ['source'] },
      `there is no folder "source" to scan\n  file: ${root}/source\n  the plugin's option: scan\n  A relative path starts at the root of the project.`,
    ],
    [
      'a model without a list',
      { models: { 'src/m.pb': 'optimize' } },
      'the model "src/m.pb" has no list of queries, or one that asks for nothing: "optimize"\n' +
        "  the plugin's option: models\n  Write models: { 'src/m.pb': ['optimize=deploy'] }.",
    ],
    [
      'a model of another name',
      { models: { 'src/m.onnx': ['optimize'] } },
      '"src/m.onnx" is not the name of a model\n  the plugin\'s option: models\n  It ends in .pb',
    ],
    ['a query that asks for nothing', { models: { 'src/m.pb': ['deploy'] } }, 'asks for nothing: "deploy"'],
    [
      'a model that is not there',
      { models: { 'src/n.pb': ['optimize'] } },
      `there is no such file\n  file: ${root}/src/n.pb\n  the plugin's option: models\n  did you mean "m.pb"?`,
    ],
  ])('with %s is an error at once', async (_, options, message) => {
    const config = withGraphdef<Config>({ projectRoot, resolver: { sourceExts: ['js'] } }, options as MetroOptions)
    const error = await config().then(
      () => new Error('it was taken'),
      (thrown: Error) => thrown,
    )
    expect(error.message).toContain(message)
    expect(error).toMatchObject({
      code: message.startsWith('there is no such file') ? 'file-not-found' : expect.anything(),
    })
  })

  it('without a root is an error', async () => {
    await expect(withGraphdef<Config>({})()).rejects.toThrow(
      "Metro's configuration has no projectRoot\n  Write withGraphdef(getDefaultConfig(__dirname)).",
    )
  })
})

/** The package as it is installed, in processes of their own. */
describe("Metro's own command", () => {
  const metro = createRequire(import.meta.url)
    .resolve('metro')
    .replace(/src.index\.js$/, 'src/cli.js')
  const entry = fileURLToPath(new URL('../../dist/metro.js', import.meta.url))
  const project = own(
    makeProject({
      'src/main.js': "globalThis.model = require('./m.pb?optimize=deploy')\n",
      'src/m.pb': linreg,
      'registry.js': 'exports.registerAsset = (asset) => [asset].length\n',
      'metro.config.js': `const { withGraphdef } = require(${JSON.stringify(entry)})
module.exports = withGraphdef({
  projectRoot: __dirname,
  watchFolders: [${JSON.stringify(packageFolder('metro-runtime'))}],
  maxWorkers: 2,
  resolver: { extraNodeModules: { 'metro-runtime': ${JSON.stringify(packageFolder('metro-runtime'))} } },
  transformer: { assetRegistryPath: __dirname + '/registry.js', enableBabelRuntime: false },
})
`,
    }),
  )
  const build = (): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [metro, 'build', 'src/main.js', '--out', 'bundle.js', '--platform', 'web'], {
      cwd: project.root,
      env: { ...process.env, TMPDIR: project.root, NO_COLOR: '1', FORCE_COLOR: undefined },
    })

  it('takes the built package with require, and exits with 1 where a model is broken', async () => {
    if (!existsSync(entry)) throw new Error('there is no dist/metro.js: run "npm run build"')
    const { stderr } = await build()
    expect(stderr).toContain('graphdef  src/m.pb')
    expect(project.read('bundle.js').toString()).toContain((await expected(linreg, 'optimize=deploy')).sha256)
    project.write('src/m.pb', linreg.subarray(0, 500))
    const failed = (await build().catch((error: unknown) => error)) as { code: number; stdout: string; stderr: string }
    expect(failed.code).toBe(1)
    expect(failed.stdout + failed.stderr).toContain('the data ends at byte 500, in the middle of a field')
    expect(failed.stdout + failed.stderr).toContain('import: ./m.pb?optimize=deploy in src/main.js')
  })
})
