import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Checkpoint } from '../../src/codec/checkpoint.js'
import { crc32c } from '../../src/codec/crc32c.js'
import { parseShapeAndSlice, sliceKey } from '../../src/codec/tensor-slice.js'
import type { Tensor } from '../../src/graph/tensor.js'

const folder = fileURLToPath(new URL('checkpoints/', import.meta.url))
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(folder + path))
const open = (prefix: string): Checkpoint => new Checkpoint(prefix, read)
const numbers = (tensor: Tensor | undefined): number[] | undefined => tensor?.numbers()

/** A checkpoint with another byte at a place of one of its files. */
function changed(prefix: string, ending: string, offset: number, byte: number): Checkpoint {
  return new Checkpoint(prefix, (path) => {
    const bytes = read(path)
    if (path.endsWith(ending)) bytes[offset < 0 ? bytes.length + offset : offset] = byte
    return bytes
  })
}

describe('a checkpoint that TensorFlow wrote', () => {
  it('gives tensors of every type with a fixed size', () => {
    const checkpoint = open('types.ckpt')
    const tensor = (name: string): unknown => {
      const { dtype, shape } = checkpoint.tensor(name)!
      return [dtype, shape, numbers(checkpoint.tensor(name))]
    }
    const steps = [-2, -1, 0, 1, 2, 3]
    expect(tensor('float')).toEqual(['float32', [2, 3], steps])
    expect(tensor('double')).toEqual(['float64', [2, 3], steps])
    expect(tensor('int')).toEqual(['int32', [2, 3], steps])
    expect(tensor('long')).toEqual(['int64', [2, 3], steps])
    expect(tensor('byte')).toEqual(['uint8', [2, 3], [0, 1, 2, 3, 4, 5]])
    expect(tensor('flag')).toEqual(['bool', [2, 3], [0, 1, 1, 1, 1, 1]])
    expect(tensor('half')).toEqual(['float16', [2, 3], [0xc000, 0xbc00, 0, 0x3c00, 0x4000, 0x4200]])
    expect(tensor('scope/scalar')).toEqual(['float32', [], [7]])
    expect(tensor('empty')).toEqual(['float32', [0, 2], []])
  })

  it('has its tensors by name, however many begin the same', () => {
    const checkpoint = open('types.ckpt')
    expect(checkpoint.names()).toHaveLength(310)
    for (const number of [0, 1, 99, 100, 299]) {
      expect(numbers(checkpoint.tensor(`many/of/the/same/beginning_${number}`))).toEqual([number])
    }
    expect(checkpoint.tensor('many')).toBeUndefined()
    expect(checkpoint.shapeOf('float')).toEqual([2, 3])
  })

  it('gives views of the data file', () => {
    const files = new Map<string, Uint8Array>()
    const checkpoint = new Checkpoint('types.ckpt', (path) => {
      const bytes = files.get(path) ?? read(path)
      files.set(path, bytes)
      return bytes
    })
    expect(checkpoint.tensor('float')!.bytes().buffer).toBe(files.get('types.ckpt.data-00000-of-00001')!.buffer)
  })

  it('puts the parts of a partitioned variable together', () => {
    const checkpoint = open('partitioned.ckpt')
    expect(checkpoint.names().sort()).toEqual(['one', 'v', 'w'])
    expect(numbers(checkpoint.tensor('w'))).toEqual(Array.from({ length: 15 }, (_, index) => index))
    expect(checkpoint.tensor('v')!.shape).toEqual([4, 300])
    expect(numbers(checkpoint.tensor('v'))).toEqual(Array.from({ length: 1200 }, (_, index) => index))
  })

  it('gives slices, as they were saved and across those', () => {
    const checkpoint = open('partitioned.ckpt')
    const slice = (name: string, text: string): unknown => {
      const tensor = checkpoint.tensor(name, parseShapeAndSlice(text))!
      return [tensor.shape, tensor.numbers()]
    }
    expect(slice('w', '5 3 3,2:0,3')).toEqual([
      [2, 3],
      [9, 10, 11, 12, 13, 14],
    ])
    expect(slice('w', '5 3 2,2:1,1')).toEqual([
      [2, 1],
      [7, 10],
    ])
    expect(slice('v', '4 300 3,1:99,3')).toEqual([
      [1, 3],
      [999, 1000, 1001],
    ])
    expect(slice('one', '2 1 1,1:-')).toEqual([[1, 1], [2.5]])
  })

  it('reads only the data file that a tensor is in', () => {
    const asked: string[] = []
    const checkpoint = new Checkpoint('sharded.ckpt', (path) => {
      asked.push(path)
      return read(path)
    })
    expect(numbers(checkpoint.tensor('on_1'))).toEqual([1, 10])
    expect(asked).toEqual(['sharded.ckpt.index', 'sharded.ckpt.data-00001-of-00002'])
    expect(numbers(checkpoint.tensor('on_0'))).toEqual([0, 0])
  })
})

