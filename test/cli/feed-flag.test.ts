import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { readModel } from '../../src/codec/read-model.js'
import { parseGraph } from '../transforms/graph-text.js'
import { runHere } from './in-process.js'
import { testFolder } from './small-model.js'

const text = `
x = Placeholder[dtype=float]()
block/phase_train = Placeholder[dtype=bool]()
y = Select[T=float](block/phase_train, x, x)`

function modelFile(): string {
  const file = join(testFolder(), 'model.pb')
  writeFileSync(file, joinSlices(encodeGraphDef(parseGraph(text).graph).list))
  return file
}

/** The op of the placeholder in what a command writes. */
async function opAfter(command: string, inFlag: string, outFlag: string, ...flags: string[]): Promise<string> {
  const source = modelFile()
  const target = `${source}.out`
  const { status, stderr } = await runHere(command, `--${inFlag}=${source}`, `--${outFlag}=${target}`, ...flags)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { graph } = await readModel(new Uint8Array(readFileSync(target)))
  return graph.get('block/phase_train')!.op
}

describe('--feed', () => {
  it('binds a placeholder in transform_graph', async () => {
    const given = ['--transforms=strip_unused_nodes', '--feed=block/phase_train:false']
    expect(await opAfter('transform_graph', 'in_graph', 'out_graph', ...given)).toBe('Const')
  })

  it('binds a placeholder in optimize_for_inference, also by a part of its name', async () => {
    const flags = ['--feed=block/phase_train:false', '--placeholder_to_const_names=phase_train=False']
    for (const flag of flags) {
      expect(await opAfter('optimize_for_inference', 'input', 'output', '--output_names=y', flag)).toBe('Const')
    }
  })

  it('is part of what inspect sees and prints', async () => {
    const file = modelFile()
    const { stdout } = await runHere('inspect', file, '--feed=block/phase_train:false')
    expect(stdout).toContain("?optimize&feed=block/phase_train:false'")
    expect(stdout).not.toContain('block/phase_train  bool')
  })

  it('says what is wrong', async () => {
    const { status, stderr } = await runHere('inspect', modelFile(), '--feed=phase_train')
    expect(status).toBe(1)
    expect(stderr).toContain('"phase_train" has "phase_train" without a value; write name:value')
  })
})
