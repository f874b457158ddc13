import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Config, defineConfig } from '../../src/config.js'
import { makeProject, type Project } from '../plugin/project.js'
import { needBuild, runGraphdef } from './command.js'
import { type Outcome, runHere } from './in-process.js'
import { smallModel } from './small-model.js'

const model = smallModel()
const entry = { models: 'models/*.pb', optimize: 'web', outputs: ['softmax'], outDir: 'out' }
const config: Config = defineConfig({ presets: { web: ['fold_constants', 'round_weights'] }, build: [entry] })

const before = process.cwd()
let project: Project
beforeEach(() => {
  project = makeProject({ 'models/a.pb': model })
  process.chdir(project.root)
})
afterEach(() => {
  process.chdir(before)
  project.remove()
})

function build(config: unknown, ...given: string[]): Promise<Outcome> {
  project.write('graphdef.config.json', JSON.stringify(config))
  return runHere('build', ...given)
}

async function failed(config: unknown, ...given: string[]): Promise<string> {
  const { status, stdout, stderr } = await build(config, ...given)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  return stderr.replaceAll(project.root, '<root>')
}

const modules = (folder: string): string[] => project.list(folder).filter((name) => name.endsWith('.js'))

describe('the configuration', () => {
  const json = JSON.stringify(config)
  it.each([
    ['graphdef.config.json', json],
    ['graphdef.config.mjs', `export default ${json}`],
    ['graphdef.config.js', `export default ${json}`],
    ['graphdef.config.js', `module.exports = ${json}`],
    [
      'graphdef.config.ts',
      `import { outDir } from './places.js'\nconst config = ${json} as { build: object[] }\nexport default { ...config, build: [{ ...config.build[0], outDir: outDir satisfies string }] }`,
    ],
  ])('may be %s: %#', async (name, text) => {
    // What npm init writes.
    project.write('package.json', '{ "type": "commonjs" }')
    project.write('places.ts', "export const outDir: string = 'out'")
    project.write(name, text)
    const { status, stdout, stderr } = await runHere('build')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('web: 2 transforms')
    expect(modules('out')).toEqual(['a.js'])
  })

  it('is typed by defineConfig of the package', () => {
    needBuild()
    mkdirSync('node_modules')
    symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), 'node_modules/unplugin-graphdef', 'junction')
    project.write(
      'graphdef.config.ts',
      `import { defineConfig } from 'unplugin-graphdef/config'\nexport default defineConfig(${json})`,
    )
    const { status, stderr } = runGraphdef(project.root, 'build')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(modules('out')).toEqual(['a.js'])
  })

  it('says the same as an import: lists, keys without a value, what stands in the path', async () => {
    const build1 = [
      { models: 'models/a.pb?optimize=deploy&outputs=softmax', outDir: 'one' },
      { models: ['models/a.pb'], optimize: ['deploy'], outputs: 'softmax', outDir: 'two' },
      { models: 'models/a.pb?outputs=softmax', optimize: true, inline: false, outDir: 'three' },
    ]
    const { status, stderr } = await build({ build: build1 })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const [one, two, three] = ['one', 'two', 'three'].map((folder) => `${project.read(`${folder}/a.js`)}`)
    const unlessSource = (text: string): string => text.replace(/^.*\n/, '')
    expect(unlessSource(two!)).toBe(unlessSource(one!))
    expect(unlessSource(three!)).toBe(unlessSource(one!))
  })

  it('gives its options to models that the command line names', async () => {
    const options = { presets: config.presets, default: 'web', cacheDir: 'kept' }
    const { status, stdout, stderr } = await build(options, 'models/a.pb?optimize&outputs=softmax', '--out-dir=here')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('2 transforms')
    expect(project.list('kept')).toHaveLength(1)
    expect(project.list('out')).toEqual([])
  })

  it('says names, hash and public path', async () => {
    await build({
      build: [{ ...entry, optimize: true, name: '[name]-web', hash: false, publicPath: 'https://cdn/x/' }],
    })
    expect(project.list('out')).toEqual(['a-web.d.ts', 'a-web.js', 'a-web.pb'])
    expect(`${project.read('out/a-web.js')}`).toContain('export const url = "https://cdn/x/a-web.pb"')
  })
})

