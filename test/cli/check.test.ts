import { describe, expect, it } from 'vitest'
import { writeGraph } from './graph-file.js'
import { type Outcome, runHere } from './in-process.js'
import { testFolder } from './small-model.js'

async function check(text: string, ...flags: string[]): Promise<Outcome> {
  return runHere('check', writeGraph(testFolder(), 'model.pb', text), ...flags)
}

const good = 'x = Placeholder[dtype=float]()\ny = Relu[T=float](x)'
const bad = 'x = Placeholder[dtype=float]()\nq = Quux[T=float](x)\ny = Relu[T=float](q)'

describe('check', () => {
  it('gives 0 where the target has every op', async () => {
    expect(await check(good)).toEqual({
      status: 0,
      stdout: 'tfjs can run every op that the outputs need.\n',
      stderr: '',
    })
    expect((await check(good, '--target=tensorflow-mobile')).stdout).toBe(
      'tensorflow-mobile can run every op of the model.\n',
    )
  })

  it('gives 1 and the ops where it has not', async () => {
    expect(await check(bad, '--target=tfjs-wasm')).toEqual({
      status: 1,
      stdout: [
        'tfjs-wasm cannot run an op of the model',
        '  Quux: at "q", read by "y"',
        'A build with target=tfjs-wasm tells for each what would remove it: graphdef transform_graph --target=tfjs-wasm …',
        '',
      ].join('\n'),
      stderr: '',
    })
    expect(await check(bad, '--inputs=q')).toMatchObject({ status: 0 })
  })

  it('gives the same as JSON', async () => {
    const { status, stdout } = await check(bad, '--format=json', '--target=tensorflow-mobile')
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      target: 'tensorflow-mobile',
      unsupported: [{ op: 'Quux', nodes: ['q'], readers: ['y'] }],
    })
  })

  it('tells a target that does not exist', async () => {
    const { status, stderr } = await check(good, '--target=tflite')
    expect(status).toBe(1)
    expect(stderr).toContain('the value of --target cannot be used: "tflite" is not tfjs or tfjs-cpu')
  })
})

describe('transform_graph --target', () => {
  it('writes nothing where the target lacks an op, and says what', async () => {
    const folder = testFolder()
    const file = writeGraph(folder, 'model.pb', bad)
    const { status, stderr } = await runHere(
      'transform_graph',
      `--in_graph=${file}`,
      `--out_graph=${folder}/out.pb`,
      '--transforms=strip_unused_nodes',
      '--target=tfjs',
    )
    expect(status).toBe(1)
    expect(stderr).toContain('unsupported-op: tfjs cannot run an op of the model\n  Quux: at "q", read by "y"')
  })
})
