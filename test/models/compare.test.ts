import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { controlInput, type TensorName, tensorName } from '../../src/graph/tensor-name.js'
import { firstDifference } from './compare.js'
import { attrText, describeGraph, type GraphDescription } from './describe.js'
import { deployGolden } from './goldens.js'
import { describeWithModels } from './models.js'

/** Graphs in which the deploy chain finds nothing to do, so that the golden describes the published file. */
const untouched = [
  'dl4j_add_n',
  'dl4j_emptyArrayTests__identity_n__rank1',
  'dl4j_g_02',
  'dl4j_transform_0',
  'ut_deep_mlp',
  'ut_test_conv',
  'ut_test_max_pool_6',
  'ut_test_quant_reshape_2',
  'ut_test_reshape_4',
]

describeWithModels('a graph that the real tool leaves as it is', untouched, (models) => {
  const golden = deployGolden()
  for (const { name, path, outputs } of models) {
    test(`${name} is described as the recording describes it`, () => {
      const row = golden.graphs[name]!
      if ('refused' in row) throw new Error(`the golden of ${name} is a refusal`)
      expect(firstDifference(row, describeGraph(readGraphDef(readFileSync(path)), outputs), golden)).toBeUndefined()
    })
  }
})

/** x -> scaled = Mul(x, w) -> y = Sub(scaled, shift), with y running after `ready`. */
function build(change: (graph: Graph) => void = () => {}): GraphDescription {
  const graph = new Graph([
    node('x', 'Placeholder'),
    constant('w', [1, 2, 3, 4]),
    constant('shift', [0.5, 0.5, 0.5, 0.5]),
    node('ready', 'NoOp'),
    node('scaled', 'Mul', [tensorName('x'), tensorName('w')]),
    node('y', 'Sub', [tensorName('scaled'), tensorName('shift'), controlInput('ready')]),
  ])
  graph.get('y')!.attrs.setInt('axis', 1)
  change(graph)
  return describeGraph(graph, ['y'])
}

function node(name: string, op: string, inputs: TensorName[] = []): Node {
  return new Node({ name, op, inputs })
}

function constant(name: string, values: number[]): Node {
  const made = node(name, 'Const')
  made.attrs.setType('dtype', 'float32')
  made.attrs.setTensor('value', Tensor.of('float32', [values.length], Float32Array.from(values)))
  return made
}

/** The golden with one node's description changed. */
function golden(name: string, change: (node: Record<string, unknown>) => void): GraphDescription {
  const copy = structuredClone(build())
  change(copy.nodes.find((candidate) => candidate.name === name)! as unknown as Record<string, unknown>)
  return copy
}

const unnamed = golden('w', (node) => delete node.name)
const approximate = golden('w', (node) => Object.assign(node.tensor as object, { approximate: true }))

describe('firstDifference', () => {
  test('says nothing about the same graph in another order', () => {
    const reversed = build((graph) => graph.reorder([...graph.nodes].reverse()))
    expect(firstDifference(build(), reversed)).toBeUndefined()
  })

  const changes: [what: string, change: (graph: Graph) => void, difference: string][] = [
    ['an attribute', (graph) => graph.get('y')!.attrs.setInt('axis', 2), 'y (Sub): attr axis: 1 expected, 2 found'],
    [
      'an attribute more',
      (graph) => graph.get('x')!.attrs.setBool('b', true),
      'x (Placeholder): attr b: missing expected, true found',
    ],
    [
      'an attribute less',
      (graph) => graph.get('y')!.attrs.delete('axis'),
      'y (Sub): attr axis: 1 expected, missing found',
    ],
    ['an op', (graph) => (graph.get('scaled')!.op = 'Add'), 'y (Sub): reads scaled (Mul), found scaled (Add)'],
    [
      'a device',
      (graph) => (graph.get('scaled')!.device = '/cpu:0'),
      'scaled (Mul): device: "" expected, "/cpu:0" found',
    ],
    [
      'the order of two inputs',
      (graph) => graph.setInputs(graph.get('scaled')!, [tensorName('w'), tensorName('x')]),
      'scaled (Mul): reads x (Placeholder), found w (Const)',
    ],
    [
      'a port',
      (graph) => graph.setInputs(graph.get('scaled')!, [tensorName('x', 1), tensorName('w')]),
      'scaled (Mul): reads x (Placeholder), found x (Placeholder), port 1',
    ],
    [
      'an input that dangles',
      (graph) => graph.remove(graph.get('x')!),
      'scaled (Mul): reads x (Placeholder), found nothing',
    ],
    [
      'the number of inputs',
      (graph) => graph.setInputs(graph.get('scaled')!, [tensorName('x')]),
      'scaled (Mul): inputs: 2 expected, 1 found',
    ],
    [
      'a control input less',
      (graph) => graph.setInputs(graph.get('y')!, [tensorName('scaled'), tensorName('shift')]),
      'y (Sub): control input ^ready: only in the golden',
    ],
    [
      'a control input more',
      (graph) => graph.setInputs(graph.get('scaled')!, [...graph.get('scaled')!.inputs, controlInput('ready')]),
      'scaled (Mul): control input ^ready: only in ours',
    ],
    [
      'a tensor by one bit',
      (graph) => graph.replace(graph.get('w')!, [constant('w', [1, 2, 3, 4.0000005])]),
      'w (Const): tensor: bytes differ, type 1 [4], samples by 1.19e-7 of the largest magnitude',
    ],
    [
      "a tensor's shape",
      (graph) => graph.replace(graph.get('w')!, [constant('w', [1, 2, 3])]),
      'w (Const): tensor: type 1 [4] expected, type 1 [3] found',
    ],
  ]
  for (const [what, change, difference] of changes) {
    test(`tells ${what}`, () => expect(firstDifference(build(), build(change))).toBe(difference))
  }

  test('tells the name of a node', () => {
    const renamed = golden('scaled', (node) => (node.name = 'times'))
    expect(firstDifference(renamed, build())).toBe('scaled (Mul): name: times expected')
  })

  test('tells the number of outputs', () => {
    const { nodes } = build()
    expect(firstDifference(build(), { nodes, outputs: ['0:0', '1:0'] })).toBe('outputs: 1 expected, 2 found')
  })

  test('tells one node that became two, and two that became one', () => {
    const once = build((graph) => graph.setInputs(graph.get('y')!, [tensorName('scaled'), tensorName('scaled')]))
    const twice = build((graph) => {
      graph.add(node('again', 'Mul', graph.get('scaled')!.inputs as TensorName[]))
      graph.setInputs(graph.get('y')!, [tensorName('scaled'), tensorName('again')])
    })
    expect(firstDifference(once, twice)).toBe(
      'y (Sub): reads the one node scaled (Mul), found two: scaled (Mul) and again (Mul)',
    )
    expect(firstDifference(twice, once)).toBe(
      'y (Sub): reads again (Mul), found scaled (Mul) which stands for scaled (Mul) as well',
    )
  })

  test('walks a loop once', () => {
    const loop = (op: string) =>
      describeGraph(new Graph([node('a', 'Merge', [tensorName('b')]), node('b', op, [tensorName('a')])]), ['a'])
    expect(firstDifference(loop('NextIteration'), loop('NextIteration'))).toBeUndefined()
    expect(firstDifference(loop('NextIteration'), loop('Exit'))).toBe(
      'a (Merge): reads b (NextIteration), found b (Exit)',
    )
  })
})

