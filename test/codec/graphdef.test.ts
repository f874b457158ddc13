import { describe, expect, it } from 'vitest'
import { encodeGraphDef, joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { decodeTensor, encodeTensor } from '../../src/codec/tensor.js'
import type { GraphdefError } from '../../src/errors.js'
import type { AttrValue } from '../../src/graph/attr.js'
import { type DataType, dataTypeToNumber } from '../../src/graph/data-type.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { GraphDef, TensorProto } from './messages.js'

// protobufjs works on Buffers, which are not equal to a Uint8Array of the same bytes.
const plainArray = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)
const written = (graph: Graph): Uint8Array => plainArray(joinSlices(encodeGraphDef(graph).list))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const sharesMemory = (a: Uint8Array, b: Uint8Array): boolean => a.buffer === b.buffer

/** What of a decoded GraphDef is looked at here. */
interface Decoded {
  node: { attr: Record<string, { value?: string }> }[]
}

/** A graph as TensorFlow might write it, with fields in an order that is not ours. */
function sample(): Uint8Array {
  const encoded = GraphDef.encode(
    GraphDef.fromObject({
      node: [
        {
          name: 'x',
          op: 'Placeholder',
          attr: { shape: { shape: { dim: [{ size: -1 }, { size: 3 }] } }, dtype: { type: 1 } },
        },
        {
          name: 'w',
          op: 'Const',
          device: '/cpu:0',
          attr: {
            value: {
              tensor: { dtype: 1, tensorShape: { dim: [{ size: 64 }] }, tensorContent: new Uint8Array(256).fill(7) },
            },
            dtype: { type: 1 },
          },
          experimentalDebugInfo: { originalNodeNames: ['before'] },
        },
        { name: 'y', op: 'Mul', input: ['x:0', 'w', '^x'], attr: { T: { type: 1 } } },
      ],
      library: { function: [{ signature: { name: 'f' } }] },
      versions: { producer: 27, minConsumer: 3 },
    }),
  ).finish()
  return plainArray(encoded)
}

/** The same node, made anew. */
function rebuilt({ name, op, inputs, device, attrs }: Node): Node {
  const node = new Node({ name, op, inputs, device })
  for (const key of attrs.names()) node.attrs.set(key, attrs.get(key)!)
  return node
}

