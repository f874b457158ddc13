import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModel } from '../../src/codec/read-model.js'
import type { Node } from '../../src/graph/node.js'
import { runHere } from './in-process.js'
import { testFolder, writeSmallModel } from './small-model.js'

/** Runs the command on the small model, and gives the nodes of the result by name. */
async function quantized(...flags: string[]): Promise<{ nodes: Map<string, Node>; stdout: string; target: string }> {
  const folder = testFolder()
  const target = join(folder, 'out.pb')
  const { status, stdout, stderr } = await runHere(
    'quantize_graph',
    `--input=${writeSmallModel(folder, 'frozen.pb')}`,
    `--output=${target}`,
    '--output_node_names=softmax',
    ...flags,
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const { graph } = await readModel(new Uint8Array(readFileSync(target)))
  return { nodes: new Map(graph.nodes.map((node) => [node.name, node])), stdout, target }
}

describe('quantize_graph', () => {
  it('rounds weights where no mode is given', async () => {
    const { nodes, stdout } = await quantized('--bitdepth=2')
    expect(stdout).toMatch(/ {2}weights_rounded: \d transforms, .* lossy: quantize_graph/)
    const values = nodes.get('kernel')!.attrs.tensor('value')!.numbers()
    expect(new Set(values).size).toBe(4)
    expect(nodes.has('left')).toBe(false)
  })

  it('stores weights as bytes with --mode=weights', async () => {
    const { nodes } = await quantized('--mode=weights')
    expect(nodes.get('kernel')!.op).toBe('Dequantize')
    expect(nodes.get('kernel')!.attrs.string('mode')).toBe('MIN_COMBINED')
    expect(nodes.get('kernel_quint8_const')!.attrs.tensor('value')!.shape).toEqual([3, 3, 8, 40])
    expect(nodes.get('conv')!.op).toBe('Conv2D')
  })

  it('takes the command line of the historical documentation', async () => {
    const { nodes, stdout } = await quantized(
      '--print_nodes',
      '--mode=eightbit',
      '--logtostderr',
      '--test_input_dims=1,16,16,8',
      '--quantized_input',
      '--quantized_input_min=-1',
      '--quantized_fallback_min=-8',
      '--quantized_fallback_max=8.5',
      '--strip_redundant_quantization=False',
    )
    expect(stdout).toMatch(/ {2}eightbit: \d transforms, /)
    expect(nodes.get('picture')!.attrs.type('dtype')).toBe('quint8')
    expect(nodes.get('quantized_input_min_value')!.attrs.tensor('value')!.numbers()).toEqual([-1])
    expect(nodes.get('fallback_quantization_max_value')!.attrs.tensor('value')!.numbers()).toEqual([8.5])
    expect(nodes.get('conv_eightbit_quantized_conv')!.op).toBe('QuantizedConv2D')
    expect(nodes.get('conv_eightbit_quantize_kernel')!.op).toBe('QuantizeV2')
  })

  it('writes text with --output_as_text', async () => {
    const { target } = await quantized('--output_as_text')
    expect(readFileSync(target, 'utf8')).toMatch(/^node \{\n/)
  })

  it.each([
    [
      '--mode=round',
      /mode "round" gave graphs with an op RoundToSteps, which TensorFlow does not have; there are weights_r/,
    ],
    [
      '--mode=quantize',
      /mode "quantize" never got beyond the first node; there are weights_rounded, weights, eightbit/,
    ],
    ['--mode=w', /: bad-flag: the value of --mode cannot be used: "w" is not weights_rounded or weights or eightbit/],
    [
      '--quantized_input_max=many',
      /: bad-flag: the value of --quantized_input_max cannot be used: "many" is not a number/,
    ],
    ['--quantized_input', /: bad-option: quantized_input is given, and mode weights_rounded quantizes no results/],
  ])('refuses %s', async (flag, message) => {
    const folder = testFolder()
    const given = [
      'quantize_graph',
      `--input=${writeSmallModel(folder, 'frozen.pb')}`,
      `--output=${join(folder, 'o.pb')}`,
    ]
    const { status, stderr } = await runHere(...given, '--output_node_names=softmax', flag)
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
    expect(existsSync(join(folder, 'o.pb'))).toBe(false)
  })
})
