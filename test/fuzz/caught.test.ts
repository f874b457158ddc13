import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { tensorName } from '../../src/graph/tensor-name.js'
import { defineTransform, type Transform, type TransformContext } from '../../src/transforms/transform.js'
import { parseGraph } from '../transforms/graph-text.js'
import { answersOf, feedsFor } from './evaluate-case.js'
import { asCase, type FuzzCase } from './fuzz-case.js'
import { generators } from './generators.js'
import { broken, properties } from './properties.js'

/** A transform that is wrong in one way; the property that must see it. */
interface Fault {
  property: string
  run: (graph: Graph, context: TransformContext) => void
  fidelity?: Transform['fidelity']
  name?: string
  options?: Record<string, number>
  cases?: string
}

const faults: Readonly<Record<string, Fault>> = {
  'throws another error': {
    property: 'throws only errors that a user can read',
    run: () => {
      throw new TypeError('undefined is not a graph')
    },
  },
  'leaves an input dangling': {
    property: 'gives a valid graph',
    run: (graph, { report }) => {
      const end = graph.nodes.at(-1)!
      graph.setInputs(end, [tensorName('gone')])
      report.change(end)
    },
  },
  'writes into the file': {
    property: 'leaves the file alone',
    run: (graph) => {
      for (const node of graph.nodes) node.attrs.tensor('value')?.bytes().fill(0)
    },
  },
  'takes an input away': {
    property: 'keeps the names of inputs and outputs',
    run: (graph, { inputs, report }) => {
      const node = graph.get(inputs[0]!.node)!
      for (const reader of graph.readers(node.name)) graph.setInputs(reader, [])
      graph.remove(node)
      report.remove(node)
    },
  },
  'says nothing': {
    property: 'reports what it did',
    run: (graph) => {
      for (const node of graph.nodes) node.device = '/device:CPU:7'
    },
  },
  miscounts: {
    property: 'reports what it did',
    run: (graph, { report }) => {
      report.add(graph.nodes[0]!)
    },
  },
  'skips what never was': {
    property: 'reports what it did',
    run: (_graph, { report }) => report.skip('nobody', 'it is not there'),
  },
  'goes on and on': {
    property: 'changes nothing the second time',
    run: (graph, { report }) => {
      report.add(graph.add(new Node({ name: graph.freeName('more'), op: 'NoOp' })))
    },
  },
  'computes something else': {
    property: 'keeps what the outputs mean',
    run: (graph, { report }) => {
      for (const node of graph.nodes) {
        if (node.op !== 'Neg') continue
        node.op = 'Abs'
        report.change(node)
      }
    },
  },
  'rounds too much': {
    property: 'keeps what the outputs mean',
    fidelity: 'lossy',
    name: 'round_weights',
    options: { num_steps: 256 },
    run: (graph, { report }) => {
      for (const node of graph.nodes) {
        const tensor = node.attrs.tensor('value')
        if (tensor?.dtype !== 'float32') continue
        const values = Float32Array.from(tensor.numbers(), (value) => value + 1)
        node.attrs.setTensor('value', Tensor.of('float32', tensor.shape, values))
        report.change(node)
      }
    },
  },
}

const plain = parseGraph(`
x = Placeholder[dtype=float, shape=shape[2]]()
w = Const[dtype=float, value=float[2]{1, 2}]()
m = Mul[T=float](x, w)
y = Neg[T=float](m)`)

const simple: FuzzCase = asCase(plain.graph, {
  inputs: ['x'],
  outputs: ['y'],
  chain: '',
  feeds: new Map([['x', { dtype: 'float32', shape: [2] }]]),
})

const stepOf = ({ run, fidelity = 'exact', name = 'wrong', options = {} }: Fault) => ({
  transform: defineTransform({
    name,
    summary: 'is wrong',
    fidelity,
    options: {},
    run: (graph, _options, context) => run(graph, context),
  }),
  options,
  ignoreErrors: false,
})

describe('a transform that is wrong is caught', () => {
  test.each(Object.entries(faults))('one that %s', (_, fault) => {
    const copy = { ...simple, bytes: simple.bytes.slice() }
    expect(broken(copy, [stepOf(fault)]).join('\n')).toContain(`breaks "${fault.property}"`)
  })

  test('and one that is right is not', () => {
    expect(broken(simple, [stepOf({ property: '', run: () => undefined })])).toEqual([])
  })

  test('by every property', () => {
    expect(new Set(Object.values(faults).map((fault) => fault.property))).toEqual(new Set(Object.keys(properties)))
  })

  test('and shown on the smallest graph', () => {
    const wrong = stepOf(faults['computes something else']!)
    const check = fc.check(
      fc.property(generators.remove_training_nodes!, (fuzzCase) => broken(fuzzCase, [wrong]).length === 0),
      { seed: 1, numRuns: 200 },
    )
    expect(check.failed).toBe(true)
    expect(fc.stringify(check.counterexample![0])).toBe(`
===
x = Placeholder[dtype=float, shape=shape[2,2]]()
neg0 = Neg[T=float](x)
inputs: x
outputs: neg0
@@@
@@@
remove_training_nodes
`)
  })
})

test('what our evaluator lacks is left out and not taken for an answer', () => {
  const { graph } = parseGraph(
    'r = RandomStandardNormal[T=int32, dtype=float](s)\ns = Const[dtype=int32, value=int32[1]{2}]()',
  )
  expect(answersOf(graph, feedsFor(simple), [tensorName('r'), tensorName('s')]).map((answer) => answer?.dtype)).toEqual(
    [undefined, 'int32'],
  )
})
