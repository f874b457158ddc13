import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../src/codec/read-model.js'
import type { Graph } from '../../src/graph/graph.js'
import { writeGraph } from './graph-file.js'
import { runHere } from './in-process.js'
import { testFolder } from './small-model.js'

const graph = `
one = Const[dtype=float, value=float[]{1}]()
decoded = Sub[T=float](one, one)
wanted = Mul[T=float](decoded, one)
later = Add[T=float](wanted, one)
`

async function strip(...flags: string[]): Promise<Graph> {
  const folder = testFolder()
  const target = join(folder, 'out')
  const source = writeGraph(folder, 'in.pb', graph)
  const { status, stderr } = await runHere(
    'strip_unused',
    `--input_graph=${source}`,
    `--output_graph=${target}`,
    ...flags,
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return (await readModel(readFileSync(target))).graph
}

describe('strip_unused', () => {
  const endpoints = ['--input_node_names=decoded', '--output_node_names=wanted']

  it('takes the command line of the historical script', async () => {
    const stripped = await strip(...endpoints, '--input_binary=true', '--placeholder_type_enum=1')
    expect(stripped.nodes.map(({ name, op }) => `${name} ${op}`).sort()).toEqual([
      'decoded Placeholder',
      'one Const',
      'wanted Mul',
    ])
    expect(stripped.get('decoded')!.attrs.type('dtype')).toBe('float32')
  })

  it('takes a type a name', async () => {
    const flags = ['--input_node_names=decoded,one', '--output_node_names=wanted', '--placeholder_type_enum=1,int32']
    const stripped = await strip(...flags)
    expect(stripped.get('one')!.attrs.type('dtype')).toBe('int32')
  })

  it('writes text where it is asked to', async () => {
    const folder = testFolder()
    const target = join(folder, 'out.pbtxt')
    const source = writeGraph(folder, 'in.pb', graph)
    await runHere(
      'strip_unused',
      `--input_graph=${source}`,
      `--output_graph=${target}`,
      '--output_binary=false',
      ...endpoints,
    )
    expect(readFileSync(target, 'utf8')).toMatch(/^node \{\n {2}name: "/)
  })

  it('refuses two types for three names, and writes nothing', async () => {
    const folder = testFolder()
    const target = join(folder, 'out.pb')
    const { status, stderr } = await runHere(
      'strip_unused',
      `--input_graph=${writeGraph(folder, 'in.pb', graph)}`,
      `--output_graph=${target}`,
      ...endpoints,
      '--placeholder_type_enum=1,1',
    )
    expect(status).toBe(1)
    expect(stderr).toContain('bad-flag: --placeholder_type_enum has 2 types, and 1 inputs are named')
    expect(stderr).toContain('Give one type for all inputs, or one for each that is named.')
    expect(existsSync(target)).toBe(false)
  })
})
