import { createHash } from 'node:crypto'
import { mkdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import graphdef from '../../src/rollup.js'
import { makeProject, type Project } from '../plugin/project.js'
import { type Outcome, runHere } from './in-process.js'
import { smallModel } from './small-model.js'

const model = smallModel()
const otherModel = smallModel({ output: 'answer' })
const query = '?optimize=deploy&outputs=softmax'
const otherQuery = '?optimize=deploy&outputs=answer'

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

const build = (...given: string[]): Promise<Outcome> => runHere('build', ...given)

/** Runs a build that has to go well; gives what it printed. */
async function built(...given: string[]): Promise<string> {
  const { status, stdout, stderr } = await build(...given)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

async function failed(...given: string[]): Promise<string> {
  const { status, stderr } = await build(...given)
  expect(status).toBe(1)
  return stderr.replaceAll(project.root, '<root>')
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const asset = (folder = 'out', name = 'a'): string =>
  project.list(folder).find((file) => file.startsWith(`${name}-`) && file.endsWith('.pb'))!

describe('graphdef build', () => {
  it('writes the model, its module and its types, with the build line of the plugin', async () => {
    expect(await built(`models/*.pb${query}`, '--out-dir', 'out')).toMatch(
      /^graphdef {2}models\/a\.pb {2}12\.1 kB → 12 kB \(gzip [\d.]+ kB\) {2}deploy: 8 transforms, \d+ m?s\n$/,
    )
    const bytes = project.read(`out/${asset()}`)
    expect(project.list('out')).toEqual([`a-${sha256(bytes).slice(0, 8)}.pb`, 'a.d.ts', 'a.js'])
    const module = await import(pathToFileURL(join(project.root, 'out/a.js')).href)
    const { default: whole, ...named } = module
    expect(whole).toEqual(named)
    expect(whole).toMatchObject({
      url: pathToFileURL(join(project.root, 'out', asset())).href,
      format: 'graphdef',
      bytes: bytes.length,
      sha256: sha256(bytes),
      inputs: { picture: { name: 'picture', dtype: 'float32', shape: [1, 16, 16, 8] } },
      outputs: { softmax: { name: 'softmax' } },
    })
  })

  it('writes nothing anew where nothing is different', async () => {
    await built(`models/*.pb${query}`, '--out-dir=out')
    const old = new Date(1e12)
    const facts = (): object[] =>
      project.list('out').map((name) => {
        const { ino, mtimeMs } = statSync(join(project.root, 'out', name))
        return { name, ino, mtimeMs }
      })
    for (const name of project.list('out')) utimesSync(join(project.root, 'out', name), old, old)
    const first = facts()
    expect(await built(`models/*.pb${query}`, '--out-dir=out')).toMatch(
      /deploy: 8 transforms, cached, (?:\d+|<1) ms\n$/,
    )
    expect(facts()).toEqual(first)
  })

  it('shares its cache with the plugin', async () => {
    const { rollup } = await import('rollup')
    project.write('main.js', `import model from './models/a.pb${query}'\nconsole.log(model)\n`)
    await (
      await rollup({ input: join(project.root, 'main.js'), plugins: [graphdef({ types: false })], logLevel: 'silent' })
    ).close()
    expect(await built(`models/a.pb${query}`, '--out-dir=out')).toContain('cached')
  })

  it("removes a model's old file, and no other", async () => {
    await built(`models/*.pb${query}`, '--out-dir=out')
    const first = asset()
    for (const name of ['a-00000000.pb', 'b-11111111.pb', 'notes.txt']) project.write(`out/${name}`, name)
    project.write('models/a.pb', otherModel)
    await built(`models/*.pb${otherQuery}`, '--out-dir=out')
    const left = project.list('out')
    expect(left).toHaveLength(6)
    expect(left).not.toContain(first)
    for (const name of ['a-00000000.pb', 'b-11111111.pb', 'notes.txt'])
      expect(`${project.read(`out/${name}`)}`).toBe(name)
  })

  it('leaves an old file that was changed since', async () => {
    await built(`models/*.pb${query}`, '--out-dir=out')
    const first = asset()
    project.write(`out/${first}`, 'mine')
    project.write('models/a.pb', otherModel)
    await built(`models/*.pb${otherQuery}`, '--out-dir=out')
    expect(`${project.read(`out/${first}`)}`).toBe('mine')
  })

  it('mends its own file where it is damaged', async () => {
    await built(`models/*.pb${query}`, '--out-dir=out')
    project.write(`out/${asset()}`, 'damaged')
    await built(`models/*.pb${query}`, '--out-dir=out')
    expect(asset()).toBe(`a-${sha256(project.read(`out/${asset()}`)).slice(0, 8)}.pb`)
  })

  it.each(['a.js', 'a.d.ts', 'a.pb'])('overwrites no %s that it did not write', async (name) => {
    project.write(`out/${name}`, 'mine')
    expect(await failed(`models/*.pb${query}`, '--out-dir=out', '--no-hash')).toBe(
      [
        'graphdef build: name-taken: there is a file in the way, which graphdef build did not write, or which was changed since',
        `  file: <root>/out/${name}`,
        `  request: models/*.pb${query}`,
        '  Move or delete it, or choose another folder or name.',
        '',
      ].join('\n'),
    )
    expect(`${project.read(`out/${name}`)}`).toBe('mine')
    expect(project.list('out')).toEqual([name])
  })

  it('takes a folder in the way for one that it did not write', async () => {
    project.write('models/a.js/file', '')
    expect(await failed(`models/*.pb${query}`, '--out-dir=models')).toContain('  file: <root>/models/a.js\n')
    expect(project.list('models')).toEqual(['a.js', 'a.pb'])
  })

  it('keeps the name of a file without a hash, and the model it was made of', async () => {
    await built(`models/*.pb${query}`, '--out-dir=out', '--no-hash')
    expect(project.list('out')).toEqual(['a.d.ts', 'a.js', 'a.pb'])
    const first = sha256(project.read('out/a.pb'))
    project.write('models/a.pb', otherModel)
    await built(`models/*.pb${otherQuery}`, '--out-dir=out', '--no-hash')
    expect(project.list('out')).toEqual(['a.d.ts', 'a.js', 'a.pb'])
    expect(sha256(project.read('out/a.pb'))).not.toBe(first)
    // Beside its source, the result would take its place.
    expect(await failed(`models/*.pb${otherQuery}`, '--out-dir=models', '--no-hash')).toContain(
      'name-taken: there is a file in the way',
    )
    expect(sha256(project.read('models/a.pb'))).toBe(sha256(otherModel))
  })

  it('does not take for a model what it wrote itself', async () => {
    await built(`models/*.pb${query}`, '--out-dir=models')
    const files = project.list('models')
    expect(files).toHaveLength(4)
    expect((await built(`models/*.pb${query}`, '--out-dir=models')).split('\n')).toHaveLength(2)
    expect(project.list('models')).toEqual(files)
  })

  it('makes subfolders of those below a glob, and of a public path a URL', async () => {
    project.write('models/deep/er/b.pb.gz', model)
    project.write('models/node_modules/c.pb', model)
    project.write('models/notes.md', 'text')
    await built(`models/**/*${query}`, '--out-dir=out', '--public-path=/static/models')
    expect(project.list('out').filter((name) => name.endsWith('.js'))).toEqual(['a.js'])
    expect(project.list('out')).not.toContain('node_modules')
    expect(`${project.read('out/a.js')}`).toContain(`export const url = "/static/models/${asset()}"`)
    const deep = asset('out/deep/er', 'b')
    expect(`${project.read('out/deep/er/b.js')}`).toContain(`export const url = "/static/models/deep/er/${deep}"`)
  })

  it('puts a model into its module where the request says inline', async () => {
    await built(`models/*.pb${query}&inline`, '--out-dir=out')
    expect(project.list('out')).toEqual(['a.d.ts', 'a.js'])
    const { default: whole } = await import(pathToFileURL(join(project.root, 'out/a.js')).href)
    expect(sha256(Buffer.from(whole.url.split(',')[1], 'base64'))).toBe(whole.sha256)
  })

  it('gives names that hosts and URLs take', async () => {
    project.write('models/my model (1)#.pb', model)
    await built(`models/my model (1)#.pb${query}`, '--out-dir=out')
    expect(project.list('out')).toEqual([asset('out', 'my_model_1_'), 'my_model_1_.d.ts', 'my_model_1_.js'])
  })

  it('takes a path with brackets that is there as it is', async () => {
    project.write('models/[a].pb', model)
    expect(await built(`models/[a].pb${query}`, '--out-dir=out')).toContain('models/[a].pb')
  })

  it('builds all models in spite of errors in some, and tells each', async () => {
    project.write('models/0.pb', '<!doctype html><html>')
    project.write('models/b.pb', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')
    const { status, stdout, stderr } = await build(`models/*.pb${query}`, `models/c.pb${query}`, '--out-dir=out')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^graphdef {2}models\/a\.pb {2}.*\n$/)
    expect(stderr.match(/^graphdef build: [\w-]+/gm)).toEqual([
      'graphdef build: html-page',
      'graphdef build: git-lfs-pointer',
      'graphdef build: file-not-found',
    ])
    expect(stderr).toContain(`  file: ${project.root}/models/0.pb\n  request: models/*.pb${query}\n`)
    expect(project.list('out')).toEqual([asset(), 'a.d.ts', 'a.js'])
  })
})

describe('names', () => {
  it('of two models that would have the same files are an error, with both', async () => {
    project.write('more/A.pb', model)
    const { status, stdout, stderr } = await build(
      `models/a.pb${query}`,
      `models/a.pb?optimize=eight_bit&outputs=softmax`,
      `more/A.pb${query}`,
      `models/a.pb?outputs=softmax&optimize=deploy`,
      '--out-dir=out',
    )
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe(
      [
        'graphdef build: name-taken: two models would have the same files: models/a.pb?optimize=deploy&outputs=softmax and models/a.pb?optimize=eight_bit&outputs=softmax',
        `  file: ${project.root}/out/a.js`,
        '  request: models/a.pb?optimize=eight_bit&outputs=softmax',
        "  Give one of them another folder or another name: --name=[name]-small, or name: '[name]-small' in the configuration.",
        '',
      ].join('\n'),
    )
    expect(project.list('out')).toEqual([])
  })

  it('can be chosen', async () => {
    await built(`models/a.pb${query}`, `models/*.pb${query}`, '--out-dir=out')
    await built(`models/a.pb?optimize=eight_bit&outputs=softmax`, '--out-dir=out', '--name=[name]-small')
    await built(`models/a.pb${query}`, '--out-dir=out', '--name=classifier', '--no-hash')
    expect(project.list('out').filter((name) => name.endsWith('.js'))).toEqual(['a-small.js', 'a.js', 'classifier.js'])
  })

  it.each(['../x', 'a/b', '', '..', 'a b'])('cannot be "%s"', async (name) => {
    expect(await failed(`models/a.pb${query}`, '--out-dir=out', `--name=${name}`)).toBe(
      [
        `graphdef build: bad-query: no file can have the name "${name}"`,
        `  request: models/a.pb${query}`,
        '  Write letters, digits and -, _, +, @, ~ or a point, and [name] for the name of the model: [name]-small',
        '',
      ].join('\n'),
    )
  })
})

describe('an error tells', () => {
  it('that nothing matches a glob, and what is there', async () => {
    expect(await failed('models/*.pbtxt?optimize', '--out-dir=out')).toBe(
      [
        'graphdef build: file-not-found: no model matches models/*.pbtxt',
        '  request: models/*.pbtxt?optimize',
        '  Models in models: a.pb.',
        '',
      ].join('\n'),
    )
    expect(await failed('model/*.pb?optimize', '--out-dir=out')).toContain('  There is no folder model.\n')
    mkdirSync('empty')
    expect(await failed('empty/*.pb?optimize', '--out-dir=out')).toContain('  There is no model in empty.\n')
  })

  it('of a path that is wrong what may be meant', async () => {
    expect(await failed('models/b.pb?optimize', '--out-dir=out')).toContain(
      '  file: <root>/models/b.pb\n  request: models/b.pb?optimize\n  did you mean "a.pb"?\n',
    )
  })

  it('of a request that is wrong where, before anything is built', async () => {
    project.write('models/0.pb', 'no model')
    const wrong = await build('models/*.pb?optimize=deplyo', '--out-dir=out')
    expect(wrong).toMatchObject({ status: 1, stdout: '' })
    expect(wrong.stderr).toMatch(
      /^graphdef build: unknown-transform: there is no transform or preset "deplyo"\n {2}deplyo\n {2}\^\n {2}request: models\/\*\.pb\?optimize=deplyo\n {2}did you mean "deploy"\?\n/,
    )
    expect(await failed('models/*.pb?optimise=deploy', '--out-dir=out')).toContain('did you mean "optimize"?')
  })

  it('that the folder is missing, or is a file', async () => {
    expect(await failed('models/*.pb?optimize')).toBe(
      "graphdef build: bad-flag: --out-dir is missing\n  Name the folder for the files: graphdef build 'models/*.pb?optimize' --out-dir=src/models\n",
    )
    project.write('file', '')
    expect(await failed(`models/*.pb${query}`, '--out-dir=file')).toContain(
      '(EEXIST)\n  file: <root>/file/a.js\n  request: models/*.pb?optimize=deploy&outputs=softmax\n  What should be a folder is a file; name another one.\n',
    )
  })

  it('that there is nothing to build', async () => {
    expect(await failed()).toBe(
      [
        'graphdef build: bad-config: there is nothing to build',
        "  Name models: graphdef build 'models/*.pb?optimize=deploy' --out-dir=src/models",
        "  or list them in graphdef.config.js: build: [{ models: 'models/*.pb', optimize: 'deploy', outDir: 'src/models' }].",
        '',
      ].join('\n'),
    )
  })
})
