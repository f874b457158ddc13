import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ModelManifest, TensorInfo } from '../../src/manifest/types.js'
import { ModelLoadError } from '../../src/runtime/errors.js'
import { convertGraph, type GraphModelSource } from '../../src/runtime/graph-model.js'
import * as write from './graph-writer.js'

interface Node {
  name: string
  op: string
  input: string[]
  attr: Record<string, object>
}

function info(name: string, shape: TensorInfo['shape'] = null, dtype: TensorInfo['dtype'] = 'float32'): TensorInfo {
  return { name, shape, dtype }
}

function convert(
  file: Uint8Array,
  inputs: TensorInfo[],
  outputs: string[],
  format: ModelManifest['format'] = 'graphdef',
): GraphModelSource & { nodes: Record<string, Node> } {
  const source = convertGraph(file, {
    format,
    inputs: Object.fromEntries(inputs.map((input) => [input.name, input])),
    outputs: Object.fromEntries(outputs.map((name) => [name, info(name)])),
    ops: [],
    chain: [],
    api: 'execute',
  })
  const { node } = source.modelTopology as { node: Node[] }
  return { ...source, nodes: Object.fromEntries(node.map((item) => [item.name, item])) }
}

const letters = (text: string): number[] => [...new TextEncoder().encode(text)]

