import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Long from 'long'
import { describe, expect, it } from 'vitest'
import { tensorflow } from '../../src/codec/messages.js'
import { parsePbtxt, printPbtxt } from '../../src/codec/pbtxt.js'

const { GraphDef } = tensorflow
type GraphDefProperties = tensorflow.GraphDef.$Properties
type AttrValueProperties = tensorflow.AttrValue.$Properties

const encode = (graph: GraphDefProperties) => GraphDef.encode(graph).finish()
const parse = async (text: string) => GraphDef.decode(await parsePbtxt(text))
const withAttr = (value: AttrValueProperties): GraphDefProperties => ({ node: [{ name: 'n', attr: { a: value } }] })

/** The value that attribute `a` of the only node has after a text was parsed. */
async function parseAttr(value: string): Promise<tensorflow.AttrValue> {
  const graph = await parse(`node { name: "n" attr { key: "a" value { ${value} } } }`)
  return graph.node?.[0]?.attr?.a as tensorflow.AttrValue
}

/** How attribute `a` of the only node stands in a text, on one line. */
async function printAttr(value: AttrValueProperties): Promise<string> {
  const text = await printPbtxt(encode(withAttr(value)))
  const inner = text.slice(text.indexOf('value {') + 'value {'.length, text.lastIndexOf('}\n  }\n}'))
  return inner.trim().replace(/\s+/g, ' ')
}

describe('parsePbtxt', () => {
  it('reads nodes, inputs, maps, enums and versions', async () => {
    const graph = await parse(`
      # A comment, and "quotes" in it.
      node {
        name: 'x'  # single quotes
        op: "Place" "holder"
        attr { key: "dtype" value { type: DT_FLOAT } }
        attr < key: "shape", value: < shape: { dim { size: -1 }; dim: { size: 3 } } > >
      }
      node { name: "y" op: "Relu" input: "x" input: ["^a", "b:1"] attr { key: "T" value { type: 1 } } }
      versions { producer: 0x1b min_consumer: 014 bad_consumers: [1, 2] }
    `)
    expect(graph.node?.map(({ name, op, input }) => [name, op, input])).toEqual([
      ['x', 'Placeholder', []],
      ['y', 'Relu', ['x', '^a', 'b:1']],
    ])
    expect(graph.node?.[0]?.attr?.dtype?.type).toBe(tensorflow.DataType.DT_FLOAT)
    expect(graph.node?.[0]?.attr?.shape?.shape?.dim?.map(({ size }) => String(size))).toEqual(['-1', '3'])
    expect(graph.node?.[1]?.attr?.T?.type).toBe(tensorflow.DataType.DT_FLOAT)
    expect(graph.versions).toMatchObject({ producer: 27, minConsumer: 12, badConsumers: [1, 2] })
  })

  it.each([
    ['b: false', 'b'],
    ['i: 0', 'i'],
    ['f: 0', 'f'],
    ['s: ""', 's'],
    ['type: DT_INVALID', 'type'],
    ['list { }', 'list'],
    ['shape { }', 'shape'],
    ['placeholder: ""', 'placeholder'],
  ])('keeps that %s is set', async (text, kind) => {
    expect((await parseAttr(text)).value).toBe(kind)
  })

  it.each(['9007199254740993', '9223372036854775807', '-9223372036854775808'])('reads the int64 %s', async (text) => {
    expect(String((await parseAttr(`i: ${text}`)).i)).toBe(text)
  })

  it.each([
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['nan', NaN],
    ['-0', -0],
    ['0.1f', Math.fround(0.1)],
    ['1e-45', Math.fround(1e-45)],
    ['.5', 0.5],
    ['3', 3],
  ])('reads the float %s', async (text, value) => {
    expect((await parseAttr(`f: ${text}`)).f).toBe(value)
  })

  it.each([
    [String.raw`"\000\001\377\x41\n\t\"\\\'"`, [0, 1, 255, 65, 10, 9, 34, 92, 39]],
    [String.raw`"\0012"`, [1, 50]],
    ['"é"', [0xc3, 0xa9]],
    ['"a" \'b\'', [97, 98]],
  ])('reads the bytes %s', async (text, bytes) => {
    expect([...(await parseAttr(`s: ${text}`)).s!]).toEqual(bytes)
  })

  it('reads a text of nothing but comments as a graph without nodes', async () => {
    expect(await parsePbtxt('# nothing\n')).toHaveLength(0)
  })

  it.each([
    ['node {\n  name: "x"\n', "expected '}' (line 3)"],
    ['item {\n  id: 1\n}', "GraphDef: unknown field 'item' (line 1)"],
    ['node {\n  name: "x\n}', 'illegal string (line 2)'],
    ['node { attr { key: "a" value { i: 9223372036854775808 } } }', 'integer value out of range'],
    ['node { attr { key: "a" value { type: DT_FLOTE } } }', 'AttrValue.type: enum value expected'],
    ['node { attr { key: "a" value { i: 1 b: true } } }', 'value: multiple values'],
    ['node { name: "x" name: "y" }', 'NodeDef.name: multiple values'],
    ['99: 1', "illegal field name '99' (line 1)"],
  ])('refuses %j', async (text, reason) => {
    await expect(parsePbtxt(text)).rejects.toMatchObject({
      code: 'bad-pbtxt',
      message:
        `the text is not a GraphDef: ${reason}\n` +
        '  A graph as text is what tf.io.write_graph(…, as_text=True) writes. Other .pbtxt files hold other things.',
    })
  })
})

