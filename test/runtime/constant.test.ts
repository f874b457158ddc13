import { describe, expect, it } from 'vitest'
import { constantFromProto, type DecodedConstant, decodeConstant, zeros } from '../../src/runtime/constant.js'
import { type GraphDef, graphDef } from '../../src/runtime/graphdef.js'
import { readMessage } from '../../src/runtime/wire.js'
import * as write from './graph-writer.js'

/** Writes the tensor into a graph, reads it back and decodes it. */
function decode(proto: Uint8Array): DecodedConstant {
  return decodeGraph(write.graph(write.constant('c', proto)))
}

function decodeGraph(bytes: Uint8Array): DecodedConstant {
  const { node } = readMessage<GraphDef>(bytes, graphDef)
  return decodeConstant(constantFromProto('c', node![0]!.attr!.value!.tensor!))
}

function values(type: number, sizes: number[], ...fields: Uint8Array[]): (number | string)[] {
  const decoded = decode(write.tensor(type, sizes, ...fields))
  expect(decoded.shape).toEqual(sizes)
  const list: (number | Uint8Array)[] = [...decoded.values]
  return list.map((value) => (typeof value === 'number' ? value : new TextDecoder().decode(value)))
}

function packed(field: number, numbers: (number | bigint)[]): Uint8Array {
  return write.sized(field, write.join(...numbers.map(write.varint)))
}

function packedFloats(field: number, numbers: number[]): Uint8Array {
  return write.sized(field, write.bytesOf(Float32Array.from(numbers)))
}

