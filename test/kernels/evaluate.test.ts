import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { GraphdefError } from '../../src/errors.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { tensorName } from '../../src/graph/tensor-name.js'
import { evaluate, runNode } from '../../src/kernels/evaluate.js'
import { boundOf, type Kernel } from '../../src/kernels/kernel.js'
import { kernelFor, kernels } from '../../src/kernels/registry.js'
import { opDef } from '../../src/ops/op-defs.js'
import { constNode } from '../../src/transforms/const-node.js'
import { type GoldenCase, goldenNode, goldenTensor } from './golden-case.js'
import { expectWithin } from './ulp-distance.js'

const folder = fileURLToPath(new URL('goldens', import.meta.url))

const goldens = readdirSync(folder)
  .sort()
  .map((file): [string, GoldenCase[]] => [file.slice(0, -5), JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))])

describe.each(goldens)('%s', (_, cases) => {
  test.each(cases.map((golden, index): [string, GoldenCase] => [`${index} ${describeCase(golden)}`, golden]))(
    '%s',
    (_, golden) => {
      const node = goldenNode(golden)
      const inputs = golden.inputs.map(goldenTensor)
      if (golden.outputs === undefined) {
        expect(() => runNode(node, inputs)).toThrow(GraphdefError)
        return
      }
      const dtype = inputs[kernelFor(golden.op)!.dtypeInput ?? 0]!.dtype
      const bound = boundOf(kernelFor(golden.op, dtype)!, dtype)
      const outputs = runNode(node, inputs)
      expect(outputs.length).toBe(golden.outputs.length)
      for (const [port, text] of golden.outputs.entries()) {
        if (text !== null) expectWithin(bound, outputs[port]!, goldenTensor(text))
      }
    },
  )
})

function describeCase({ op, attrs, inputs }: GoldenCase): string {
  const types = inputs.map((text) => text.slice(0, text.lastIndexOf(' ')))
  return `${op} ${JSON.stringify(attrs)} ${types.join(', ')}`
}

test('each op and dtype has one kernel, and the kernels of an op look at one input', () => {
  const inputs = new Map<string, number>()
  const seen = new Set<string>()
  for (const { ops, dtypes, dtypeInput = 0 } of kernels) {
    for (const op of ops) {
      expect(inputs.get(op) ?? dtypeInput, op).toBe(dtypeInput)
      inputs.set(op, dtypeInput)
      for (const dtype of dtypes) {
        expect(seen).not.toContain(`${op} ${dtype}`)
        seen.add(`${op} ${dtype}`)
      }
    }
  }
})

test.each<[string, string, number[][], string]>([
  [
    'a kernel finds',
    'MatMul',
    [
      [2, 3],
      [2, 3],
    ],
    'MatMul cannot be computed: 2×3 cannot be multiplied by 2×3',
  ],
  ['a kernel stumbles over', 'Conv2D', [[2], [3]], 'Conv2D cannot be computed: a tensor of rank 1 is no picture'],
  ['is left to the end', 'BiasAdd', [[2, 3], []], 'BiasAdd cannot be computed: 1 biases for 3 channels'],
])('what %s wrong with shapes is one error', (_, op, shapes, text) => {
  const inputs = shapes.map((shape) => Tensor.ofList('float32', shape, Float32Array.of(1)))
  expect(() => runNode(new Node({ name: 'n', op }), inputs)).toThrow(text)
})

/** AccumulateNV2 and ParallelConcat have no CPU kernel in TensorFlow, and IdentityN gives what it is given. */
const withoutGolden = ['AccumulateNV2', 'IdentityN', 'ParallelConcat']

/** What computes cannot take both quantised and plain numbers. */
function movesOnly({ dtypes }: Kernel): boolean {
  return dtypes.includes('qint16') && dtypes.includes('bool')
}

test('each dtype that a kernel declares is shown by a golden, but for what is only moved', () => {
  const shown = new Set<string>()
  for (const golden of goldens.flatMap(([, cases]) => cases)) {
    const input = golden.inputs[kernelFor(golden.op)?.dtypeInput ?? 0]!
    if (golden.outputs) shown.add(`${golden.op} ${input.split(' ')[0]}`).add(golden.op)
  }
  for (const kernel of kernels) {
    for (const op of kernel.ops.filter((each) => !withoutGolden.includes(each))) {
      expect(shown, op).toContain(op)
      if (movesOnly(kernel)) continue
      for (const dtype of kernel.dtypes) expect(shown).toContain(`${op} ${dtype}`)
    }
  }
})

test('ranges that would fill the memory are not computed', () => {
  const ends = [0, 2e9, 1].map((value) => Tensor.of('int32', [], Int32Array.of(value)))
  expect(() => runNode(new Node({ name: 'n', op: 'RaggedRange' }), ends)).toThrow(
    'the ranges are too long to be computed',
  )
})

test('each kernel computes ops that TensorFlow knows', () => {
  for (const kernel of kernels) for (const op of kernel.ops) expect(opDef(op), op).toBeDefined()
})

describe('evaluate', () => {
  const placeholder = new Node({ name: 'x', op: 'Placeholder' })
  const negated = new Node({ name: 'y', op: 'Neg', inputs: [tensorName('x')] })
  const one = Tensor.of('float32', [], Float32Array.of(1))

  test('computes from what is fed, whatever way the feed is named', () => {
    const graph = new Graph([placeholder, negated])
    for (const feed of ['x', 'x:0']) {
      expect(evaluate(graph, new Map([[feed, one]]), [tensorName('y')])[0]!.numbers()).toEqual([-1])
    }
    expect(evaluate(graph, new Map([['y', one]]), [tensorName('y')])).toEqual([one])
  })

  test.each<[string, Node[], string]>([
    ['a placeholder without a feed', [placeholder, negated], 'nothing is fed to the placeholder "x"'],
    ['a node that is missing', [negated], 'there is no node "x" to compute'],
    ['an op without a kernel', [new Node({ name: 'y', op: 'Qr' })], 'Qr cannot be computed: there is no kernel for Qr'],
    [
      'a dtype that a kernel does not take',
      [constNode('x', Tensor.ofStrings([], [new Uint8Array(1)])), negated],
      'Neg cannot be computed: the kernel for Neg does not compute string',
    ],
    [
      'a cycle',
      [new Node({ name: 'x', op: 'Neg', inputs: [tensorName('y')] }), negated],
      'Neg cannot be computed: it is part of a loop',
    ],
    [
      'an output that a node does not have',
      [constNode('x', one), new Node({ name: 'y', op: 'Neg', inputs: [tensorName('x', 1)] })],
      'there is no output x:1',
    ],
  ])('%s is an error', (_, nodes, text) => {
    expect(() => evaluate(new Graph(nodes), new Map(), [tensorName('y')])).toThrow(text)
  })
})
