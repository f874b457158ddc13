import { describe, expect, it } from 'vitest'
import { ModelLoadError } from '../../src/runtime/errors.js'
import { type GraphDef, graphDef } from '../../src/runtime/graphdef.js'
import { bool, double, float, int, readMessage, readVarint, type Schema, text } from '../../src/runtime/wire.js'
import * as write from './graph-writer.js'

const schema: Schema = {
  1: ['count', int],
  2: ['counts', int, 'list'],
  3: ['name', text],
  4: ['ratio', float],
  5: ['ratios', float, 'list'],
  6: ['exact', double],
  7: ['flag', bool],
  8: ['children', { 1: ['count', int] }, 'list'],
  9: ['named', { 1: ['count', int] }, 'map'],
  10: ['words', text, 'map'],
}

function read(...fields: Uint8Array[]): unknown {
  return readMessage(write.join(...fields), schema)
}

function failure(bytes: Uint8Array): unknown {
  try {
    return readMessage(bytes, schema)
  } catch (error) {
    return error
  }
}

describe('readMessage', () => {
  it('reads integers of any width and sign', () => {
    const numbers = [0, 1, 127, 128, 2 ** 31, 2 ** 32 + 5, 2 ** 53, -1, -(2 ** 31), -(2 ** 40)]
    for (const count of numbers) expect(read(write.number(1, count))).toEqual({ count })
  })

  it('reads repeated numbers, packed or not', () => {
    const packed = write.sized(2, write.join(write.varint(1), write.varint(300)))
    expect(read(packed, write.number(2, -7))).toEqual({ counts: [1, 300, -7] })
    expect(read(write.sized(2, ''))).toEqual({ counts: [] })
    expect(read(write.float(5, 0.5), write.sized(5, write.bytesOf(Float32Array.of(2, 3))))).toEqual({
      ratios: [0.5, 2, 3],
    })
  })

  it('reads text, floats, booleans, messages and maps, and gives only what is there', () => {
    const exact = write.join(write.varint(6 * 8 + 1), write.bytesOf(Float64Array.of(1 / 3)))
    expect(
      read(
        write.sized(3, '\ufeffKöln 🙂'),
        write.float(4, 1.5),
        exact,
        write.number(7, 0),
        write.sized(8, write.number(1, 4)),
        write.sized(8, ''),
        write.sized(9, write.join(write.sized(1, 'a'), write.sized(2, write.number(1, 2)))),
        write.sized(9, write.sized(1, 'empty')),
        write.sized(10, write.join(write.sized(1, 'k'), write.sized(2, 'v'))),
      ),
    ).toEqual({
      name: '\ufeffKöln 🙂',
      ratio: 1.5,
      exact: 1 / 3,
      flag: false,
      children: [{ count: 4 }, {}],
      named: { a: { count: 2 }, empty: {} },
      words: { k: 'v' },
    })
  })

  it('skips fields that it does not know', () => {
    const unknown = [
      write.number(90, 5),
      write.sized(2047, 'padding'),
      write.float(91, 1),
      write.join(write.varint(92 * 8 + 1), new Uint8Array(8)),
    ]
    expect(read(...unknown, write.number(1, 3))).toEqual({ count: 3 })
  })

  it.each([
    ['a field that is longer than the file', write.sized(3, 'abc').slice(0, 4), 'a field runs over its end at byte 2'],
    ['a message in a message', write.sized(8, Uint8Array.of(8, 128)), 'a field runs over its end at byte 4'],
    ['a field without a number', Uint8Array.of(0, 1), 'a field without a number at byte 1'],
    ['a group', Uint8Array.of(11 * 8 + 3), 'wire type 3 at byte 1'],
    ['another type than the field has', write.sized(1, 'x'), 'wire type 2 in the field count at byte 1'],
    ['an endless number', write.join(Uint8Array.of(8), new Uint8Array(11).fill(255)), 'a number of more than 10 bytes'],
    ['a negative length', Uint8Array.of(26, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1), 'runs over its end'],
  ])('refuses %s', (_, bytes, why) => {
    const error = failure(bytes)
    expect(error).toBeInstanceOf(ModelLoadError)
    expect((error as ModelLoadError).code).toBe('format')
    expect((error as ModelLoadError).message).toMatch(/^Not a GraphDef: /)
    expect((error as ModelLoadError).message).toContain(why)
  })

  it('reads a cut graph as a shorter one or refuses it, and never fails otherwise', () => {
    const whole = write.graph(write.placeholder('x'), write.floats('w', [1, 2, 3]), {
      name: 'y',
      op: 'Mul',
      input: ['x', 'w'],
      attr: { T: write.attr.type(1) },
    })
    const outcomes = Array.from({ length: whole.length }, (_, end) => {
      try {
        return readMessage<GraphDef>(whole.slice(0, end), graphDef).node?.length ?? 0
      } catch (error) {
        return error instanceof ModelLoadError ? error.code : error
      }
    })
    expect(new Set(outcomes)).toEqual(new Set([0, 'format', 1, 2]))
    expect(outcomes.filter((outcome) => outcome !== 'format')).toEqual([0, 1, 2])
  })
})

describe('readVarint', () => {
  it('gives the value and where it ends', () => {
    expect(readVarint(Uint8Array.of(9, 172, 2, 9), 1)).toEqual([300, 3])
  })
})
