import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const entry = fileURLToPath(new URL('../../src/runtime/index.ts', import.meta.url))
const fixtures = new URL('fixtures/', import.meta.url)

/** The runtime as it ends up in an app: bundled and minified by Vite. */
async function bundle(): Promise<Rolldown.OutputChunk> {
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' } },
  })) as Rolldown.RolldownOutput
  expect(result.output).toHaveLength(1)
  return result.output[0]
}

describe('the bundled runtime', () => {
  let chunk: Rolldown.OutputChunk
  let folder: string

  beforeAll(async () => {
    chunk = await bundle()
    folder = await mkdtemp(join(tmpdir(), 'graphdef-runtime-'))
  })

  afterAll(() => rm(folder, { recursive: true }))

  it('has at most 8 kB after gzip', () => {
    expect(gzipSync(chunk.code).length).toBeLessThanOrEqual(8000)
  })

  it('imports nothing, and makes no code of text', () => {
    expect([...chunk.imports, ...chunk.dynamicImports]).toEqual([])
    expect(Object.keys(chunk.modules).every((id) => id.includes('/src/runtime/'))).toBe(true)
    expect(chunk.code).not.toMatch(/\beval\b|\bFunction\s*\(|createObjectURL|new Worker|document\.write/)
    expect(chunk.exports.sort()).toEqual(['ModelLoadError', 'load', 'loadBytes'])
  })

  it('loads and runs an eight-bit model where eval is forbidden', async () => {
    await writeFile(join(folder, 'runtime.mjs'), chunk.code)
    const script = `
      import { createRequire } from 'node:module'
      import { readFileSync } from 'node:fs'
      import { loadBytes } from './runtime.mjs'
      let forbidden = false
      try { (0, eval)('1') } catch { forbidden = true }
      const tf = createRequire(${JSON.stringify(entry)})('@tensorflow/tfjs')
      await tf.setBackend('cpu')
      const bytes = new Uint8Array(readFileSync(new URL(${JSON.stringify(new URL('eight_bit_convolutions.pb', fixtures).href)})))
      const infos = (name, shape) => ({ [name]: { name, dtype: 'float32', shape } })
      const model = await loadBytes(bytes, { format: 'graphdef', bytes: bytes.length, inputs: infos('x', [null, 8, 8, 3]),
        outputs: infos('y', [null, 5]), ops: [], chain: [], api: 'execute' }, { tf, verify: false })
      const { y } = await model.run({ x: new Float32Array(192).fill(0.5) })
      const sum = y.dataSync().reduce((total, value) => total + value)
      console.log(JSON.stringify({ forbidden, shape: y.shape, sum: Math.round(sum * 1e5) / 1e5 }))
    `
    await writeFile(join(folder, 'run.mjs'), script)
    const file = fileURLToPath(pathToFileURL(join(folder, 'run.mjs')))
    const { stdout } = await promisify(execFile)(process.execPath, ['--disallow-code-generation-from-strings', file])
    expect(JSON.parse(stdout.trim().split('\n').pop()!)).toEqual({ forbidden: true, shape: [1, 5], sum: 1 })
  })
})