describe('what is aside', () => {
  test('a default that is written', () => {
    const written = build((graph) => graph.get('scaled')!.attrs.setBool('fast', false))
    expect(firstDifference(build(), written, { defaults: { Mul: { fast: 'false' } } })).toBeUndefined()
    expect(firstDifference(build(), written, { defaults: { Mul: { fast: 'true' } } })).toBe(
      'scaled (Mul): attr fast: true expected, false found',
    )
  })

  test('the name of a folded constant, and whether it is shared', () => {
    const other = build((graph) => {
      graph.replace(graph.get('w')!, [constant('v', [1, 2, 3, 4])])
      graph.setInputs(graph.get('scaled')!, [tensorName('x'), tensorName('v')])
    })
    expect(firstDifference(unnamed, other)).toBeUndefined()
    expect(firstDifference(build(), other)).toBe('v (Const): name: w expected')
  })

  test('the last bits of an approximate tensor, but no more', () => {
    const off = (value: number) => build((graph) => graph.replace(graph.get('w')!, [constant('w', [1, 2, 3, value])]))
    expect(firstDifference(approximate, off(4.00003))).toBeUndefined()
    expect(firstDifference(approximate, off(4.0001))).toBe(
      'w (Const): tensor: bytes differ, type 1 [4], samples by 0.0000250 of the largest magnitude',
    )
    expect(firstDifference(approximate, off(Number.NaN))).toContain('samples by Infinity')
    expect(firstDifference(approximate, off(4.0001), { tolerance: 1e-4 })).toBeUndefined()
  })

  test('a control input on a node whose data is read', () => {
    const doubled = build((graph) =>
      graph.setInputs(graph.get('scaled')!, [...graph.get('scaled')!.inputs, controlInput('x')]),
    )
    expect(firstDifference(build(), doubled)).toBeUndefined()
  })
})

test('attributes as text', () => {
  const tensor = Tensor.of('int32', [2], Int32Array.of(1, 2))
  expect(attrText({ kind: 's', value: Buffer.from('é"') })).toBe('"é\\""')
  expect(attrText({ kind: 's', value: Uint8Array.of(0xff, 0) })).toBe('hex:ff00')
  expect(attrText({ kind: 'f', value: 1 })).toBe('float:3f800000')
  expect(attrText({ kind: 'shape', value: null })).toBe('shape:?')
  expect(attrText({ kind: 'shape', value: [null, 3] })).toBe('shape:-1,3')
  expect(attrText({ kind: 'tensor', value: tensor })).toMatch(/^tensor:3:2:[0-9a-f]{32}$/)
  expect(attrText({ kind: 'list', value: { i: [1n, 2n] } })).toBe('[1 2]')
  expect(attrText({ kind: 'list', value: {} })).toBe('[]')
  const attrs = new Map([['T', { kind: 'type', value: 'int32' } as const]])
  expect(attrText({ kind: 'func', value: { name: 'f', attrs } })).toBe('func:f{T=type:3}')
  expect(attrText({ kind: 'placeholder', value: 'T' })).toBe('placeholder:T')
  expect(attrText({ kind: 'none', value: null })).toBe('none')
})