describe('reading a GraphDef', () => {
  it('gives nodes, edges, attributes, versions and function names', () => {
    const graph = readGraphDef(sample())
    expect(graph.nodes.map(({ name, op, device }) => [name, op, device])).toEqual([
      ['x', 'Placeholder', ''],
      ['w', 'Const', '/cpu:0'],
      ['y', 'Mul', ''],
    ])
    expect(graph.get('y')!.inputs).toEqual(['x', 'w', '^x'].map(parseTensorName))
    expect(graph.get('x')!.attrs.shape('shape')).toEqual([null, 3])
    expect(graph.get('x')!.attrs.type('dtype')).toBe('float32')
    expect(graph.envelope.versions).toEqual({ producer: 27, minConsumer: 3 })
    expect([...graph.envelope.functionNames]).toEqual(['f'])
  })

  it('reads attributes of a name twice, entries without order and names that are not ASCII', () => {
    const field = (number: number, ...parts: (Uint8Array | number[])[]): number[] => {
      const bytes = parts.flatMap((part) => [...part])
      return [number * 8 + 2, bytes.length, ...bytes]
    }
    const type = (value: number): number[] => [6 * 8, value]
    const attr = (...parts: number[][]): number[] => field(5, ...parts)
    const node = field(
      1,
      field(1, utf8('größe')),
      field(2, utf8('Op')),
      field(3, utf8('größe:1')),
      attr(field(1, utf8('T')), field(2, type(3))),
      attr(field(2, type(9)), field(1, utf8('S'))),
      attr(field(1, utf8('T')), field(2, type(1))),
      attr(field(2, type(4))),
    )
    const graph = readGraphDef(Uint8Array.from(node))
    const read = graph.get('größe')!
    expect(read.inputs).toEqual([{ node: 'größe', port: 1 }])
    expect(read.source, 'not as it would be written').toBeUndefined()
    expect(['T', 'S', ''].map((name) => read.attrs.type(name))).toEqual(['float32', 'int64', 'uint8'])
    const [again] = readGraphDef(written(graph)).nodes
    expect(again!.source).toBeDefined()
    expect(['T', 'S', ''].map((name) => again!.attrs.type(name))).toEqual(['float32', 'int64', 'uint8'])
  })

  it('says where the file is cut, also in an attribute that nobody asks for', () => {
    const bytes = sample()
    const cuts = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1)
    const errors = cuts.flatMap((end) => {
      try {
        readGraphDef(bytes.subarray(0, end))
        return []
      } catch (error) {
        return [error as GraphdefError]
      }
    })
    // What is left are the ends of records.
    expect(errors.length).toBe(bytes.length - 1 - 4)
    for (const error of errors)
      expect([error.code, error.message]).toEqual(['truncated', expect.stringContaining('ends at byte')])
  })

  it('refuses an attribute that is longer than its node', () => {
    const node = [10, 6, 10, 1, 0x61, 42, 9, 10]
    expect(() => readGraphDef(Uint8Array.from([...node, 1, 0x54, 18, 2, 48, 1, 34, 0, 34, 0]))).toThrow(
      'ends at byte 8',
    )
  })

  it('copies a node, and renames it, before and after its attributes were read', () => {
    for (const ask of [false, true]) {
      const graph = readGraphDef(sample())
      const node = graph.get('w')!
      if (ask) node.attrs.type('dtype')
      const copy = node.copy()
      expect(copy.attrs.names()).toEqual(node.attrs.names())
      const renamed = node.renamed('v')
      expect(renamed.source).toBeUndefined()
      expect(written(new Graph([renamed]))).toEqual(written(new Graph([readGraphDef(sample()).get('w')!.renamed('v')])))
      renamed.attrs.delete('dtype')
      expect([node.attrs.has('dtype'), copy.attrs.has('dtype'), renamed.attrs.has('dtype')]).toEqual([
        true,
        true,
        false,
      ])
    }
  })

  it('copies no tensor: its bytes are a view of the file', () => {
    const bytes = sample()
    const tensor = readGraphDef(bytes).get('w')!.attrs.tensor('value')!
    expect(sharesMemory(tensor.bytes(), bytes)).toBe(true)
  })

  it.each([
    [1, 'the data ends at byte 1, in the middle of a field'],
    [40, 'the data ends at byte 40, in the middle of a field'],
  ])('says where a file that is cut at byte %i ends', (length, what) => {
    expect(() => readGraphDef(sample().slice(0, length))).toThrow(
      `${what}\n  The file is cut short: download or copy it again, and compare its size with the original.`,
    )
  })

  it.each([
    [[0x0f], 'byte 1 is not protobuf data: there is no wire type 7'],
    [[0x00, 0x00], 'byte 1 is not protobuf data: there is no field 0'],
    [[0x18, ...new Array(11).fill(0xff)], 'byte 11 is not protobuf data: a number is longer than ten bytes'],
  ])('says where %j is no protobuf data', (bytes, what) => {
    expect(() => readGraphDef(new Uint8Array(bytes))).toThrow(
      `${what}\n  The file is damaged or no GraphDef. Download or export it again.`,
    )
  })
})

