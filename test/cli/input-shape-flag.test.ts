import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { readModel } from '../../src/codec/read-model.js'
import { parseGraph } from '../transforms/graph-text.js'
import { runHere } from './in-process.js'
import { testFolder } from './small-model.js'

function modelFile(): string {
  const file = join(testFolder(), 'model.pb')
  const { graph } = parseGraph('x = Placeholder[dtype=float, shape=shape[?,3]]()\ny = Relu[T=float](x)')
  writeFileSync(file, joinSlices(encodeGraphDef(graph).list))
  return file
}

describe('--input_shape', () => {
  it.each([
    ['transform_graph', ['--in_graph', '--out_graph', '--transforms=strip_unused_nodes']],
    ['optimize_for_inference', ['--input', '--output', '--output_names=y']],
  ] as const)('binds sizes in %s', async (command, [read, write, third]) => {
    const source = modelFile()
    const target = `${source}.out`
    const { status, stderr } = await runHere(
      command,
      `${read}=${source}`,
      `${write}=${target}`,
      third,
      '--input_shape=x:7,-1',
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { graph } = await readModel(new Uint8Array(readFileSync(target)))
    expect(graph.get('x')!.attrs.shape('shape')).toEqual([7, 3])
  })

  it('is part of what inspect sees and prints', async () => {
    const { stdout } = await runHere('inspect', modelFile(), '--input_shape=x:7,?')
    expect(stdout).toContain("?optimize&shape=x:7,-1'")
    expect(stdout).toContain('[7,3]')
  })

  it('says what is wrong', async () => {
    const { status, stderr } = await runHere('inspect', modelFile(), '--input_shape=7,3')
    expect(status).toBe(1)
    expect(stderr).toContain('"7,3" has "7,3" without a name or sizes; write name:sizes')
  })
})