describe('decodeConstant', () => {
  it('reads tensor_content wherever it lies in memory, of a Buffer too', () => {
    const graph = write.graph(write.constant('c', write.tensor(1, [2], write.content(Float32Array.of(1.5, -2)))))
    for (const offset of [0, 1, 2, 3]) {
      const moved = Buffer.alloc(graph.length + offset, 0xff)
      moved.set(graph, offset)
      expect([...decodeGraph(moved.subarray(offset)).values]).toEqual([1.5, -2])
    }
  })

  it('reads tensor_content of every type', () => {
    expect(values(1, [2], write.content(Float32Array.of(1.5, -2)))).toEqual([1.5, -2])
    expect(values(2, [2], write.content(Float64Array.of(0.1, 1e300)))).toEqual([
      Math.fround(0.1),
      Number.POSITIVE_INFINITY,
    ])
    expect(values(3, [1], write.content(Int32Array.of(-5)))).toEqual([-5])
    expect(values(4, [2], write.content(Uint8Array.of(0, 255)))).toEqual([0, 255])
    expect(values(5, [2], write.content(Int16Array.of(-1, 300)))).toEqual([-1, 300])
    expect(values(6, [2], write.content(Int8Array.of(-1, 127)))).toEqual([-1, 127])
    expect(values(8, [2], write.content(Float32Array.of(1, 2, 3, 4)))).toEqual([1, 2, 3, 4])
    expect(values(10, [3], write.content(Uint8Array.of(1, 0, 1)))).toEqual([1, 0, 1])
    expect(values(12, [2], write.content(Uint8Array.of(0, 255)))).toEqual([0, 255])
    expect(values(17, [1], write.content(Uint16Array.of(65535)))).toEqual([65535])
    expect(values(18, [1], write.content(Float64Array.of(0.5, -0.25)))).toEqual([0.5, -0.25])
    expect(values(22, [2], write.content(Uint32Array.of(7, 2 ** 32 - 1)))).toEqual([7, 2 ** 31 - 1])
  })

  it('clamps 64-bit integers to the limits of int32', () => {
    const numbers = [0n, -1n, 5n, 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]
    const expected = [0, -1, 5, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 1, -(2 ** 31)]
    expect(values(9, [7], write.content(BigInt64Array.from(numbers)))).toEqual(expected)
    expect(values(9, [7], packed(10, numbers))).toEqual(expected)
    expect(values(23, [2], write.content(BigUint64Array.of(3n, 2n ** 64n - 1n)))).toEqual([3, 2 ** 31 - 1])
    expect(values(23, [2], packed(17, [3n, 2n ** 64n - 1n]))).toEqual([3, 2 ** 31 - 1])
  })

  it('reads float16 and bfloat16 from their bits', () => {
    const halves = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x8000]
    const expected = [1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0]
    expect(values(19, [8], write.content(Uint16Array.from(halves)))).toEqual(expected)
    expect(values(19, [8], packed(13, halves))).toEqual(expected)
    const bfloats = [0x3f80, 0xc000, 0x7f80, 0x0001]
    const wide = [1, -2, Number.POSITIVE_INFINITY, 2 ** -133]
    expect(values(14, [4], write.content(Uint16Array.from(bfloats)))).toEqual(wide)
    expect(values(14, [4], packed(13, bfloats))).toEqual(wide)
  })

  it('repeats the last value of a list that is too short, and ignores what is too much', () => {
    expect(values(1, [2, 2], packedFloats(5, [1, 2]))).toEqual([1, 2, 2, 2])
    expect(values(3, [3], write.number(7, -4))).toEqual([-4, -4, -4])
    expect(values(1, [2], packedFloats(5, [1, 2, 3]))).toEqual([1, 2])
    expect(values(8, [3], packedFloats(9, [1, 2, 3, 4]))).toEqual([1, 2, 3, 4, 3, 4])
    expect(values(10, [3], packed(11, [0, 1]))).toEqual([0, 1, 1])
    expect(values(7, [3], write.sized(8, 'a'), write.sized(8, 'b'))).toEqual(['a', 'b', 'b'])
  })

  it('cuts off the bits that a type does not have', () => {
    expect(values(4, [2], packed(7, [-1, 257]))).toEqual([255, 1])
    expect(values(6, [1], packed(7, [255]))).toEqual([-1])
  })

  it('takes no value at all for zeros', () => {
    expect(values(1, [2])).toEqual([0, 0])
    expect(values(9, [2])).toEqual([0, 0])
    expect(values(7, [2])).toEqual(['', ''])
    expect(values(10, [])).toEqual([0])
  })

  it('keeps an empty tensor empty, whatever the lists say', () => {
    expect(values(1, [0, 3], packedFloats(5, [1, 2]))).toEqual([])
    expect(values(7, [0], write.sized(8, 'a'))).toEqual([])
    expect(values(9, [0], write.content(BigInt64Array.of(1n)))).toEqual([])
  })

  it('reads strings as bytes, from the list and from tensor_content', () => {
    expect([
      ...(decode(write.tensor(7, [1], write.sized(8, Uint8Array.of(255, 0, 1)))).values[0] as Uint8Array),
    ]).toEqual([255, 0, 1])
    const content = write.join(write.varint(1), write.varint(0), write.varint(2), new TextEncoder().encode('abc'))
    expect(values(7, [3], write.sized(4, content))).toEqual(['a', '', 'bc'])
  })

  it('leaves aligned values where they are, and copies the others', () => {
    const proto = (offset: number): DecodedConstant => {
      const file = new Uint8Array(64)
      file.set(write.bytesOf(Float32Array.of(1, 2)), offset)
      return decodeConstant({ node: 'c', type: 1, shape: [2], content: file.subarray(offset, offset + 8) })
    }
    expect((proto(8).values as Float32Array).byteOffset).toBe(8)
    expect((proto(9).values as Float32Array).byteOffset).toBe(0)
    expect([...proto(9).values]).toEqual([1, 2])
  })

  it('refuses content of another size, unknown shapes and types without values', () => {
    expect(() => values(1, [3], write.content(Float32Array.of(1)))).toThrow(
      'The constant c has 4 bytes, its type and shape say 12.',
    )
    expect(() => values(7, [1], write.sized(4, write.join(write.varint(3), Uint8Array.of(1))))).toThrow(
      'The constant c has 2 bytes, its type and shape say 4.',
    )
    expect(() => decode(write.join(write.number(1, 1), write.sized(2, write.shape(null))))).toThrow(
      'The constant c has an unknown shape.',
    )
    expect(() => values(20, [])).toThrow('The constant c has a type (20) without a value.')
  })
})

describe('zeros', () => {
  it('gives what TensorFlow.js takes for each of its types', () => {
    expect(zeros('float32', [2]).values).toEqual(new Float32Array(2))
    expect(zeros('int32', [2]).values).toEqual(new Int32Array(2))
    expect(zeros('bool', [2]).values).toEqual(new Uint8Array(2))
    expect(zeros('complex64', [2]).values).toEqual(new Float32Array(4))
    expect(zeros('string', [1]).values).toEqual([new Uint8Array()])
  })
})
