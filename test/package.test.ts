import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseRequest } from '../src/chain/request.js'
import { optimize } from '../src/optimize.js'
import { models } from './models/models.js'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

describe('the built package', () => {
  it('gives for every model the bytes that the sources give', async () => {
    const built = (await import(join(dist, 'index.js'))) as typeof import('../src/index.js')
    const digest = async (
      run: typeof optimize,
      parse: typeof parseRequest,
      path: string,
      query: string,
    ): Promise<string> => {
      try {
        return (await run(readFileSync(path), parse(query))).manifest.sha256
      } catch (error) {
        return (error as Error).message
      }
    }
    const different: string[] = []
    for (const { name, path, outputs } of models()) {
      const query = `optimize=eight_bit&outputs=${outputs.join(',')}`
      const ours = await digest(optimize, parseRequest, path, query)
      if ((await digest(built.optimize, built.parseRequest, path, query)) !== ours) different.push(`${name}: ${ours}`)
    }
    expect(different).toEqual([])
  })

  it('says that weights need WebAssembly where Node was told to run without', async () => {
    const model = models().find(({ name }) => name === 'ut_deep_mlp')!
    const [inputs, outputs] = [model.inputs, model.outputs].map((names) => names.join(','))
    const command = [join(dist, 'cli', 'main.js'), 'transform_graph', `--in_graph=${model.path}`, '--out_graph=-']
    const flags = [`--inputs=${inputs}`, `--outputs=${outputs}`, '--transforms=round_weights']
    const run = promisify(execFile)(process.execPath, ['--jitless', ...command, ...flags])
    await expect(run).rejects.toThrow(/no-webassembly: .+\n.*transform: round_weights\n.*Start Node without --jitless/s)
  })

  it.each(['vite', 'rollup', 'rolldown', 'webpack', 'rspack', 'esbuild'])(
    'gives the plugin for %s to a configuration that requires it',
    (host) => {
      const graphdef = createRequire(import.meta.url)(`unplugin-graphdef/${host}`) as () => unknown
      expect(graphdef()).toBeTypeOf('object')
    },
  )

  it('has no call of a class without new, as a compiler that loses parentheses writes it', () => {
    const lost = /\bnew [a-z]\w*\([^()]*\)\.\w+\(/
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((file) => lost.test(readFileSync(join(dist, file), 'utf8')))).toEqual([])
    expect('new storageOf(dtype).array(count)').toMatch(lost)
  })
})
