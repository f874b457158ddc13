import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { type RunResult, runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import type { Graph } from '../../src/graph/graph.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { tensorDigest } from './describe.js'
import { weightsGolden } from './goldens.js'
import { type ModelEntry, models } from './models.js'

const golden = weightsGolden()

function read({ path }: ModelEntry): Graph {
  return readGraphDef(readFileSync(path))
}

function run(model: ModelEntry, chain: string): RunResult {
  const [inputs, outputs] = [model.inputs.map(parseTensorName), model.outputs.map(parseTensorName)]
  return runChain(read(model), parseChain(chain), { inputs, outputs })
}

/** The golden's rows; no model was refused. */
function rows({ name }: ModelEntry) {
  const graph = golden.graphs[name]!
  if ('refused' in graph) throw new Error(`the golden of ${name} is a refusal: ${graph.message}`)
  return Object.entries(graph.constants)
}

function tensorOf(graph: Graph, name: string) {
  return graph.get(name)?.attrs.tensor('value')
}

/** A scalar's bits as the golden writes them. */
function floatBits(graph: Graph, name: string): string {
  return Buffer.from(tensorOf(graph, name)!.bytes()).reverse().toString('hex')
}

/** Whether Dequantize has no float32 step for the range of these values: they are all next to zero, or not finite. */
function becomesNaN(values: number[]): boolean {
  return values.some((value) => !Number.isFinite(value)) || values.every((value) => Math.abs(value) < 255 * 2 ** -126)
}

describe('round_weights gives the bytes of the real tool', () => {
  test.each(models().map((model) => [model.name, model] as const))('%s', (_, model) => {
    const { graph } = run(model, 'round_weights(num_steps=256)')
    const source = read(model)
    const found = rows(model).map(([name]) => [name, tensorDigest(tensorOf(graph, name)!)])
    const expected = rows(model).map(([name, row]) => [name, row.rounded ?? tensorDigest(tensorOf(source, name)!)])
    expect(found).toEqual(expected)
  })
})

describe('quantize_weights gives the bytes and the range of the real tool', () => {
  test.each(models().map((model) => [model.name, model] as const))('%s', (_, model) => {
    const { graph, steps } = run(model, 'quantize_weights(minimum_size=1)')
    const skipped = new Set(steps[0]!.skipped.map(({ node }) => node))
    for (const [name, { quantized }] of rows(model)) {
      const bytes = tensorOf(graph, `${name}_quantized_const`)
      if (bytes) {
        const [min, max] = [floatBits(graph, `${name}_quantized_min`), floatBits(graph, `${name}_quantized_max`)]
        expect({ bytes: tensorDigest(bytes), min, max }, name).toEqual(quantized)
        continue
      }
      if (!quantized) continue
      // The listed differences: what the tool would turn into NaN stays, and so does one repeated value.
      const kept = tensorOf(graph, name)!
      expect(skipped, name).toContain(name)
      expect(kept.isSplat || becomesNaN(kept.numbers()), name).toBe(true)
    }
  })
})

test('every float constant of the graphs is in the golden', () => {
  for (const model of models()) {
    const floats = read(model).nodes.filter(
      (node) => node.op === 'Const' && node.attrs.tensor('value')?.dtype === 'float32',
    )
    expect(
      rows(model).map(([name]) => name),
      model.name,
    ).toEqual(floats.map((node) => node.name))
  }
})