describe('an error in the configuration has file and key', () => {
  const keys = 'Its keys are: build, presets, default, cacheDir.'
  it.each<[string, unknown, string[]]>([
    [
      'an unknown key',
      { biuld: [] },
      ['bad-config: the configuration has no key "biuld"', 'key: biuld', 'did you mean "build"?', keys],
    ],
    ['a key of the plugin', { types: false }, ['bad-config: the configuration has no key "types"', 'key: types', keys]],
    [
      'an unknown key of an entry',
      {
        build: [
          { models: 'a.pb', outDir: 'x' },
          { models: 'a.pb', outdir: 'x' },
        ],
      },
      [
        'bad-config: the configuration has no key "outdir" in build[1]',
        'key: build[1].outdir',
        'did you mean "outDir"?',
      ],
    ],
    [
      'no folder',
      { build: [{ models: 'a.pb' }] },
      ['bad-config: build[0].outDir is missing', 'key: build[0].outDir', 'It is a text.'],
    ],
    [
      'a wrong value',
      { build: [{ ...entry, models: [1] }] },
      ['bad-config: build[0].models cannot be [1]', 'key: build[0].models', 'It is a text or a list of texts.'],
    ],
    [
      'a wrong value of a query key',
      { build: [{ ...entry, outputs: 7 }] },
      ['bad-config: build[0].outputs cannot be 7', 'key: build[0].outputs', 'It is a text, a list of texts, or true.'],
    ],
    [
      'a wrong switch',
      { build: [{ ...entry, hash: 'no' }] },
      ['bad-config: build[0].hash cannot be "no"', 'key: build[0].hash', 'It is true or false.'],
    ],
    [
      'an entry that is none',
      { build: ['a.pb'] },
      ['bad-config: build[0] cannot be "a.pb"', 'key: build[0]', 'It is an object: { models, outDir }.'],
    ],
    [
      'no list',
      { build: { models: 'a.pb' } },
      ['bad-config: build cannot be {"models":"a.pb"}', 'key: build', 'It is a list: [{ models, outDir }].'],
    ],
    [
      'a wrong preset',
      { presets: { web: ['fold'] } },
      ['unknown-transform: there is no transform or preset "fold"', 'fold', '^', 'key: presets.web'],
    ],
    [
      'a wrong chain',
      { build: [{ ...entry, optimize: 'deplyo' }] },
      [
        'unknown-transform: there is no transform or preset "deplyo"',
        'deplyo',
        '^',
        'key: build[0]',
        'request: models/*.pb',
        'did you mean "deploy"?',
      ],
    ],
    [
      'nothing to build',
      {},
      [
        'bad-config: the configuration has nothing to build',
        'key: build',
        "Name models: graphdef build 'models/*.pb?optimize=deploy' --out-dir=src/models",
      ],
    ],
    [
      'something else',
      [],
      [
        'bad-config: the configuration is not an object',
        "Write export default { build: [{ models: 'models/*.pb', optimize: 'deploy', outDir: 'public/models' }] }",
      ],
    ],
  ])('%s', async (_, config, lines) => {
    const text = await failed(config)
    const [first, ...rest] = lines
    expect(text.split('\n')[0]).toBe(`graphdef build: ${first}`)
    for (const line of [`file: <root>/graphdef.config.json`, ...rest]) expect(text.split('\n')).toContain(`  ${line}`)
  })

  it('a model that fails, with the key that asks for it', async () => {
    project.write('models/b.pb', '<html>')
    const { status, stderr } = await build(config)
    expect(status).toBe(1)
    expect(stderr).toContain(`  file: ${project.root}/models/b.pb\n  key: build[0]\n  request: models/*.pb\n`)
  })

  it('a flag that is for the models of the command line', async () => {
    expect(await failed(config, '--out-dir=out')).toBe(
      [
        'graphdef build: bad-flag: --out-dir is for models that the command line names, and it names none',
        '  file: <root>/graphdef.config.json',
        '  Name them, or say it in the configuration: build: [{ models, outDir, publicPath, name, hash }].',
        '',
      ].join('\n'),
    )
  })

  it('two configurations', async () => {
    project.write('graphdef.config.mjs', '')
    expect(await failed(config)).toBe(
      [
        'graphdef build: bad-config: there are two configurations, graphdef.config.mjs and graphdef.config.json',
        '  file: <root>/graphdef.config.mjs',
        '  Keep one of them.',
        '',
      ].join('\n'),
    )
  })

  it.each([
    ['graphdef.config.json', '{ "build": [', /JSON/],
    ['graphdef.config.mjs', 'export default { build: [ }', /Unexpected token/],
    ['graphdef.config.ts', "throw new Error('no such place')", /no such place/],
  ])('one that cannot be loaded: %s', async (name, text, reason) => {
    project.write(name, text)
    const { status, stderr } = await runHere('build')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^graphdef build: bad-config: the configuration cannot be loaded: /)
    expect(stderr).toMatch(reason)
    expect(stderr).toContain(`  file: ${join(project.root, name)}\n`)
    expect(stderr).not.toMatch(/^ +at /m)
  })
})
