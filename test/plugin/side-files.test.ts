import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { readModel } from '../../src/codec/read-model.js'
import type { Graph } from '../../src/graph/graph.js'
import graphdef from '../../src/vite.js'
import { parseGraph } from '../transforms/graph-text.js'
import { makeProject, type Project } from './project.js'

type Vite = typeof import('vite')

const versions: [string, () => Promise<Vite>][] = [
  ['vite 8', () => import('vite')],
  ['vite 7', () => import('vite-7') as unknown as Promise<Vite>],
  ['vite 6', () => import('vite-6') as unknown as Promise<Vite>],
]

const modelBytes = (text: string): Uint8Array => joinSlices(encodeGraphDef(parseGraph(text).graph).list)

/** What `ranges.log` may hold a record of: the node `r`. */
const quantized = modelBytes(`
q = Placeholder[dtype=qint32, shape=shape[1]]()
a = Placeholder[dtype=float, shape=shape[]]()
r = RequantizationRange[Tinput=qint32](q, a, a)
y = Requantize[Tinput=qint32, out_type=quint8](q, a, a, r, r:1)
`)
const linear = modelBytes(`
ids = Placeholder[dtype=int64, shape=shape[1]]()
w = VariableV2[dtype=float, shape=shape[4,1]]()
w/read = Identity[T=float](w)
y = Gather[Tindices=int64, Tparams=float](w/read, ids)
`)
const record = (low: number, high: number): string => `;r__print__;__requant_min_max:[${low}][${high}]\n`

const freeze = 'optimize=freeze_requantization_ranges(min_max_log_file=logs/ranges.log)'
const sparsify = 'optimize=sparsify_gather(input_checkpoint=saved/linear.ckpt)&inputs=ids&outputs=y'

let project: Project
afterEach(() => project.remove())

/** An app that imports `src/models/model.pb`. */
function app(model: Uint8Array, query: string, files: Record<string, string | Uint8Array> = {}): Project {
  project = makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><script type="module" src="/src/main.ts"></script>',
    'src/main.ts': `import model from './models/model.pb?${query}'\nexport { model }\nglobalThis.model = model\n`,
    'src/models/model.pb': model,
    ...files,
  })
  return project
}

async function build(vite: Vite): Promise<string[]> {
  const lines: string[] = []
  const note = (text: string): void => {
    lines.push(text)
  }
  const customLogger = {
    info: note,
    warn: note,
    warnOnce: note,
    error: note,
    clearScreen() {},
    hasErrorLogged: () => false,
    hasWarned: false,
  }
  await vite.build({ root: project.root, configFile: false, customLogger, plugins: [graphdef()] })
  return lines.filter((line) => line.startsWith('graphdef '))
}

