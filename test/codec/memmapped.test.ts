import { describe, expect, it } from 'vitest'
import { joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { mappedConstants, readMemmapped, writeMemmapped } from '../../src/codec/memmapped.js'
import { directoryOf, encodeDirectory, type Region } from '../../src/codec/memmapped-directory.js'
import { GraphdefError } from '../../src/errors.js'
import type { DataType, TypedArray } from '../../src/graph/data-type.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { hex, text } from './fixture.js'

function constant(name: string, tensor: Tensor, inputs: string[] = []): Node {
  const node = new Node({ name, op: 'Const', inputs: inputs.map(parseTensorName) })
  node.attrs.setType('dtype', tensor.dtype)
  node.attrs.setTensor('value', tensor)
  return node
}

function flat(dtype: DataType, values: TypedArray): Tensor {
  return Tensor.of(dtype, [values.length], values)
}

function write(graph: Graph, minimumSize?: number): Uint8Array {
  return joinSlices(writeMemmapped(graph, { minimumSize }).list)
}

/** A GraphDef region followed by a directory, as some writer made it. */
function file(parts: Uint8Array[], regions: Region[]): Uint8Array {
  const body = joinSlices(parts)
  return joinSlices([body, ...encodeDirectory(regions, body.length).list])
}

function failure(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof GraphdefError) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('nothing was thrown')
}

const graphName = 'memmapped_package://.'

