import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { largestMove, quantizeElements, rangeOf, roundElements, scaleElements } from '../../src/simd/float32.js'

const { fround } = Math

/** More than one call of a loop takes, and no multiple of four. */
const long = 16384 * 2 + 4099

/** Numbers that look random and are the same every time. */
function numbers(length: number, magnitude = 1): Float32Array {
  let state = 12345
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    return (state / 2 ** 31) * magnitude
  })
}

/** Of every rest by four and by the longest turn of a loop, and over several calls. */
const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 16383, 16384, 16385, long]

describe('rangeOf', () => {
  it.each(lengths)('finds the ends of %i elements', (length) => {
    const values = numbers(length)
    expect(rangeOf(values)).toEqual({
      low: values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      high: values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    })
  })

  it.each([0, 1, 6, 16384, long - 1])('finds NaN, infinity and either end at element %i', (at) => {
    for (const extreme of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3, -3]) {
      const values = numbers(long)
      values[at] = extreme
      const { low, high } = rangeOf(values)
      if (Number.isNaN(extreme)) expect([low, high]).toEqual([Number.NaN, Number.NaN])
      else expect(extreme > 0 ? high : low).toBe(extreme)
    }
  })
})

describe('scaleElements', () => {
  const cases = [1, 2, 3, 4, 5, 6, 32, 33, 16384, 20000].flatMap((channels) =>
    [1, 2, 9, 40000].flatMap((run) => [0, 1, 4099, 123457].map((first) => ({ channels, run, first }))),
  )
  it.each(cases)('has $channels factors for $run elements each, from element $first on', ({ channels, run, first }) => {
    const values = numbers(long)
    const factors = Float64Array.from(numbers(channels, 3), (factor) => factor + 1e-9)
    for (const divides of [false, true]) {
      const expected = values.map((value, index) => {
        const factor = factors[Math.trunc((first + index) / run) % channels]!
        return divides ? value / factor : value * factor
      })
      const scaled = new Float32Array(long)
      scaleElements(scaled, values, first, { values: factors, run, divides })
      expect(Buffer.compare(Buffer.from(scaled.buffer), Buffer.from(expected.buffer))).toBe(0)
    }
  })

  it.each(lengths)('scales %i elements in their place', (length) => {
    const values = numbers(length)
    const expected = values.map((value) => value * 0.1)
    scaleElements(values, values, 0, { values: Float64Array.of(0.1), run: 1, divides: false })
    expect(values).toEqual(expected)
  })
})

/** The element's bucket as the historical tool computes it, one element at a time. */
function middle(value: number, min: number, width: number, last: number): number {
  const bucket = fround(fround(value - min) / width) | 0
  return fround(min + fround(width * fround(fround(Math.min(bucket, last)) + 0.5)))
}

describe('roundElements and largestMove', () => {
  const buckets = { min: fround(-0.9), width: fround(1.8 / 255), last: 0x7fffffff }
  const values = (length: number): Float32Array => numbers(length, 0.9)

  it.each(lengths)('put %i elements in the middle of their buckets', (length) => {
    const expected = values(length).map((value) => middle(value, buckets.min, buckets.width, buckets.last))
    const rounded = values(length)
    roundElements(rounded, rounded, buckets)
    expect(rounded).toEqual(expected)
    const moves = values(length).map((value, index) => Math.abs(expected[index]! - value))
    expect(largestMove(values(length), buckets)).toBe(moves.reduce((a, b) => Math.max(a, b), 0))
  })

  it('agree with one element at a time on any float32 and any buckets', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1000 })
    const last = fc.constantFrom(0, 1, 254, 0x7fffffff)
    fc.assert(
      fc.property(
        fc.array(float, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        last,
        (list, steps, end) => {
          const elements = Float32Array.from(list)
          const { low: min, high } = rangeOf(elements)
          const width = fround(fround(high - min) / fround(steps))
          fc.pre(width > 0)
          const expected = elements.map((value) => middle(value, min, width, end))
          const rounded = new Float32Array(elements.length)
          roundElements(rounded, elements, { min, width, last: end })
          expect(rounded).toEqual(expected)
        },
      ),
    )
  })
})

/** C's `round`. */
const roundHalfAway = (value: number): number => Math.sign(value) * Math.trunc(Math.abs(value) + 0.5)

describe('quantizeElements', () => {
  it.each(lengths)('writes %i elements as bytes', (length) => {
    const values = numbers(length, 2)
    const bytes = { scale: 63.75, lowest: -100, first: fround(-1.7), step: fround(1 / 63.75) }
    const target = new Uint8Array(length)
    const error = quantizeElements(target, values, bytes)
    const expected = Uint8Array.from(values, (value) =>
      Math.min(Math.max(roundHalfAway(value * bytes.scale) - bytes.lowest, 0), 255),
    )
    expect(target).toEqual(expected)
    const moves = values.map((value, index) => {
      const level = fround(bytes.first + fround(expected[index]! * bytes.step))
      return Math.abs(level - value)
    })
    expect(error).toBe(moves.reduce((a, b) => Math.max(a, b), 0))
  })

  it('rounds halves away from zero', () => {
    const target = new Uint8Array(6)
    const values = Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)
    quantizeElements(target, values, { scale: 1, lowest: -100, first: -100, step: 1 })
    expect([...target]).toEqual([97, 98, 99, 101, 102, 103])
  })

  it('keeps to bytes whatever the elements are', () => {
    const target = new Uint8Array(5)
    const values = Float32Array.of(-1e30, -40000, 0, 70000, 1e30)
    quantizeElements(target, values, { scale: 1, lowest: 0, first: 0, step: 1 })
    expect([...target]).toEqual([0, 0, 0, 255, 255])
  })
})
