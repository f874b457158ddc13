import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import type { ModelAsset } from '../../src/manifest/types.js'
import { makeProject, type Project } from '../plugin/project.js'
import { parseGraph } from '../transforms/graph-text.js'
import { runHere } from './in-process.js'

const root = "Größe 1 [x]/(y) 50% a%20b it's {z} #1"
const files = [
  'größe 模型 😀.pb',
  '50% of a%20b.pb',
  '[id]/(a) {b}.pb',
  '#1/c#.pb',
  "it's & a+b=c,d;e~$f.pb",
  'net@2x.pb',
] as const

const before = process.cwd()
let project: Project
afterEach(() => {
  process.chdir(before)
  project.remove()
})

/** A graph that only one file has. */
const graphOf = (number: number): Uint8Array =>
  joinSlices(
    encodeGraphDef(parseGraph(`x = Placeholder[dtype=float, shape=shape[1]]()\nnet${number} = Relu[T=float](x)`).graph)
      .list,
  )

/** Writes the models, and works in the folder or by a link to it. */
function enter(byLink: boolean): Project {
  project = makeProject(Object.fromEntries(files.map((file, number) => [`${root}/models/${file}`, graphOf(number)])))
  symlinkSync(join(project.root, root), join(project.root, 'link'), 'junction')
  process.chdir(join(project.root, byLink ? 'link' : root))
  return project.in(root)
}

/** Imports modules, and prints what they export. */
const importer = `const modules = await Promise.all(process.argv.slice(1).map((url) => import(url)))
console.log(JSON.stringify(modules.map((module) => module.default)))`

/** The modules below a folder, as Node imports them, each with the output of its model, whose URL is followed. */
function built(app: Project, folder: string, publicPath: string): Record<string, string> {
  const names = ['', '[id]/', '#1/'].flatMap((below) =>
    app
      .list(`${folder}/${below}`)
      .filter((name) => name.endsWith('.js'))
      .map((name) => below + name),
  )
  const urls = names.map((name) => pathToFileURL(join(app.root, folder, name)).href)
  const given = ['--input-type=module', '--eval', importer, ...urls]
  const models = JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' })) as ModelAsset[]
  const outputs = models.map((model) => {
    // As a browser asks a server for it.
    const file = publicPath
      ? join(app.root, folder, decodeURIComponent(new URL(model.url, 'http://x').pathname.slice(publicPath.length)))
      : fileURLToPath(model.url)
    expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(model.sha256)
    return Object.keys(model.outputs).join()
  })
  return Object.fromEntries(names.map((name, at) => [name, outputs[at]!]))
}

const modules: Readonly<Record<string, string>> = {
  'größe_模型_.js': 'net0',
  '50_of_a_20b.js': 'net1',
  'it_s_a+b_c_d_e~_f.js': 'net4',
  'net@2x.js': 'net5',
  '[id]/_a_b_.js': 'net2',
  '#1/c_.js': 'net3',
}

describe('graphdef build, with unusual paths', () => {
  it.each([
    ['a glob', false],
    ['a glob, in a folder reached by a link', true],
  ])('builds %s, with URLs that lead to the models', async (_, byLink) => {
    const app = enter(byLink)
    for (const publicPath of ['', '/m/']) {
      const given = publicPath ? [`--public-path=${publicPath}`] : []
      const out = `out${given.length} #é [o]`
      const { status, stdout, stderr } = await runHere('build', 'models/**/*.pb?optimize', `--out-dir=${out}`, ...given)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      for (const file of files) expect(stdout).toContain(`graphdef  models/${file}  `)
      expect(built(app, out, publicPath)).toEqual(modules)
    }
    expect(existsSync(join(app.root, 'node_modules/.cache/unplugin-graphdef'))).toBe(true)
  })

  it('takes each name for the file that has it, and a file by two names once', async () => {
    const app = enter(false)
    const named = files.map((file) => `models/${file}?optimize`)
    const again = join(app.root, `models/${files[3]}?optimize`)
    const { status, stdout, stderr } = await runHere('build', ...named, again, '--out-dir=out')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trim().split('\n')).toHaveLength(files.length)
    expect(Object.values(built(app, 'out', '')).sort()).toEqual(Object.values(modules).sort())
  })

  it.each(['mjs', 'ts', 'json'])('reads its configuration there: .%s', async (ending) => {
    const app = enter(false)
    const config = JSON.stringify({ build: [{ models: 'models/#1/*.pb', optimize: true, outDir: 'out' }] })
    app.write(`graphdef.config.${ending}`, ending === 'json' ? config : `export default ${config}`)
    const { status, stderr } = await runHere('build')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(built(app, 'out', '')).toEqual({ 'c_.js': 'net3' })
  })
})
