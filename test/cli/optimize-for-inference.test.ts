import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../src/codec/read-model.js'
import type { Node } from '../../src/graph/node.js'
import { runHere } from './in-process.js'
import { testFolder, writeSmallModel } from './small-model.js'

/** Runs the command on the small model, and gives the nodes of the result by name. */
async function optimized(...flags: string[]): Promise<{ nodes: Map<string, Node>; stdout: string; target: string }> {
  const folder = testFolder()
  const target = join(folder, 'out.pb')
  const source = writeSmallModel(folder, 'frozen.pb')
  const { status, stdout, stderr } = await runHere(
    'optimize_for_inference',
    `--input=${source}`,
    `--output=${target}`,
    '--input_names=input',
    '--output_names=softmax',
    ...flags,
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { graph } = await readModel(new Uint8Array(readFileSync(target)))
  return { nodes: new Map(graph.nodes.map((node) => [node.name, node])), stdout, target }
}

describe('optimize_for_inference', () => {
  it('runs the preset', async () => {
    const { nodes, stdout } = await optimized()
    expect(stdout).toMatch(/ {2}inference: \d transforms, /)
    expect(nodes.get('input')!.op).toBe('Placeholder')
    expect(nodes.get('input')!.attrs.type('dtype')).toBe('float32')
    expect(nodes.has('kernel/read')).toBe(false)
  })

  it.each(['4', 'uint8', 'DT_UINT8'])('gives a placeholder the type %s', async (type) => {
    const { nodes } = await optimized(`--placeholder_type_enum=${type}`)
    expect(nodes.get('input')!.attrs.type('dtype')).toBe('uint8')
  })

  it('takes one type for each input', async () => {
    const { nodes } = await optimized('--placeholder_type_enum=4')
    expect(nodes.get('input')!.attrs.type('dtype')).toBe('uint8')
    const folder = testFolder()
    const target = join(folder, 'out.pb')
    const { status } = await runHere(
      'optimize_for_inference',
      `--input=${writeSmallModel(folder, 'frozen.pb')}`,
      `--output=${target}`,
      '--input_names=input:0,kernel/read',
      '--output_names=softmax',
      '--placeholder_type_enum=1,19',
    )
    expect(status).toBe(0)
    const { graph } = await readModel(new Uint8Array(readFileSync(target)))
    expect(graph.get('input')!.attrs.type('dtype')).toBe('float32')
    expect(graph.get('kernel/read')!.attrs.type('dtype')).toBe('float16')
  })

  it('writes text with --frozen_graph=false', async () => {
    const { target } = await optimized('--frozen_graph=False')
    expect(readFileSync(target, 'utf8')).toMatch(/^node \{\n/)
  })

  it('leaves out what converters do not know with --toco_compatible', async () => {
    const { stdout } = await optimized('--toco_compatible', '--verbose')
    expect(stdout).not.toMatch(/fuse_\w*_and_conv/)
    const { stdout: whole } = await optimized('--verbose')
    expect(whole.match(/fuse_\w*_and_conv/g)).toEqual([
      'fuse_resize_pad_and_conv',
      'fuse_resize_and_conv',
      'fuse_pad_and_conv',
    ])
  })

  it('tells a wrong type, and types that do not fit the names', async () => {
    const folder = testFolder()
    const given = [
      'optimize_for_inference',
      `--input=${writeSmallModel(folder, 'frozen.pb')}`,
      `--output=${join(folder, 'out.pb')}`,
    ]
    expect((await runHere(...given, '--placeholder_type_enum=flaot')).stderr).toMatch(
      /: bad-flag: the value of --placeholder_type_enum cannot be used: "flaot" is neither a data type nor the number of one\n/,
    )
    expect(await runHere(...given, '--input_names=input', '--placeholder_type_enum=1,1')).toEqual({
      status: 1,
      stdout: '',
      stderr: [
        'graphdef optimize_for_inference: bad-flag: --placeholder_type_enum has 2 types, and 1 inputs are named',
        '  Give one type for all inputs, or one for each that is named.',
        '',
      ].join('\n'),
    })
    expect(existsSync(join(folder, 'out.pb'))).toBe(false)
  })
})