describe('printPbtxt', () => {
  it('prints fields by number and attributes by name', async () => {
    const bytes = encode({
      versions: { producer: 27 },
      node: [{ input: ['x', '^y'], op: 'Conv2D', name: 'c', attr: { b: { b: true }, a: { type: 1 } } }],
    })
    expect(await printPbtxt(bytes)).toBe(`node {
  name: "c"
  op: "Conv2D"
  input: "x"
  input: "^y"
  attr {
    key: "a"
    value {
      type: DT_FLOAT
    }
  }
  attr {
    key: "b"
    value {
      b: true
    }
  }
}
versions {
  producer: 27
}
`)
  })

  it.each<[string, AttrValueProperties]>([
    ['b: false', { b: false }],
    ['i: 0', { i: 0 }],
    ['f: 0', { f: 0 }],
    ['s: ""', { s: new Uint8Array() }],
    ['type: DT_INVALID', { type: 0 }],
    ['type: 999', { type: 999 as tensorflow.DataType }],
    ['list { }', { list: {} }],
    ['list { i: 1 i: -2 }', { list: { i: [1, -2] } }],
    ['i: 9007199254740993', { i: Long.fromString('9007199254740993') }],
    ['i: -9223372036854775808', { i: Long.MIN_VALUE }],
    ['tensor { uint64_val: 18446744073709551615 }', { tensor: { uint64Val: [Long.MAX_UNSIGNED_VALUE] } }],
    ['tensor { double_val: 0.1 double_val: 1e+300 }', { tensor: { doubleVal: [0.1, 1e300] } }],
    ['f: 0.1', { f: 0.1 }],
    ['f: 16777216', { f: 16777217 }],
    ['f: 1.0000001', { f: 1 + 2 ** -23 }],
    ['f: 3.4028235e+38', { f: (2 - 2 ** -23) * 2 ** 127 }],
    ['f: 1.4013e-45', { f: 2 ** -149 }],
    ['f: 105895.234', { f: 105895.234375 }],
    ['f: -0', { f: -0 }],
    ['f: inf', { f: Infinity }],
    ['f: -inf', { f: -Infinity }],
    ['f: nan', { f: NaN }],
    [String.raw`s: "\0001\377\n\"\'\\~"`, { s: Uint8Array.of(0, 49, 255, 10, 34, 39, 92, 126) }],
    [String.raw`placeholder: "\303\251"`, { placeholder: 'é' }],
  ])('prints %s', async (text, value) => {
    expect(await printAttr(value)).toBe(text)
    // And the text means the same again.
    expect(await printAttr(await parseAttr(text))).toBe(text)
  })

  it('prints fields of newer writers under their numbers', async () => {
    // Field 1 (node) with name "n" and the unknown fields 100: 7 (varint) and 101: "\377" (bytes).
    const bytes = Uint8Array.of(10, 11, 10, 1, 110, 0xa0, 6, 7, 0xaa, 6, 2, 255, 254)
    expect(await printPbtxt(bytes)).toBe('node {\n  name: "n"\n  100: 7\n  101: "\\377\\376"\n}\n')
  })

  it('prints debug information by id and keeps what is set to zero', async () => {
    const text = [
      'debug_info {',
      '  frames_by_id {',
      '    key: 18446744073709551614',
      '    value {',
      '      line: 0',
      '      func: ""',
      '    }',
      '  }',
      '}',
      '',
    ].join('\n')
    expect(await printPbtxt(await parsePbtxt(text))).toBe(text)
  })

  it.each([
    ['a damaged record', Uint8Array.of(10, 5, 10), 'truncated', 'the data ends in the middle of a field'],
    ['another format', Uint8Array.of(0x0f, 1), 'not-a-graph', 'the bytes are not a GraphDef: Error: invalid wire type'],
  ])('refuses %s', async (_, bytes, code, reason) => {
    await expect(printPbtxt(bytes)).rejects.toMatchObject({ code, message: expect.stringContaining(reason) })
  })

  it('refuses a graph whose text would be longer than a string can be', async () => {
    const bytes = encode(withAttr({ s: new Uint8Array(1000) }))
    const text = await printPbtxt(bytes)
    expect(await printPbtxt(bytes, text.length)).toBe(text)
    await expect(printPbtxt(bytes, text.length - 1)).rejects.toMatchObject({
      code: 'cannot-write',
      message:
        'the graph is too large for text, which takes up to four characters a byte\n  Write it in the binary format.',
    })
    await expect(printPbtxt(bytes, 2000)).rejects.toMatchObject({ code: 'cannot-write' })
  })
})

const models = fileURLToPath(new URL('../../../shared/models/', import.meta.url))

describe.skipIf(!existsSync(models))('real models (absent: ../shared/models)', () => {
  it.each(['ut_quant_mnist', 'dl4j_simple_while', 'dl4j_ragged__reduce_mean__2d_a0', 't2o_gru'])(
    '%s is the same after text',
    async (model) => {
      const bytes = readFileSync(`${models}${model}.pb`)
      const again = await parsePbtxt(await printPbtxt(bytes))
      expect(GraphDef.decode(again)).toEqual(GraphDef.decode(bytes))
    },
  )
})