describe('writeMemmapped', () => {
  it('aligns tensors to 64 bytes, names their regions after the nodes, and puts the graph last', () => {
    const graph = new Graph([
      constant(
        'a/b',
        flat(
          'float32',
          Float32Array.from({ length: 25 }, (_, index) => index),
        ),
      ),
      constant(
        'a_b',
        flat(
          'int32',
          Int32Array.from({ length: 26 }, (_, index) => -index),
        ),
      ),
      constant(
        'a-b',
        flat(
          'uint8',
          Uint8Array.from({ length: 101 }, (_, index) => index),
        ),
      ),
      constant('small', flat('uint8', new Uint8Array(99))),
    ])
    const bytes = write(graph, 100)
    const directory = directoryOf(bytes)!
    const message = directory[3]!.length!
    expect(directory).toEqual([
      { name: 'memmapped_package://a_b', offset: 0, length: 100 },
      { name: 'memmapped_package://a_b_', offset: 128, length: 104 },
      { name: 'memmapped_package://a_b__', offset: 256, length: 101 },
      { name: graphName, offset: 357, length: message },
    ])
    expect(new Float32Array(bytes.slice(0, 100).buffer)).toEqual(Float32Array.from({ length: 25 }, (_, i) => i))
    expect(new Set(bytes.subarray(100, 128))).toEqual(new Set([0]))
    expect(new Int32Array(bytes.slice(128, 232).buffer)[25]).toBe(-25)
    expect(bytes[356]).toBe(100)
    const written = readGraphDef(bytes.subarray(357, 357 + message))
    expect(written.nodes.map(({ name, op }) => [name, op])).toEqual([
      ['a/b', 'ImmutableConst'],
      ['a_b', 'ImmutableConst'],
      ['a-b', 'ImmutableConst'],
      ['small', 'Const'],
    ])
    const { attrs } = written.get('a_b')!
    expect(attrs.names()).toEqual(['dtype', 'memory_region_name', 'shape'])
    expect([attrs.type('dtype'), attrs.string('memory_region_name'), attrs.shape('shape')]).toEqual([
      'int32',
      'memmapped_package://a_b_',
      [26],
    ])
  })

  it('writes these very bytes', () => {
    const graph = new Graph([constant('w', flat('uint8', Uint8Array.of(1, 2, 3)))])
    expect(write(graph, 1)).toEqual(
      joinSlices([
        Uint8Array.of(1, 2, 3),
        // The graph: one node of 96 bytes.
        hex('0a 60'),
        hex('0a 01'),
        text('w'),
        hex('12 0e'),
        text('ImmutableConst'),
        hex('2a 0b 0a 05'),
        text('dtype'),
        hex('12 02 30 04'),
        hex('2a 2d 0a 12'),
        text('memory_region_name'),
        hex('12 17 12 15'),
        text('memmapped_package://w'),
        hex('2a 0f 0a 05'),
        text('shape'),
        hex('12 06 3a 04 12 02 08 03'),
        // The directory: offset 0 is not written.
        hex('0a 19 12 15'),
        text('memmapped_package://w'),
        hex('18 03'),
        hex('0a 1b 08 03 12 15'),
        text(graphName),
        hex('18 62'),
        // Where it begins.
        hex('65 00 00 00 00 00 00 00'),
      ]),
    )
  })

  it('makes 33 bytes of an empty graph, which no reader takes', () => {
    const bytes = write(new Graph())
    expect(bytes).toEqual(joinSlices([hex('0a 17 12 15'), text(graphName), new Uint8Array(8)]))
    expect(failure(() => readMemmapped(bytes))).toMatch(/^bad-memmapped: .* runs into the next one$/m)
  })

  it('writes one _ for each byte that may not stand in a name', () => {
    const graph = new Graph([constant('é', flat('uint8', new Uint8Array(1)))])
    expect(directoryOf(write(graph, 1))![0]!.name).toBe('memmapped_package://__')
  })

  it('renames the region of a node named ".", which would be taken for the graph', () => {
    const bytes = write(new Graph([constant('.', flat('uint8', Uint8Array.of(7)))]), 1)
    expect(directoryOf(bytes)!.map(({ name }) => name)).toEqual(['memmapped_package://._', graphName])
    expect(readMemmapped(bytes).get('.')!.attrs.tensor('value')!.numbers()).toEqual([7])
  })

  it('leaves strings, quantized types and small constants in the graph', () => {
    const quantized = (['quint8', 'qint8', 'qint32', 'qint16', 'quint16'] as const).map((dtype) =>
      constant(dtype, new Tensor(dtype, [8], { kind: 'list', values: new Int32Array(8) })),
    )
    const graph = new Graph([
      ...quantized,
      constant('text', Tensor.ofStrings([2], [text('a'.repeat(50)), text('b')])),
      constant('empty', flat('float32', new Float32Array(0))),
    ])
    expect(mappedConstants(graph, { minimumSize: 1 }).size).toBe(0)
    expect(directoryOf(write(graph, 1))!.map(({ name }) => name)).toEqual([graphName])
  })

  it('expands a splat before it asks for the size', () => {
    const splat = Tensor.ofList('float32', [25], Float32Array.of(1.5))
    const graph = new Graph([constant('ones', splat)])
    expect(mappedConstants(graph, { minimumSize: 101 }).size).toBe(0)
    const bytes = write(graph, 100)
    expect(new Float32Array(bytes.slice(0, 100).buffer)).toEqual(new Float32Array(25).fill(1.5))
  })

  it('converts constants of 10000 bytes and more where nothing is said', () => {
    const graph = new Graph([
      constant('less', flat('uint8', new Uint8Array(9999))),
      constant('enough', flat('uint8', new Uint8Array(10_000))),
    ])
    expect([...mappedConstants(graph).keys()].map(({ name }) => name)).toEqual(['enough'])
  })

  it('keeps name, control inputs and device, refers to the tensor, and leaves the graph alone', () => {
    const values = new Uint8Array(200)
    const graph = new Graph([
      new Node({ name: 'before', op: 'NoOp' }),
      constant('w', flat('uint8', values), ['^before']),
    ])
    graph.get('w')!.device = '/cpu:0'
    const slices = writeMemmapped(graph, { minimumSize: 1 })
    expect(slices.list[0]!.buffer).toBe(values.buffer)
    expect(graph.get('w')!.op).toBe('Const')
    const { offset, length } = directoryOf(joinSlices(slices.list))![1]!
    const node = readGraphDef(joinSlices(slices.list).subarray(offset, offset + length!)).get('w')!
    expect([node.inputs, node.device]).toEqual([[{ node: 'before', port: -1 }], '/cpu:0'])
  })

  it('says which constant cannot be converted', () => {
    const bare = new Graph([new Node({ name: 'bare', op: 'Const' })])
    expect(failure(() => write(bare))).toBe(
      ['missing-attr: a constant has no value', '  node: bare', '  Freeze the model again.'].join('\n'),
    )
    const short = new Tensor('float32', [4], { kind: 'content', bytes: new Uint8Array(12) })
    expect(failure(() => write(new Graph([constant('short', short)])))).toBe(
      [
        'bad-tensor: a tensor cannot be decoded: tensor_content has 12 bytes where float32[4] has 16',
        '  node: short',
        '  The file is damaged: freeze the model again.',
      ].join('\n'),
    )
    expect(failure(() => write(new Graph(), 0))).toBe(
      [
        'bad-option: the smallest constant to convert has 0 bytes, and that must be a whole number above 0',
        '  Leave it out: it is 10000 then.',
      ].join('\n'),
    )
  })
})