describe('writing a GraphDef', () => {
  it('gives one slice, the file itself, for an untouched graph in canonical order', () => {
    const canonical = written(readGraphDef(sample()))
    const slices = encodeGraphDef(readGraphDef(canonical)).list
    expect(slices).toHaveLength(1)
    expect(sharesMemory(slices[0]!, canonical)).toBe(true)
    expect(slices[0]).toEqual(canonical)
  })

  it('loses nothing: what is written means what was read', () => {
    const plain = (bytes: Uint8Array): object =>
      GraphDef.toObject(GraphDef.decode(bytes), { longs: String, arrays: true, bytes: Array })
    const canonical = written(readGraphDef(sample()))
    expect(plain(canonical)).toEqual(plain(sample()))
  })

  it('gives the same bytes whatever order the attributes had', () => {
    const attr = { T: { type: 1 }, a: { i: 1 }, b: { s: utf8('s') } }
    const one = GraphDef.encode(GraphDef.fromObject({ node: [{ name: 'n', op: 'O', attr }] })).finish()
    const two = GraphDef.encode(
      GraphDef.fromObject({
        node: [{ name: 'n', op: 'O', attr: Object.fromEntries(Object.entries(attr).reverse()) }],
      }),
    ).finish()
    expect(one).not.toEqual(two)
    expect(written(readGraphDef(one))).toEqual(written(readGraphDef(two)))
  })

  it('refers to the tensor of a node that changed', () => {
    const bytes = sample()
    const graph = readGraphDef(bytes)
    graph.get('w')!.device = ''
    const content = graph.get('w')!.attrs.tensor('value')!.bytes()
    const slice = encodeGraphDef(graph).list.find((one) => sharesMemory(one, bytes) && one.length >= content.length)
    expect(slice).toBeDefined()
  })

  it('writes a node that changed once, until it changes again', () => {
    const graph = readGraphDef(sample())
    const node = graph.get('y')!
    const changes: (() => void)[] = [
      () => graph.setInputs(node, [{ node: 'w', port: 0 }]),
      () => {
        node.op = 'Add'
      },
      () => {
        node.device = '/gpu:0'
      },
      () => node.attrs.setType('T', 'float64'),
      () => node.attrs.setInt('_number', 300),
      () => node.attrs.delete('_number'),
    ]
    for (const change of changes) {
      written(graph)
      expect(node.source).toBeDefined()
      change()
      expect(node.source).toBeUndefined()
      const bytes = written(graph)
      expect(written(graph), 'the second time').toEqual(bytes)
      expect(written(graph.copy()), 'a copy').toEqual(bytes)
      expect(GraphDef.toObject(GraphDef.decode(bytes).node[2]), 'in a graph of its own').toEqual(
        GraphDef.toObject(GraphDef.decode(written(new Graph([rebuilt(node)]))).node[0]),
      )
    }
  })

  it('writes names of any letters and lengths', () => {
    for (const name of [
      '',
      'x',
      'größe',
      '層',
      '🙂',
      '\ud800',
      'a'.repeat(127),
      'b'.repeat(128),
      'ü'.repeat(64),
      'c'.repeat(70_000),
    ]) {
      const node = new Node({ name: 'node', op: name, device: name })
      node.attrs.setString(name, name)
      node.attrs.set('T', { kind: 'func', value: { name, attrs: new Map([[name, { kind: 'b', value: true }]]) } })
      const read = GraphDef.decode(written(new Graph([node]))) as unknown as {
        node: {
          op: string
          device: string
          attr: Record<string, { s?: Uint8Array; func?: { name: string; attr: object } }>
        }[]
      }
      const expected = new TextDecoder().decode(utf8(name))
      const [{ op, device, attr }] = read.node as [(typeof read.node)[0]]
      expect([op, device, Object.keys(attr)]).toEqual([expected, expected, expect.arrayContaining([expected, 'T'])])
      expect(plainArray(attr[expected]!.s!)).toEqual(utf8(name))
      expect([attr.T!.func!.name, Object.keys(attr.T!.func!.attr)]).toEqual([expected, [expected]])
    }
  })

  it('carries fields that nobody knows', () => {
    const unknown = [0xfa, 0x7f, 3, 1, 2, 3]
    const node = [0x0a, 1, 0x6e, ...unknown]
    const bytes = new Uint8Array([0x0a, node.length, ...node, ...unknown])
    const graph = readGraphDef(bytes)
    expect(written(graph)).toEqual(bytes)
    graph.get('n')!.op = 'Op'
    expect(written(graph)).toEqual(
      new Uint8Array([0x0a, node.length + 4, 0x0a, 1, 0x6e, 0x12, 2, 0x4f, 0x70, ...unknown, ...unknown]),
    )
  })

  const attributes: AttrValue[] = [
    { kind: 's', value: utf8('SAME') },
    { kind: 's', value: new Uint8Array(0) },
    { kind: 'i', value: -9223372036854775808n },
    { kind: 'i', value: 0n },
    { kind: 'i', value: 9007199254740993n },
    { kind: 'f', value: 0.5 },
    { kind: 'b', value: false },
    { kind: 'type', value: 'float32_ref' },
    { kind: 'type', value: 'dt77' },
    { kind: 'shape', value: null },
    { kind: 'shape', value: [1, null, 0] },
    { kind: 'list', value: {} },
    { kind: 'list', value: { i: [1n, -1n, 300n] } },
    { kind: 'list', value: { f: [1, 2.5] } },
    { kind: 'list', value: { b: [true, false] } },
    { kind: 'list', value: { s: [utf8('a'), utf8('')] } },
    { kind: 'list', value: { type: ['int32', 'string'] } },
    { kind: 'list', value: { shape: [[2], null] } },
    { kind: 'func', value: { name: 'f', attrs: new Map([['T', { kind: 'type', value: 'int64' }]]) } },
    { kind: 'placeholder', value: 'T' },
    { kind: 'none', value: null },
  ]
  it.each(attributes.map((attr) => [attr.kind, attr] as const))(
    'writes an attribute of kind %s as it is read',
    (_, attr) => {
      const node = new Node({ name: 'n', op: 'O' })
      node.attrs.set('a', attr)
      const bytes = written(new Graph([node]))
      expect(readGraphDef(bytes).get('n')!.attrs.get('a')).toEqual(attr)
      // protobufjs reads the same: the bytes are right, and not only agree with our reader.
      const seen = (GraphDef.decode(bytes) as unknown as Decoded).node[0]!.attr.a!
      expect(seen.value).toBe(attr.kind === 'none' ? undefined : attr.kind)
    },
  )

  it('reads lists that are not packed', () => {
    const list = [0x18, 1, 0x18, 2]
    const value = [0x0a, list.length, ...list]
    const entry = [0x0a, 1, 0x61, 0x12, value.length, ...value]
    const node = [0x0a, 1, 0x6e, 0x2a, entry.length, ...entry]
    expect(
      readGraphDef(new Uint8Array([0x0a, node.length, ...node]))
        .get('n')!
        .attrs.ints('a'),
    ).toEqual([1, 2])
  })
})

