import { afterEach, describe, expect, it } from 'vitest'
import graphdef, { type Options } from '../../src/vite.js'
import { appWith, broken, good } from './broken-imports.js'
import type { Project } from './project.js'

type Vite = typeof import('vite')

const versions: [string, () => Promise<Vite>][] = [
  ['vite 8', () => import('vite')],
  ['vite 7', () => import('vite-7') as unknown as Promise<Vite>],
  ['vite 6', () => import('vite-6') as unknown as Promise<Vite>],
]

let project: Project
afterEach(() => project.remove())

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
    project = appWith(bytes, query)
    const message = await failureOf(await load())
    for (const line of lines) expect(message).toContain(line)
    expect(message).toContain(`file: ${project.root}/src/model.pb`)
    expect(message).toContain(`import: ./model.pb?${query} in src/main.ts`)
    expect(project.list('dist')).toEqual([])
  })
})

it('names a missing file in a folder with a space as it is written', async () => {
  project = appWith(undefined, 'optimize')
  project.write('src/my models/model.pbtxt', '')
  project.write('src/main.ts', "import model from './my models/model.pb?optimize'\nconsole.log(model)\n")
  const message = await failureOf(await import('vite'))
  expect(message).toContain(`file: ${project.root}/src/my models/model.pb\n`)
  expect(message).toContain('did you mean "model.pbtxt"?')
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
    [
      'a preset with an unknown transform',
      { presets: { web: ['fold'] } },
      'there is no transform or preset "fold"\n  fold\n  ^\n  the plugin\'s option: presets.web\n',
    ],
    [
      'an unknown default',
      { default: 'deplyo' },
      'there is no transform or preset "deplyo"\n  deplyo\n  ^\n  the plugin\'s option: default\n  did you mean "deploy"?',
    ],
  ])('with %s stop the build at once', async (_, options, message) => {
    project = appWith(good, 'optimize')
    expect(await failureOf(await import('vite'), options)).toContain(message)
  })

  it('give presets of their own, a default, and places for cache and types', async () => {
    project = appWith(good, 'optimize')
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
