import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { readModel } from '../../src/codec/read-model.js'
import { parseGraph } from '../transforms/graph-text.js'
import { runHere } from './in-process.js'
import { testFolder } from './small-model.js'

function quantizedModel(folder: string): string {
  const { graph } = parseGraph(`
q = Placeholder[dtype=qint32, shape=shape[1]]()
a = Placeholder[dtype=float, shape=shape[]]()
r = RequantizationRange[Tinput=qint32](q, a, a)
y = Requantize[Tinput=qint32, out_type=quint8](q, a, a, r, r:1)
`)
  mkdirSync(join(folder, 'models'))
  const file = join(folder, 'models', 'model.pb')
  writeFileSync(file, joinSlices(encodeGraphDef(graph).list))
  return file
}

it('on the command line a path starts at the current folder', async () => {
  const folder = testFolder()
  const source = quantizedModel(folder)
  const target = join(folder, 'out.pb')
  writeFileSync(join(folder, 'ranges.log'), ';r__print__;__requant_min_max:[-1][2]\n')
  const before = process.cwd()
  process.chdir(folder)
  try {
    const run = (log: string): ReturnType<typeof runHere> =>
      runHere(
        'transform_graph',
        `--in_graph=${source}`,
        `--out_graph=${target}`,
        `--transforms=freeze_requantization_ranges(min_max_log_file="${log}")`,
      )
    const { status, stderr } = await run('ranges.log')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { graph } = await readModel(new Uint8Array(readFileSync(target)))
    expect(graph.get('r/frozen_max')!.attrs.tensor('value')!.numbers()).toEqual([2])
    const missing = await run('range.log')
    expect(missing.status).toBe(1)
    expect(missing.stderr).toContain('the file that min_max_log_file names is not there')
    expect(missing.stderr).toContain(`file: ${join(process.cwd(), 'range.log')}`)
    expect(missing.stderr).toContain('did you mean "ranges.log"?')
  } finally {
    process.chdir(before)
  }
})