describe('a checkpoint that is damaged', () => {
  it.each<[string, () => unknown, string]>([
    [
      'in its data',
      () => changed('types.ckpt', '00001', 0, 99).tensor(firstOf('types.ckpt')),
      `the checkpoint cannot be used: the checksum of "${firstOf('types.ckpt')}" is wrong`,
    ],
    [
      'in its index',
      () => changed('types.ckpt', '.index', 100, 0xff),
      "the checkpoint's index cannot be read: the checksum of the block at byte 0 is wrong",
    ],
    [
      'at the end of its index',
      () => changed('types.ckpt', '.index', -1, 0),
      "the checkpoint's index cannot be read: it does not end as an index does",
    ],
    [
      'by a data file that is cut short',
      () =>
        new Checkpoint('types.ckpt', (path) => {
          const bytes = read(path)
          return path.endsWith('.index') ? bytes : bytes.subarray(0, 4)
        }).tensor('float'),
      'the checkpoint cannot be used: its data file ends before "float" does',
    ],
    [
      'by an index that is empty',
      () => new Checkpoint('types.ckpt', () => new Uint8Array(0)),
      "the checkpoint's index cannot be read: it does not end as an index does",
    ],
    [
      'or of another graph',
      () => open('partitioned.ckpt').tensor('w', parseShapeAndSlice('6 3 0,2:0,3')),
      'the checkpoint cannot be used: "w" is [5,3], and the graph restores [6,3]',
    ],
    ['or has texts', () => open('types.ckpt').tensor('text'), '"text" is string, which is not read here'],
  ])('%s is named so', (_, use, message) => {
    expect(use).toThrow(message)
    expect(use).toThrow(/\n {2}file: (types|partitioned)\.ckpt\n {2}Copy the checkpoint again/)
  })
})

/** The tensor that lies first in the data file. */
function firstOf(prefix: string): string {
  const checkpoint = open(prefix)
  const broken = changed(prefix, '00001', 0, 99)
  return checkpoint.names().find((name) => {
    try {
      broken.tensor(name)
      return false
    } catch (error) {
      return (error as Error).message.includes('checksum')
    }
  })!
}

describe('a slice', () => {
  it.each(['', '4', '4 1', '4 1 0,4', '4 1 0,5:0,1', '4 1 -1,2:0,1', '4 x 0,4:0,1', '4 1 0:0'])(
    'is not read from "%s"',
    (text) => {
      expect(parseShapeAndSlice(text)).toBeUndefined()
    },
  )

  it('has a key that sorts by its numbers', () => {
    const keys = [-1, 0, 1, 63, 64, 8191, 8192, 2 ** 20, 2 ** 34, 2 ** 48].map((start) =>
      sliceKey('w', [{ start, length: 1 }]),
    )
    expect([...keys].sort()).toEqual(keys)
    expect(sliceKey('w', [{ start: 0, length: -1 }])).toBe('\x00w\x00\x01\x01\x01\x80\x7f')
    expect(sliceKey('w', [{ start: 64, length: 63 }])).toBe('\x00w\x00\x01\x01\x01\xc0\x40\xbf')
  })
})

it('the checksum is that of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
})
