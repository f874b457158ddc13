import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { encodeGraphDef, readGraphDef } from '../../src/codec/graphdef.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName, tensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { kernelFor } from '../../src/kernels/registry.js'
import { constNode } from '../../src/transforms/const-node.js'
import { farthest } from '../kernels/farthest.js'
import { readRecordedRun } from '../kernels/recorded-run.js'
import { models } from '../models/models.js'

describe('a folded graph gives the answers that TensorFlow gave on the original', () => {
  const computed = (op: string): boolean => ['Const', 'Placeholder', 'NoOp'].includes(op) || kernelFor(op) !== undefined
  // It normalises with the statistics of the batch, as in training, which no kernel computes.
  const training = 'dl4j_fused_batch_norm__float16_nhwc'
  const rows = models().filter((model) => {
    return model.feeds && model.deterministic && model.name !== training && Object.keys(model.ops).every(computed)
  })
  test.each(rows.map((model): [string, typeof model] => [model.name, model]))('%s', (_, model) => {
    const recorded = readRecordedRun(model.feeds!)
    const asked = [...recorded.answers.keys()].map(parseTensorName)
    for (const chain of ['fold_constants', 'fold_constants(allow_growth=true)']) {
      const inputs = model.inputs.map(parseTensorName)
      const source = readGraphDef(readFileSync(model.path))
      const { graph } = runChain(source, parseChain(chain), { inputs, outputs: asked })
      const written = readGraphDef(Buffer.concat(encodeGraphDef(graph).list))
      const answers = evaluate(written, recorded.feeds, asked)
      for (const [index, expected] of [...recorded.answers.values()].entries()) {
        expect(answers[index]!.shape).toEqual(expected.shape)
        expect(farthest(answers[index]!, expected)).toBeLessThan(1e-5)
      }
    }
  })
})

test('a tensor that is only moved to another node or shape stays the bytes of the file', () => {
  const weights = Tensor.of('float32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))
  const read = new Node({ name: 'read', op: 'Identity', inputs: [tensorName('w')] })
  const sizes = constNode('sizes', Tensor.of('int32', [2], Int32Array.of(3, -1)))
  const reshaped = new Node({ name: 'r', op: 'Reshape', inputs: [tensorName('read'), tensorName('sizes')] })
  const x = new Node({ name: 'x', op: 'Placeholder' })
  const y = new Node({ name: 'y', op: 'Mul', inputs: [tensorName('x'), tensorName('r')] })
  const graph = new Graph([constNode('w', weights), read, sizes, reshaped, x, y])
  for (const node of graph.nodes) if (node.op !== 'Const') node.attrs.setType('T', 'float32')
  const result = runChain(graph, parseChain('fold_constants'), {
    inputs: [tensorName('x')],
    outputs: [tensorName('y')],
  })
  const folded = result.graph.get('r/_0__cf__0')!.attrs.tensor('value')!
  expect(folded.shape).toEqual([3, 2])
  expect(folded.bytes().buffer).toBe(weights.bytes().buffer)
})

test('what is deprecated or of a later TensorFlow does not stand in the way', () => {
  const old = new Node({
    name: 'old',
    op: 'BatchNormWithGlobalNormalization',
    inputs: ['x', 'm', 'm', 'm', 'm'].map((name) => tensorName(name)),
  })
  const later = new Node({ name: 'later', op: 'OpOfTheFuture', inputs: [tensorName('old'), tensorName('n')] })
  const m = constNode('m', Tensor.of('float32', [1], Float32Array.of(1)))
  const n = new Node({ name: 'n', op: 'Neg', inputs: [tensorName('m')] })
  const graph = new Graph([new Node({ name: 'x', op: 'Placeholder' }), m, n, old, later])
  const { graph: result, steps } = runChain(graph, parseChain('fold_constants'), {
    inputs: [tensorName('x')],
    outputs: [tensorName('later')],
  })
  expect(result.get('later')!.inputs.map((input) => input.node)).toEqual(['old', 'n/_0__cf__0'])
  expect(steps[0]!.skipped).toEqual([])
})