describe('a tensor', () => {
  const decode = (proto: object): Tensor => decodeTensor(TensorProto.encode(TensorProto.fromObject(proto)).finish())
  const shape = (...dims: number[]): object => ({ tensorShape: { dim: dims.map((size) => ({ size })) } })
  const dtype = (type: DataType): object => ({ dtype: dataTypeToNumber(type) })

  it.each<[string, object, (number | bigint)[]]>([
    ['float_val, its last value repeated', { ...dtype('float32'), ...shape(4), floatVal: [1, 5] }, [1, 5, 5, 5]],
    ['too many values: the first', { ...dtype('float32'), ...shape(2), floatVal: [1, 2, 3] }, [1, 2]],
    ['no values: zeros', { ...dtype('int32'), ...shape(2) }, [0, 0]],
    ['a splat', { ...dtype('int32'), ...shape(2, 2), intVal: [-7] }, [-7, -7, -7, -7]],
    ['a scalar', { ...dtype('float64'), ...shape(), doubleVal: [0.1] }, [0.1]],
    ['no elements', { ...dtype('float32'), ...shape(0, 3), floatVal: [1] }, []],
    [
      'int64',
      { ...dtype('int64'), ...shape(2), int64Val: ['-9223372036854775808', '9007199254740993'] },
      [-9223372036854775808n, 9007199254740993n],
    ],
    ['uint64', { ...dtype('uint64'), ...shape(1), uint64Val: ['18446744073709551615'] }, [18446744073709551615n]],
    ['uint32', { ...dtype('uint32'), ...shape(1), uint32Val: [4294967295] }, [4294967295]],
    ['int8 in int_val', { ...dtype('int8'), ...shape(2), intVal: [-1, 127] }, [-1, 127]],
    ['uint8 in int_val', { ...dtype('uint8'), ...shape(2), intVal: [200, 255] }, [200, 255]],
    ['half bits', { ...dtype('float16'), ...shape(2), halfVal: [0x3c00] }, [0x3c00, 0x3c00]],
    ['bfloat16 bits', { ...dtype('bfloat16'), ...shape(1), halfVal: [0x3f80] }, [0x3f80]],
    ['bool', { ...dtype('bool'), ...shape(3), boolVal: [true, false] }, [1, 0, 0]],
    [
      'complex pairs, the last repeated',
      { ...dtype('complex64'), ...shape(3), scomplexVal: [1, 2, 3, 4] },
      [1, 2, 3, 4, 3, 4],
    ],
    ['quantised types', { ...dtype('qint32'), ...shape(1), intVal: [-5] }, [-5]],
  ])('%s', (_, proto, values) => {
    expect(Array.from(decode(proto).values() as ArrayLike<number | bigint>)).toEqual(values)
    expect(Array.from(decode(proto).copyValues() as ArrayLike<number | bigint>)).toEqual(values)
  })

  it('reads tensor_content, wherever it lies in memory', () => {
    const content = new Uint8Array(Float32Array.of(1, 2, 3).buffer)
    const encoded = TensorProto.encode(
      TensorProto.fromObject({ ...dtype('float32'), ...shape(3), tensorContent: content }),
    ).finish()
    for (const offset of [0, 1, 2, 3]) {
      const moved = new Uint8Array(encoded.length + offset)
      moved.set(encoded, offset)
      for (const bytes of [moved, Buffer.from(moved)]) {
        expect([...decodeTensor(bytes.subarray(offset)).values()]).toEqual([1, 2, 3])
        expect([...decodeTensor(bytes.subarray(offset)).copyValues()]).toEqual([1, 2, 3])
      }
    }
  })

  it('holds strings as bytes, from string_val and from tensor_content', () => {
    const text = (tensor: Tensor): string[] => tensor.strings().map((value) => new TextDecoder().decode(value))
    expect(text(decode({ ...dtype('string'), ...shape(3), stringVal: [utf8('a'), utf8('b')] }))).toEqual([
      'a',
      'b',
      'b',
    ])
    expect(
      text(decode({ ...dtype('string'), ...shape(2), tensorContent: new Uint8Array([2, 1, 97, 98, 99]) })),
    ).toEqual(['ab', 'c'])
    expect(text(decode({ ...dtype('string'), ...shape(1) }))).toEqual([''])
  })

  it.each<[string, object, string]>([
    [
      'content too short',
      { ...dtype('float32'), ...shape(2), tensorContent: new Uint8Array(7) },
      'tensor_content has 7 bytes where float32[2] has 8',
    ],
    [
      'content too long',
      { ...dtype('int64'), ...shape(1), tensorContent: new Uint8Array(9) },
      'tensor_content has 9 bytes where int64[1] has 8',
    ],
    [
      'unknown rank',
      { ...dtype('float32'), tensorShape: { unknownRank: true } },
      'its shape has an unknown dimension or rank',
    ],
    ['negative size', { ...dtype('float32'), ...shape(-1) }, 'its shape has an unknown dimension or rank'],
    ['no dtype', { ...shape(1) }, 'its dtype is invalid'],
    [
      'strings past the end',
      { ...dtype('string'), ...shape(1), tensorContent: new Uint8Array([5, 97]) },
      'a string runs past the end of tensor_content',
    ],
    [
      'string lengths missing',
      { ...dtype('string'), ...shape(2), tensorContent: new Uint8Array([0]) },
      'tensor_content ends before its string lengths do',
    ],
  ])('%s: says so when its values are read, not before', (_, proto, reason) => {
    const tensor = decode(proto)
    expect(tensor.problem).toBe(reason)
    if (tensor.dtype !== 'string') expect(() => tensor.values()).toThrow(`a tensor cannot be decoded: ${reason}`)
  })

  it('has no numbers where it holds strings or resources, and no strings where it holds numbers', () => {
    expect(() => decode({ ...dtype('string'), ...shape() }).values()).toThrow(
      'a tensor cannot be decoded: a string tensor holds no numbers',
    )
    expect(() => decode({ ...dtype('resource'), ...shape() }).values()).toThrow('a resource tensor holds no numbers')
    expect(() => decode({ ...dtype('int32'), ...shape() }).strings()).toThrow('a int32 tensor holds no strings')
  })

  it.each<[string, Tensor, object]>([
    ['content', Tensor.of('float32', [2], Float32Array.of(1, 2)), { tensorContent: [0, 0, 128, 63, 0, 0, 0, 64] }],
    ['an empty tensor', Tensor.of('float32', [0], new Float32Array(0)), { tensorContent: [] }],
    ['a typed float', Tensor.ofList('float32', [], Float32Array.of(2)), { floatVal: [2] }],
    ['a typed int', Tensor.ofList('int32', [1], Int32Array.of(-2)), { intVal: [-2] }],
    ['a typed int64', Tensor.ofList('int64', [], BigInt64Array.of(-2n)), { int64Val: ['-2'] }],
    ['a typed bool', Tensor.ofList('bool', [], Uint8Array.of(1)), { boolVal: [true] }],
    ['a typed half', Tensor.ofList('float16', [], Uint16Array.of(0x3c00)), { halfVal: [0x3c00] }],
    ['strings', Tensor.ofStrings([2], [utf8('a'), utf8('b')]), { stringVal: [[97], [98]] }],
  ])('is written with %s', (_, tensor, fields) => {
    const bytes = joinSlices(encodeTensor(tensor).list)
    expect(
      TensorProto.toObject(TensorProto.decode(bytes), { longs: String, defaults: true, bytes: Array }),
    ).toMatchObject(fields)
    expect(decodeTensor(bytes).shape).toEqual(tensor.shape)
  })
})
