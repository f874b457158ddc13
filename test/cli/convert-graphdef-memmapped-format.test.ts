import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { convertGraphdefMemmappedFormat } from '../../src/cli/convert-graphdef-memmapped-format.js'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { defaultMinimumSize } from '../../src/codec/memmapped.js'
import { readModel } from '../../src/codec/read-model.js'
import { parseGraph } from '../transforms/graph-text.js'
import { runHere } from './in-process.js'
import { testFolder, writeSmallModel } from './small-model.js'

function convert(source: string, target: string, ...flags: string[]): ReturnType<typeof runHere> {
  return runHere('convert_graphdef_memmapped_format', `--in_graph=${source}`, `--out_graph=${target}`, ...flags)
}

describe('convert_graphdef_memmapped_format', () => {
  it('writes a package and counts the nodes', async () => {
    const folder = testFolder()
    const target = join(folder, 'out.pbmm')
    const source = writeSmallModel(folder, 'frozen.pb')
    expect(await convert(source, target)).toEqual({ status: 0, stdout: 'Converted 1 nodes\n', stderr: '' })
    expect(await readModel(new Uint8Array(readFileSync(target)))).toMatchObject({ kind: 'memmapped' })
    expect((await convert(source, target, '--min_conversion_tensor_size=4')).stdout).toBe('Converted 4 nodes\n')
  })

  it('says why it converted none', async () => {
    const folder = testFolder()
    const target = join(folder, 'out.pbmm')
    const source = writeSmallModel(folder, 'frozen.pb')
    expect((await convert(source, target, '--min_conversion_tensor_size', '100000')).stdout).toBe(
      'Converted 0 nodes: the largest constant has 11520 bytes, and --min_conversion_tensor_size is 100000\n',
    )
    const { graph } = parseGraph('x = Const[dtype=quint8, value=quint8[4]{1, 2, 3, 4}]()')
    writeFileSync(source, joinSlices(encodeGraphDef(graph).list))
    expect((await convert(source, target, '--min_conversion_tensor_size=4')).stdout).toBe(
      'Converted 0 nodes: constants of 4 bytes or more are all of types that cannot be mapped (quint8)\n',
    )
  })

  it('fails with one error and no file', async () => {
    const folder = testFolder()
    const target = join(folder, 'out.pbmm')
    writeFileSync(join(folder, 'a.pb'), '')
    const { status, stdout, stderr } = await convert(join(folder, 'a.pb'), target)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^graphdef convert_graphdef_memmapped_format: empty-file: .+\n {2}file: .+a\.pb\n/)
    expect((await convert('a.pb', target, '--min_conversion_tensor_size=0')).stderr).toContain(
      'bad-flag: the value of --min_conversion_tensor_size cannot be used: 0 is less than 1\n',
    )
    expect(existsSync(target)).toBe(false)
  })

  it('has the default of the writer', () => {
    expect(convertGraphdefMemmappedFormat.flags.min_conversion_tensor_size!.fallback).toBe(defaultMinimumSize)
  })
})