async function failure(vite: Vite): Promise<string> {
  try {
    await build(vite)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the build did not fail')
}

async function built(): Promise<Graph> {
  const name = project.list('dist/assets').find((file) => file.endsWith('.pb'))!
  return (await readModel(new Uint8Array(project.read(`dist/assets/${name}`)))).graph
}

const frozenRange = (graph: Graph): number[] =>
  ['r/frozen_min', 'r/frozen_max'].flatMap((name) => graph.get(name)!.attrs.tensor('value')!.numbers())

const checkpoints = fileURLToPath(new URL('../transforms/checkpoints/', import.meta.url))
const checkpointFiles = (): Record<string, Uint8Array> =>
  Object.fromEntries(
    ['.index', '.data-00000-of-00001'].map((ending) => [
      `src/models/saved/linear.ckpt${ending}`,
      readFileSync(`${checkpoints}linear.ckpt${ending}`),
    ]),
  )

describe.each(versions)('%s', (_, load) => {
  it('reads a log beside the model, and its content is part of what the cache goes by', async () => {
    app(quantized, freeze, { 'src/models/logs/ranges.log': record(-1, 2) })
    const vite = await load()
    expect((await build(vite))[0]).not.toContain('cached')
    expect(frozenRange(await built())).toEqual([-1, 2])
    expect((await build(vite))[0]).toContain('cached')
    project.write('src/models/logs/ranges.log', record(-3, 4))
    expect((await build(vite))[0]).not.toContain('cached')
    expect(frozenRange(await built())).toEqual([-3, 4])
  })

  it('reads the weights of a variable from a checkpoint', async () => {
    app(linear, sparsify, checkpointFiles())
    await build(await load())
    const graph = await built()
    expect(graph.get('w/values')!.attrs.tensor('value')!.numbers()).toEqual([0.2, 1.2, 0.001].map(Math.fround))
    expect(graph.has('w')).toBe(false)
  })

  it('serves a new model when the log changes', async () => {
    app(quantized, freeze, { 'src/models/logs/ranges.log': record(-1, 2) })
    const server = await (await load()).createServer({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      plugins: [graphdef()],
      server: { port: 0, host: '127.0.0.1', ws: false },
      optimizeDeps: { noDiscovery: true },
    } as import('vite').InlineConfig)
    try {
      await server.listen()
      const origin = new URL(server.resolvedUrls!.local[0]!).origin
      const urlOf = async (): Promise<string> =>
        ((await server.ssrLoadModule('/src/main.ts')) as { model: { url: string } }).model.url
      const servedRange = async (url: string): Promise<number[]> => {
        const bytes = new Uint8Array(await (await fetch(origin + url)).arrayBuffer())
        return frozenRange((await readModel(bytes)).graph)
      }
      const url = await urlOf()
      expect(await servedRange(url)).toEqual([-1, 2])
      const changed = new Promise((resolve) => server.watcher.once('change', resolve))
      project.write('src/models/logs/ranges.log', record(-3, 4))
      await changed
      await expect.poll(urlOf, { timeout: 10_000 }).not.toBe(url)
      expect(await servedRange(await urlOf())).toEqual([-3, 4])
    } finally {
      await server.close()
    }
  })
})

describe('a file that is not there', () => {
  it('fails the build with import, transform, option, the path tried and what may be meant', async () => {
    app(quantized, freeze, { 'src/models/logs/range.log': record(-1, 2) })
    const message = await failure(await import('vite'))
    expect(message).toContain(
      [
        'the file that min_max_log_file names is not there',
        `  file: ${join(project.root, 'src/models/logs/ranges.log')}`,
        `  import: ./models/model.pb?${freeze} in src/main.ts`,
        '  transform: freeze_requantization_ranges(min_max_log_file=logs/ranges.log)',
        '  did you mean "range.log"?',
      ].join('\n'),
    )
  })

  it('says where paths start when nothing near is there', async () => {
    app(quantized, freeze)
    expect(await failure(await import('vite'))).toContain("a relative one starts at the model's folder in an import")
  })

  it('is asked for even where the transform finds nothing to do', async () => {
    app(quantized, 'optimize=sparsify_gather(input_checkpoint=saved/linear.ckpt)')
    expect(await failure(await import('vite'))).toContain('the checkpoint that input_checkpoint names is not there')
  })

  it('may be ignored with ignore_errors, and counts once it is there', async () => {
    const chain = 'optimize=freeze_requantization_ranges(min_max_log_file=ranges.log,ignore_errors=true)'
    app(quantized, chain)
    const vite = await import('vite')
    await build(vite)
    expect((await built()).has('r')).toBe(true)
    project.write('src/models/ranges.log', record(-1, 2))
    expect((await build(vite))[0]).not.toContain('cached')
    expect(frozenRange(await built())).toEqual([-1, 2])
  })
})

describe('a checkpoint', () => {
  it('is named by its prefix, without the end of a file name', async () => {
    app(linear, sparsify.replace('linear.ckpt', 'linear.ckpt.index'), checkpointFiles())
    const message = await failure(await import('vite'))
    expect(message).toContain('the checkpoint that input_checkpoint names is not there')
    expect(message).toContain('Name the checkpoint without the end of its files\' names: "linear.ckpt".')
  })

  it('of a slightly other name is suggested', async () => {
    app(linear, sparsify.replace('linear.ckpt', 'liner.ckpt'), checkpointFiles())
    expect(await failure(await import('vite'))).toContain('did you mean "linear.ckpt"?')
  })

  it('of one file, as before TensorFlow 1.0, is told apart', async () => {
    app(linear, sparsify, { 'src/models/saved/linear.ckpt': 'old' })
    expect(await failure(await import('vite'))).toContain('A checkpoint of TensorFlow before 1.0 is one file')
  })

  it('without its data files is named so', async () => {
    const files = checkpointFiles()
    delete files['src/models/saved/linear.ckpt.data-00000-of-00001']
    app(linear, sparsify, files)
    const message = await failure(await import('vite'))
    expect(message).toContain('a file of the checkpoint is not there')
    expect(message).toContain(`file: ${join(project.root, 'src/models/saved/linear.ckpt.data-00000-of-00001')}`)
    expect(message).toContain('A checkpoint needs all its data files: copy those that are missing.')
  })

  it('does not help where other variables are needed: the graph is not frozen', async () => {
    app(
      modelBytes(`
ids = Placeholder[dtype=int64, shape=shape[1]]()
w = VariableV2[dtype=float, shape=shape[4,1]]()
w/read = Identity[T=float](w)
g = Gather[Tindices=int64, Tparams=float](w/read, ids)
bias = VariableV2[dtype=float, shape=shape[1]]()
y = Add[T=float](g, bias)
`),
      sparsify,
      checkpointFiles(),
    )
    expect(await failure(await import('vite'))).toContain('the value of its variable "bias" is not in it')
  })
})
