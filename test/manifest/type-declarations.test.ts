import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { clientDeclarations, mergeDeclarations, type SeenImport } from '../../src/manifest/type-declarations.js'
import type { ModelManifest } from '../../src/manifest/types.js'
import { makeProject, type Project } from '../plugin/project.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const manifest = (input: string): ModelManifest => ({
  format: 'graphdef',
  bytes: 10,
  sha256: '',
  inputs: { [input]: { name: input, dtype: 'float32', shape: [null, 128, 128, 3] } },
  outputs: { 'out:1': { name: 'out:1', dtype: 'int64', shape: null } },
  ops: [],
  chain: [],
  api: 'execute',
})

const seen = (importer: string, specifier: string, input: string): SeenImport => ({
  importer,
  specifier,
  manifest: manifest(input),
})
const gone = async (): Promise<boolean> => false
const patternsOf = (text: string): string[] =>
  [...text.matchAll(/^declare module '(.*)' \{$/gm)].map((found) => found[1]!)

describe('graphdef-env.d.ts', () => {
  it('declares each import under a pattern, the longest first, whatever order they were met in', async () => {
    const imports = [
      seen('src/a.ts', './x.pb?optimize', 'x'),
      seen('src/a.ts', './models/x.pb?optimize', 'y'),
      seen('src/a.ts', 'pkg/x.pb?optimize', 'z'),
      seen('src/a.ts', "../it's.pb?optimize", 'q'),
    ]
    const text = await mergeDeclarations(imports, '', gone)
    expect(patternsOf(text)).toEqual([
      '*/models/x.pb?optimize',
      "*/it\\'s.pb?optimize",
      '*pkg/x.pb?optimize',
      '*/x.pb?optimize',
    ])
    expect(await mergeDeclarations([...imports].reverse(), '', gone)).toBe(text)
    expect(await mergeDeclarations(imports, text, gone)).toBe(text)
  })

  it('declares specifiers that hold quotes, backslashes, brackets and stars', async () => {
    const one = (specifier: string): Promise<string> => mergeDeclarations([seen('src/a.ts', specifier, 'x')], '', gone)
    const patternOf = async (specifier: string): Promise<string> => {
      const text = await one(specifier)
      // Written again from the file alone, it is the same.
      expect(await mergeDeclarations([], text, async (_, written) => written === specifier)).toBe(text)
      return patternsOf(text)[0]!
    }
    expect(await patternOf("./it's [id]/(a) größe#1.pb?optimize")).toBe("*/it\\'s [id]/(a) größe#1.pb?optimize")
    expect(await patternOf('.\\models\\x.pb?optimize')).toBe('*.\\\\models\\\\x.pb?optimize')
    expect(await patternOf('#models/x@2x.pb?optimize')).toBe('*#models/x@2x.pb?optimize')
    expect(await patternOf('C:\\app\\x.pb?optimize')).toBe('*C:\\\\app\\\\x.pb?optimize')
    expect(await patternOf('./x.pb?optimize=a(op=*),b(op=*)&outputs=y')).toBe('*)&outputs=y')
    expect(patternsOf(await one('./x.pb?outputs=*'))).toEqual([])
  })

  it('gives the general type where one text means two models', async () => {
    const text = await mergeDeclarations(
      [seen('src/a/m.ts', './x.pb?optimize', 'x'), seen('src/b/m.ts', './x.pb?optimize', 'y')],
      '',
      gone,
    )
    expect(text).toContain(
      "  // src/a/m.ts: ./x.pb?optimize\n  // src/b/m.ts: ./x.pb?optimize\n  const model: import('unplugin-graphdef').ModelAsset\n",
    )
  })

  it('declares an import by attributes under its path, exactly as long as the path means one model', async () => {
    const byAttributes = (importer: string, optimize: string, input: string): SeenImport => ({
      ...seen(importer, './x.pb', input),
      written: `'./x.pb' with { optimize: '${optimize}' }`,
    })
    const one = await mergeDeclarations([byAttributes('src/a.ts', 'web', 'x')], '', gone)
    expect(patternsOf(one)).toEqual(['*/x.pb'])
    expect(one).toContain("  // src/a.ts: './x.pb' with { optimize: 'web' }\n")
    expect(one).toContain('readonly "x": {')
    const two = [byAttributes('src/a.ts', 'web', 'x'), byAttributes('src/a.ts', 'deploy', 'y')]
    const general = await mergeDeclarations(two, '', gone)
    expect(general).toContain("with { optimize: 'web' }\n  const model: import('unplugin-graphdef').ModelAsset\n")
    const holds = async (importer: string, written: string): Promise<boolean> =>
      importer === 'src/a.ts' && written === two[1]!.written
    expect(await mergeDeclarations([two[0]!], general, holds)).toBe(general)
    expect(await mergeDeclarations([two[0]!], general, gone)).toBe(one)
  })

  it('keeps what was not met this time as long as its module has it', async () => {
    const both = await mergeDeclarations(
      [seen('src/a.ts', './x.pb?optimize', 'x'), seen('src/b.ts', './y.pb?optimize', 'y')],
      '',
      gone,
    )
    const modules: Record<string, string> = { 'src/b.ts': "import y from './y.pb?optimize'" }
    const kept = await mergeDeclarations(
      [seen('src/a.ts', './x.pb?optimize', 'x')],
      both,
      async (name, written) => modules[name]?.includes(written) ?? false,
    )
    expect(kept).toBe(both)
    const dropped = await mergeDeclarations([seen('src/a.ts', './x.pb?optimize', 'x')], both, gone)
    expect(patternsOf(dropped)).toEqual(['*/x.pb?optimize'])
  })
})

describe('the types, to the real tsc', () => {
  let project: Project
  afterEach(() => project.remove())

  function compile(main: string, env: string | undefined): string {
    project = makeProject({
      'package.json': '{ "type": "module" }',
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          module: 'esnext',
          moduleResolution: 'bundler',
          target: 'es2022',
          lib: ['es2022', 'dom'],
          types: ['unplugin-graphdef/client'],
          skipLibCheck: false,
        },
        include: ['src'],
      }),
      'src/main.ts': main,
    })
    if (env !== undefined) project.write('src/graphdef-env.d.ts', env)
    mkdirSync(join(project.root, 'node_modules'))
    symlinkSync(repository, join(project.root, 'node_modules/unplugin-graphdef'), 'junction')
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    return spawnSync(process.execPath, [tsc, '-p', project.root, '--pretty', 'false'], { encoding: 'utf8' }).stdout
  }

  const app = `
import { load, type TfLike } from 'unplugin-graphdef/runtime'
import model, { url, inputs } from './x.pb?optimize=deploy'
declare const tf: TfLike
const dtype: 'float32' = model.inputs.image.dtype
const shape: readonly [null, 128, 128, 3] = inputs.image.shape
export const all = { url, dtype, shape, out: model.outputs['out:1'].dtype }
const loaded = await load(model, { tf })
const { 'out:1': result } = await loaded.run({ image: new Float32Array(3) })
export { result }
`
  const env = (): Promise<string> =>
    mergeDeclarations([seen('src/main.ts', './x.pb?optimize=deploy', 'image')], '', gone)

  it('compile a right app', async () => {
    expect(compile(app, await env())).toBe('')
  })

  it.each([
    [
      'a wrong input of the model',
      app.replace('model.inputs.image', 'model.inputs.imgae'),
      "Property 'imgae' does not exist",
    ],
    ['a wrong input of run', app.replace('run({ image:', 'run({ imgae:'), "'imgae' does not exist"],
    ['a missing input of run', app.replace('image: new Float32Array(3)', ''), 'is missing in type'],
    ['a wrong output', app.replace("{ 'out:1': result }", '{ out: result }'), "Property 'out' does not exist"],
    ['a wrong shape', app.replace('128, 3]', '128, 4]'), "Type '3' is not assignable to type '4'"],
    ['a wrong dtype', app.replace("dtype: 'float32'", "dtype: 'int32'"), 'is not assignable to type \'"int32"\''],
  ])('do not compile %s', async (_, main, message) => {
    expect(compile(main, await env())).toContain(message)
  })

  it('hold for an import by attributes', async () => {
    const main = app.replace("'./x.pb?optimize=deploy'", "'./x.pb' with { optimize: 'deploy' }")
    const declared = await mergeDeclarations([seen('src/main.ts', './x.pb', 'image')], '', gone)
    expect(compile(main, declared)).toBe('')
    const wrong = main.replace('model.inputs.image', 'model.inputs.imgae')
    expect(compile(wrong, declared)).toContain("Property 'imgae' does not exist")
  })

  it('hold for specifiers that hold quotes, brackets, backslashes and stars', async () => {
    const specifiers = [
      "./it's [id]/(a) größe 😀#1.pb?optimize",
      './a\\b.pb?optimize',
      '#models/x@2x.pb?optimize',
      './x.pb?optimize=remove_attribute(attribute_name=_class,op_name=*)',
    ]
    const declared = await mergeDeclarations(
      specifiers.map((specifier, at) => seen('src/main.ts', specifier, `image${at}`)),
      '',
      gone,
    )
    const uses = (name: (at: number) => string): string =>
      specifiers
        .map(
          (specifier, at) =>
            `import m${at} from ${JSON.stringify(specifier)}\nexport const d${at} = m${at}.inputs.${name(at)}\n`,
        )
        .join('')
    expect(
      compile(
        uses((at) => `image${at}`),
        declared,
      ),
    ).toBe('')
    const wrong = compile(
      uses((at) => `imgae${at}`),
      declared,
    )
    for (const at of specifiers.keys()) expect(wrong).toContain(`Property 'imgae${at}' does not exist`)
  })

  it('are general without the generated file', () => {
    const general = `
import model from './x.pb?optimize=deploy'
import packed from './x.pb?optimize=web&format=memmapped'
import bare from './x.pb?optimize'
export const bytes: number = model.bytes + packed.bytes + bare.bytes
export const dtype: string | undefined = model.inputs.anything?.dtype
`
    expect(compile(general, undefined)).toBe('')
    expect(compile(general.replace('?optimize=deploy', '?url=1'), undefined)).toContain('TS2307')
  })

  it('of the package are those that the code gives', () => {
    const client = readFileSync(join(repository, 'dist/client.d.ts'), 'utf8')
    expect(client.trim()).toBe(clientDeclarations().trim())
  })
})