describe('readMemmapped', () => {
  const weights = Float32Array.from({ length: 40 }, (_, index) => index / 8)
  const node = new Node({ name: 'w', op: 'ImmutableConst' })
  node.attrs.setType('dtype', 'float32')
  node.attrs.setShape('shape', [4, 10])
  node.attrs.setString('memory_region_name', 'memmapped_package://w')
  const graph = joinSlices(writeMemmapped(new Graph([node])).list)
  const message = graph.subarray(0, directoryOf(graph)![0]!.length)
  const tensor = new Uint8Array(weights.buffer)
  const pad = new Uint8Array(32)

  it('gives the graph that was written, with tensors that are views of the file', () => {
    const original = new Graph([
      constant('w', Tensor.of('float32', [4, 10], weights)),
      new Node({ name: 'n', op: 'NoOp' }),
    ])
    const bytes = write(original, 1)
    const back = readMemmapped(bytes)
    expect(back.nodes.map(({ name, op }) => [name, op])).toEqual([
      ['w', 'Const'],
      ['n', 'NoOp'],
    ])
    const { attrs } = back.get('w')!
    expect(attrs.names().sort()).toEqual(['dtype', 'value'])
    expect(attrs.tensor('value')!.shape).toEqual([4, 10])
    expect(attrs.tensor('value')!.values()).toEqual(weights)
    expect(attrs.tensor('value')!.bytes().buffer).toBe(bytes.buffer)
  })

  it('reads a file of TensorFlow 1.x, whose regions have no length', () => {
    const bytes = file(
      [tensor, pad, message],
      [
        { name: 'memmapped_package://w', offset: 0, length: undefined },
        { name: graphName, offset: 192, length: undefined },
      ],
    )
    expect(readMemmapped(bytes).get('w')!.attrs.tensor('value')!.values()).toEqual(weights)
  })

  const good: Region[] = [
    { name: 'memmapped_package://w', offset: 0, length: 160 },
    { name: graphName, offset: 160, length: message.length },
  ]
  const [first, last] = good as [Region, Region]

  it.each<[string, Uint8Array]>([
    ['its last eight bytes point to no directory within the file', new Uint8Array(8)],
    ['its last eight bytes point to no directory within the file', new Uint8Array(40).fill(255)],
    ['its directory cannot be read', new Uint8Array(40)],
    ['its directory cannot be read', file([tensor, message], [{ ...first, name: 'w' }, last])],
    [
      'the region "memmapped_package://w" runs into the next one',
      file([tensor, message], [{ ...first, length: 161 }, last]),
    ],
    [
      'the region "memmapped_package://w" runs into the next one',
      file([tensor, message], [{ ...first, offset: 160 }, last]),
    ],
    [
      'the region "memmapped_package://." runs into the next one',
      file([tensor, message], [first, { ...last, offset: 9999 }]),
    ],
    ['there are two regions "memmapped_package://."', file([tensor, message], [{ ...first, name: graphName }, last])],
    ['it has no region with the graph', file([tensor, message], [first])],
    ['there is no region "memmapped_package://w"', file([tensor, message], [last])],
    [
      'the region "memmapped_package://w" has 128 of 160 bytes',
      file(
        [tensor.subarray(32), message],
        [
          { ...first, length: 128 },
          { ...last, offset: 128 },
        ],
      ),
    ],
  ])('says what is wrong: %s', (why, bytes) => {
    expect(failure(() => readMemmapped(bytes)).split('\n')[0]).toBe(
      `bad-memmapped: the memory-mapped package is damaged: ${why}`,
    )
  })

  it('says where it is wrong, and what to do', () => {
    expect(failure(() => readMemmapped(file([tensor, message], [last])))).toBe(
      [
        'bad-memmapped: the memory-mapped package is damaged: there is no region "memmapped_package://w"',
        '  node: w',
        '  Download or copy the file again and compare its size with the original, or convert the graph again.',
      ].join('\n'),
    )
  })

  it('does not take a constant of strings, or one without shape', () => {
    const odd = new Node({ name: 'w', op: 'ImmutableConst' })
    odd.attrs.setType('dtype', 'string')
    odd.attrs.setShape('shape', [1])
    odd.attrs.setString('memory_region_name', 'memmapped_package://w')
    expect(
      failure(() => readMemmapped(write(new Graph([odd]))))
        .split('\n')
        .slice(0, 2),
    ).toEqual([
      'bad-memmapped: the memory-mapped package is damaged: an ImmutableConst lacks its dtype or shape',
      '  node: w',
    ])
  })
})