describe('convertGraph', () => {
  it('always writes versions, and names inputs and outputs as the manifest does', () => {
    const source = convert(
      write.graph(write.placeholder('x'), { name: 'y', op: 'Relu', input: ['x:0'] }),
      [info('x', [null, 3])],
      ['y'],
    )
    expect(source.modelTopology).toMatchObject({ versions: { producer: 0, minConsumer: 0 } })
    expect(source.signature).toEqual({ inputs: { x: { name: 'x' } }, outputs: { y: { name: 'y' } } })
    expect(source.nodes.y!.input).toEqual(['x'])
    expect(source.nodes.x).toEqual({
      name: 'x',
      op: 'Placeholder',
      input: [],
      attr: { dtype: { type: 1 }, shape: { shape: { dim: [{ size: -1 }, { size: 3 }] } } },
    })
  })

  it('writes of an attribute only the member that is set, in camel case', () => {
    const file = write.graph(write.placeholder('x'), {
      name: 'y',
      op: 'Op',
      input: ['x'],
      attr: {
        text: write.attr.text('SAME'),
        zero: write.attr.int(0),
        negative: write.attr.int(-1),
        ratio: write.attr.float(0.5),
        no: write.attr.bool(0),
        half: write.attr.type(19),
        long: write.attr.type(9),
        resource: write.attr.type(20),
        unknown: write.attr.shape(write.shape(null)),
        empty: write.attr.shape(write.shape([0, 2])),
        numbers: write.attr.list(write.sized(3, write.join(write.varint(1), write.varint(-2)))),
        types: write.attr.list(write.sized(6, write.join(write.varint(9), write.varint(10)))),
        texts: write.attr.list(write.sized(2, 'BiasAdd')),
        _class: write.attr.list(write.sized(2, 'loc:@x')),
        _output_shapes: write.attr.list(write.sized(7, write.shape([1]))),
      },
    })
    expect(convert(file, [info('x')], ['y']).nodes.y!.attr).toEqual({
      text: { s: letters('SAME') },
      zero: { i: 0 },
      negative: { i: -1 },
      ratio: { f: 0.5 },
      no: { b: false },
      half: { type: 1 },
      long: { type: 3 },
      resource: { type: 20 },
      unknown: { shape: { unknownRank: true } },
      empty: { shape: { dim: [{ size: 0 }, { size: 2 }] } },
      numbers: { list: { i: [1, -2] } },
      types: { list: { type: [3, 10] } },
      texts: { list: { s: [letters('BiasAdd')] } },
    })
  })

  it('adds the attributes that TensorFlow.js has no default for, and leaves those that are there', () => {
    const nhwc = { s: letters('NHWC') }
    const dilations = { list: { i: [1, 1, 1, 1] } }
    const given = { dilations: write.attr.list(write.sized(3, Uint8Array.of(1, 2, 2, 1))) }
    const { nodes } = convert(
      write.graph(
        { name: 'conv', op: 'Conv2D', input: ['x', 'x'] },
        { name: 'dilated', op: 'DepthwiseConv2dNative', input: ['x', 'x'], attr: given },
        { name: 'deep', op: 'Conv3D', input: ['x', 'x'] },
        { name: 'space', op: 'DepthToSpace', input: ['x'] },
        { name: 'norm', op: 'FusedBatchNormV3', input: ['x', 'x', 'x', 'x', 'x'] },
        { name: 'range', op: 'Range', input: ['x', 'x', 'x'] },
      ),
      [info('x')],
      ['conv', 'dilated', 'deep', 'space', 'norm', 'range'],
    )
    expect(nodes.conv!.attr).toEqual({ dilations, data_format: nhwc })
    expect(nodes.dilated!.attr).toEqual({ dilations: { list: { i: [1, 2, 2, 1] } }, data_format: nhwc })
    expect(nodes.deep!.attr).toEqual({
      dilations: { list: { i: [1, 1, 1, 1, 1] } },
      data_format: { s: letters('NDHWC') },
    })
    expect(nodes.space!.attr).toEqual({ data_format: nhwc })
    expect(nodes.norm!.attr).toEqual({ epsilon: { f: 1e-4 } })
    expect(nodes.range!.attr).toEqual({ Tidx: { type: 3 } })
  })

  it('drops control inputs and every node that the outputs do not need', () => {
    const file = write.graph(
      write.placeholder('x'),
      { name: 'check', op: 'Assert', input: ['x'] },
      { name: 'dead', op: 'NoSuchOp', input: ['x'] },
      { name: 'y', op: 'Relu', input: ['x', '^check', '^gone'] },
    )
    const { nodes, nodesByOp } = convert(file, [info('x')], ['y'])
    expect(Object.keys(nodes)).toEqual(['y', 'x'])
    expect(nodes.y!.input).toEqual(['x'])
    expect([...nodesByOp]).toEqual([['Relu', ['y']]])
  })

  it('renames what only has another name in TensorFlow.js', () => {
    const file = write.graph(
      write.placeholder('x'),
      write.floats('w', [1]),
      { name: 'a', op: 'CheckNumerics', input: ['x'] },
      { name: 'b', op: 'PreventGradient', input: ['a'] },
      { name: 'c', op: 'BiasAddV1', input: ['b', 'default'] },
      { name: 'default', op: 'PlaceholderWithDefault', input: ['w'] },
    )
    const { nodes } = convert(file, [info('x')], ['c'])
    expect(Object.values(nodes).map(({ name, op }) => `${name} ${op}`)).toEqual([
      'c BiasAdd',
      'default Identity',
      'w Const',
      'b Identity',
      'a Identity',
      'x Placeholder',
    ])
  })

  it('puts a placeholder in the place of whatever is fed', () => {
    const file = write.graph(
      { name: 'iterator', op: 'IteratorGetNext' },
      write.floats('one', [1]),
      { name: 'training', op: 'PlaceholderWithDefault', input: ['one'] },
      { name: 'split', op: 'Split', input: ['one', 'one'] },
      { name: 'y', op: 'AddN', input: ['iterator', 'iterator:1', 'training', 'split', 'split:1'] },
    )
    const inputs = ['iterator:0', 'iterator:1', 'training', 'split'].map((name) => info(name))
    const { nodes, signature } = convert(file, inputs, ['y', 'split:1', 'training'])
    expect(nodes.y!.input).toEqual(['iterator', 'iterator_1_', 'training', 'split_', 'split:1'])
    for (const name of ['iterator', 'iterator_1_', 'training', 'split_']) expect(nodes[name]!.op).toBe('Placeholder')
    expect(nodes.split!.op).toBe('Split')
    expect(signature).toEqual({
      inputs: {
        'iterator:0': { name: 'iterator' },
        'iterator:1': { name: 'iterator_1_' },
        training: { name: 'training' },
        split: { name: 'split_' },
      },
      outputs: { y: { name: 'y' }, 'split:1': { name: 'split:1' }, training: { name: 'training' } },
    })
  })

  it('makes weights of constants, of mapped ones, and of dequantised ones', () => {
    const quantized = write.constant('q', write.tensor(12, [3], write.content(Uint8Array.of(0, 128, 255))))
    const graph = write.graph(
      write.floats('w', [1, 2]),
      immutable('m', 1, [2]),
      quantized,
      write.floats('low', [-1], []),
      write.floats('high', [1], []),
      { name: 'same', op: 'Identity', input: ['q:0'] },
      {
        name: 'd',
        op: 'Dequantize',
        input: ['same', 'low', 'high', '^w'],
        attr: { mode: write.attr.text('MIN_COMBINED') },
      },
      { name: 'y', op: 'Concat', input: ['w', 'm', 'd'] },
    )
    const file = write.memmapped({ m: write.bytesOf(Float32Array.of(7, 8)) }, graph)
    const { nodes, weights } = convert(file, [], ['y'], 'memmapped')
    expect([...weights.keys()].sort()).toEqual(['d', 'm', 'w'])
    expect([...weights.get('m')!().values]).toEqual([7, 8])
    expect([...weights.get('d')!().values]).toEqual([-1, Math.fround(-1 + Math.fround(128 * Math.fround(2 / 255))), 1])
    expect(nodes.d).toEqual({ name: 'd', op: 'Const', input: [], attr: { dtype: { type: 1 } } })
    expect(nodes.same).toBeUndefined()
  })

  it.each([
    ['of a computed tensor', { input: ['x', 'low', 'high'] }],
    ['with a mode that no transform writes', { attr: { mode: write.attr.text('SCALED') } }],
    ['along an axis', { attr: { axis: write.attr.int(0) } }],
    ['to another type', { attr: { dtype: write.attr.type(14) } }],
  ])('leaves a Dequantize %s, to be reported', (_, change) => {
    const file = write.graph(
      write.placeholder('x'),
      write.constant('q', write.tensor(12, [1], write.content(Uint8Array.of(1)))),
      write.floats('low', [0], []),
      write.floats('high', [1], []),
      { name: 'd', op: 'Dequantize', input: ['q', 'low', 'high'], ...change },
    )
    expect(convert(file, [info('x')], ['d']).nodesByOp.get('Dequantize')).toEqual(['d'])
  })

  it('names what TensorFlow.js would compute wrongly without a word', () => {
    const nchw = { data_format: write.attr.text('NCHW') }
    const file = write.graph(
      { name: 'fake', op: 'FakeQuantWithMinMaxVars', input: ['x', 'x', 'x'] },
      { name: 'pool', op: 'MaxPool', input: ['x'], attr: nchw },
      { name: 'norm', op: 'FusedBatchNorm', input: ['x'], attr: nchw },
      { name: 'hot', op: 'OneHot', input: ['x'], attr: { axis: write.attr.int(0) } },
      { name: 'last', op: 'OneHot', input: ['x'], attr: { axis: write.attr.int(-1) } },
      { name: 'fine', op: 'AvgPool', input: ['x'], attr: { data_format: write.attr.text('NHWC') } },
    )
    const { misread } = convert(file, [info('x')], ['fine', 'last', 'hot', 'norm', 'pool', 'fake'])
    expect(misread).toEqual([
      { op: 'FakeQuantWithMinMaxVars', nodes: ['fake'], reason: 'it passes the values through unchanged' },
      { op: 'MaxPool', nodes: ['pool'], reason: 'it ignores NCHW' },
      { op: 'FusedBatchNorm', nodes: ['norm'], reason: 'it ignores NCHW' },
      { op: 'OneHot', nodes: ['hot'], reason: 'it ignores the axis' },
    ])
  })

  it('takes the functions that are called, and sets their name before all that is in them', () => {
    const file = new Uint8Array(readFileSync(new URL('fixtures/control_flow.pb', import.meta.url)))
    const { modelTopology, weights } = convert(file, [info('x'), info('count', [], 'int32')], ['Identity'])
    const { library } = modelTopology as { library: { function: { signature: { name: string }; nodeDef: Node[] }[] } }
    const names = library.function.map(({ signature }) => signature.name.replace(/_\d+$/, ''))
    expect(names.sort()).toEqual(['while_body', 'while_cond', 'while_cond_false', 'while_cond_true'])
    for (const { signature, nodeDef } of library.function) {
      for (const node of nodeDef) expect(node.name.startsWith(`${signature.name}/`)).toBe(true)
    }
    expect([...weights.keys()].filter((name) => name.endsWith('/while/cond/mul/y'))).toHaveLength(1)
  })

  it.each([
    ['y', [write.placeholder('x'), { name: 'y', op: 'Relu', input: ['z'] }], 'In the graph, the node y needs z, which'],
    ['gone', [write.placeholder('x')], "In the graph, an output needs gone, which isn't there."],
    ['p', [write.placeholder('p')], "The outputs need the placeholder p, which isn't an input of the model."],
    ['c', [{ name: 'c', op: 'Const' }], 'The constant c has no value.'],
    ['m', [immutable('m', 1, [2])], "The constant m lies in memmapped_package://m, which isn't in the file."],
    [
      'call',
      [{ name: 'call', op: 'While', attr: { body: write.sized(10, write.sized(1, 'f')) } }],
      "The graph calls the function f, which isn't there.",
    ],
  ])('refuses a graph where %s cannot be had', (output, nodes, why) => {
    expect(() => convert(write.graph(...nodes), [info('x')], [output])).toThrow(why)
  })
})

describe('a damaged file', () => {
  const file = new Uint8Array(readFileSync(new URL('fixtures/eight_bit_convolutions.pb', import.meta.url)))

  it('is refused with a ModelLoadError, or read as what it has become', () => {
    const outcomes = new Map<string, number>()
    for (let index = 0; index < file.length; index++) {
      const damaged = file.slice()
      damaged[index]! ^= 1 << (index % 8)
      let outcome = 'read'
      try {
        const { weights } = convert(damaged, [info('x')], ['y'])
        for (const decode of weights.values()) decode()
      } catch (error) {
        outcome = error instanceof ModelLoadError ? error.code : String(error)
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect([...outcomes.keys()].sort()).toEqual(['format', 'read'])
  })
})

function immutable(name: string, type: number, sizes: number[]): write.NodeText {
  return write.immutable(name, type, sizes, name)
}
