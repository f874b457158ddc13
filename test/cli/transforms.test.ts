import { describe, expect, it } from 'vitest'
import { presets } from '../../src/transforms/presets.js'
import { transforms } from '../../src/transforms/registry.js'
import { runHere } from './in-process.js'

describe('graphdef transforms', () => {
  it('lists every preset and transform', async () => {
    const { status, stdout } = await runHere('transforms')
    expect(status).toBe(0)
    for (const { name, summary, fidelity } of transforms) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(stdout).toContain(`  ${summary} (${fidelity})`)
    }
    for (const name of Object.keys(presets)) expect(stdout).toMatch(new RegExp(`^  ${name} +[a-z_]+(, [a-z_]+)*$`, 'm'))
  })

  it('tells about a transform, with every parameter', async () => {
    const { stdout } = await runHere('transforms', 'remove_attribute')
    expect(stdout).toMatch(/^remove_attribute .+ \(exact\)\n\nParameters\n {2}attribute_name +.+ \(text, required\)\n/)
    expect(stdout).toMatch(/^ {2}op_name +.+ \(text, by default \*\)$/m)
  })

  it.each(transforms.map(({ name }) => name))('tells about %s', async (name) => {
    const { stdout } = await runHere('transforms', name)
    const { options, differences } = transforms.find((transform) => transform.name === name)!
    if (Object.keys(options).length === 0) expect(stdout).toContain('It has no parameters.')
    for (const [option, { help }] of Object.entries(options)) {
      expect(stdout).toMatch(new RegExp(`^  ${option} `, 'm'))
      expect(stdout).toContain(help)
    }
    for (const { historical, here } of differences) {
      expect(stdout).toContain(`  then: ${historical}\n  here: ${here}`)
    }
  })

  it('tells what a preset stands for', async () => {
    expect(await runHere('transforms', 'rounded')).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        'rounded stands for',
        '  strip_unused_nodes',
        '  inline_functions',
        '  resolve_conditionals',
        '  remove_idle_dropout',
        '  remove_nodes(op=Identity, op=CheckNumerics)',
        '  fold_constants(ignore_errors=true)',
        '  fold_batch_norms',
        '  fold_old_batch_norms',
        '  round_weights',
        '',
      ].join('\n'),
    })
  })

  it('gives the same as JSON', async () => {
    const all = JSON.parse((await runHere('transforms', '--format=json')).stdout)
    expect(all.transforms.map(({ name }: { name: string }) => name)).toEqual(transforms.map(({ name }) => name).sort())
    expect(all.presets.map(({ name }: { name: string }) => name)).toEqual(Object.keys(presets))
    const one = JSON.parse((await runHere('transforms', 'remove_attribute', '--format', 'json')).stdout)
    expect(one.options[0]).toMatchObject({ name: 'attribute_name', kind: 'text', required: true, repeatable: false })
    const preset = JSON.parse((await runHere('transforms', 'kernels', '--format=json')).stdout)
    expect(preset).toMatchObject({ name: 'kernels', chain: expect.arrayContaining(['strip_unused_nodes']) })
  })

  it('tells an unknown name', async () => {
    expect(await runHere('transforms', 'round-weight')).toEqual({
      status: 1,
      stdout: '',
      stderr: [
        'graphdef transforms: unknown-transform: there is no transform or preset "round-weight"',
        '  did you mean "round_weights"?',
        '  graphdef transforms lists them all.',
        '',
      ].join('\n'),
    })
  })
})
