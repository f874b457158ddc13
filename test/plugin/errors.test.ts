import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import graphdef, { type Options } from '../../src/vite.js'
import { model } from '../models/models.js'
import { makeProject, type Project } from './project.js'

type Vite = typeof import('vite')

const versions: [string, () => Promise<Vite>][] = [
  ['vite 8', () => import('vite')],
  ['vite 7', () => import('vite-7') as unknown as Promise<Vite>],
  ['vite 6', () => import('vite-6') as unknown as Promise<Vite>],
]

const good = readFileSync(model('ut_test_linreg').path)
const fixture = (name: string): Buffer =>
  gunzipSync(readFileSync(fileURLToPath(new URL(`../codec/fixtures/${name}.gz`, import.meta.url))))
const lfsPointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1998252\n`
const htmlPage = '<!DOCTYPE html>\n<html><head><title>model.pb at main</title></head><body></body></html>'

/** What is broken, the file's bytes, the query, and the lines that the error must have. */
const broken: [string, string | Uint8Array | undefined, string, string[]][] = [
  [
    'a wrong transform name',
    good,
    'optimize=deploy,fold_constant',
    ['there is no transform or preset "fold_constant"', '        ^', 'did you mean "fold_constants"?'],
  ],
  [
    'a wrong parameter',
    good,
    'optimize=round_weights(num_step=4)',
    ['round_weights has no parameter "num_step"', 'did you mean "num_steps"?'],
  ],
  [
    'a parameter of the wrong kind',
    good,
    'optimize=round_weights(num_steps=many)',
    ['the parameter num_steps of round_weights is wrong: "many" is not an integer'],
  ],
  [
    'an unfinished parenthesis',
    good,
    'optimize=round_weights(num_steps=4',
    ['the parenthesis after "round_weights" is never closed', 'Add a ) at the end of its parameters.'],
  ],
  [
    'a wrong query key',
    good,
    'optimize&output=y',
    ['the import\'s query has no key "output"', 'did you mean "outputs"?'],
  ],
  ['a wrong output', good, 'optimize&outputs=nope', ['nope']],
  [
    'a SavedModel',
    fixture('saved_model_tf2.pb'),
    'optimize',
    ['the file is the saved_model.pb of a SavedModel', 'Freeze it with TensorFlow'],
  ],
  [
    'a truncated file',
    good.subarray(0, 500),
    'optimize',
    ['the data ends at byte 500, in the middle of a field', 'The file is cut short'],
  ],
  [
    'a Git LFS pointer',
    lfsPointer,
    'optimize',
    ['the file is a Git LFS pointer, not the model, which has 1998252 bytes', 'git lfs pull'],
  ],
  [
    'an HTML page',
    htmlPage,
    'optimize',
    ['the file is an HTML page ("model.pb at main"), not the model', 'Download the file itself'],
  ],
  ['an empty file', '', 'optimize', ['the file is empty', 'Download or copy the model again.']],
  ['a missing file', undefined, 'optimize', ['there is no such file', 'did you mean "model.pbtxt"?']],
]

let project: Project
afterEach(() => project.remove())

function appWith(bytes: string | Uint8Array | undefined, query: string): void {
  project = makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><script type="module" src="/src/main.ts"></script>',
    'src/main.ts': `import model from './model.pb?${query}'\nconsole.log(model)\n`,
    'src/model.pbtxt': '',
  })
  if (bytes !== undefined) project.write('src/model.pb', bytes)
}

async function failureOf(vite: Vite, options: Options = {}): Promise<string> {
  try {
    await vite.build({ root: project.root, configFile: false, logLevel: 'silent', plugins: [graphdef(options)] })
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the build did not fail')
}

describe.each(versions)('%s', (_, load) => {
  it.each(broken)('fails the build on %s, with file, import, cause and remedy', async (_name, bytes, query, lines) => {
    appWith(bytes, query)
    const message = await failureOf(await load())
    for (const line of lines) expect(message).toContain(line)
    expect(message).toContain(`file: ${project.root}/src/model.pb`)
    expect(message).toContain(`import: ./model.pb?${query} in src/main.ts`)
    expect(project.list('dist')).toEqual([])
  })
})

describe('the options', () => {
  it.each<[string, Options, string]>([
    [
      'an unknown one',
      { preset: {} } as Options,
      'the plugin has no option "preset"\n  did you mean "presets"?\n  Its options are: presets, default, cacheDir, types.',
    ],
    [
      'a preset that is no list',
      { presets: { web: 'deploy' } } as unknown as Options,
      "the preset \"web\" is not a list under a name of letters, digits and underscores\n  Write presets: { web: ['deploy', 'quantize_weights'] }.",
    ],
    ['a preset with an unknown transform', { presets: { web: ['fold'] } }, 'there is no transform or preset "fold"'],
    [
      'an unknown default',
      { default: 'deplyo' },
      'there is no transform or preset "deplyo"\n  deplyo\n  ^\n  did you mean "deploy"?',
    ],
  ])('with %s stop the build at once', async (_, options, message) => {
    appWith(good, 'optimize')
    expect(await failureOf(await import('vite'), options)).toContain(message)
  })

  it('give presets of their own, a default, and places for cache and types', async () => {
    appWith(good, 'optimize')
    const options = {
      presets: { web: ['round_weights'] },
      default: 'web',
      cacheDir: 'kept',
      types: 'types/models.d.ts',
    }
    const { build } = await import('vite')
    await build({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [graphdef(options)],
      build: { minify: false },
    })
    const script = project.list('dist/assets').find((name) => name.endsWith('.js'))!
    expect(project.read(`dist/assets/${script}`).toString()).toContain('["round_weights"]')
    expect(project.list('kept')).toHaveLength(1)
    expect(project.list('types')).toEqual(['models.d.ts'])
    await build({ root: project.root, configFile: false, logLevel: 'silent', plugins: [graphdef({ types: false })] })
    expect(project.list('src')).not.toContain('graphdef-env.d.ts')
  })
})
