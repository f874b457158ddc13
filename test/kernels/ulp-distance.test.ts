import { describe, expect, test } from 'vitest'
import { Tensor } from '../../src/graph/tensor.js'
import { ulpOfElement, ulpOfLargest } from '../../src/kernels/kernel.js'
import { expectWithin, ulpDistance, unitAt } from './ulp-distance.js'

function float32(...values: number[]): Tensor {
  return Tensor.of('float32', [values.length], Float32Array.from(values))
}

const next = 1 + 2 ** -23

describe('the unit in the last place', () => {
  test.each([
    [1, 'float32', 2 ** -23],
    [-1.99, 'float32', 2 ** -23],
    [2, 'float32', 2 ** -22],
    [0, 'float32', 2 ** -149],
    [1, 'float64', 2 ** -52],
    [0.75, 'float16', 2 ** -11],
    [8, 'bfloat16', 2 ** -4],
    [2 ** 29 - 2 ** -24, 'float64', 2 ** -24],
    [100, 'int32', 1],
  ] as const)('of %f in %s', (magnitude, dtype, unit) => {
    expect(unitAt(magnitude, dtype)).toBe(unit)
  })
})

describe('distance', () => {
  test('is counted at each element, or at the largest', () => {
    expect(ulpDistance(float32(next, 1024), float32(1, 1024), 'element')).toBe(1)
    expect(ulpDistance(float32(next, 1024), float32(1, 1024), 'largest')).toBe(2 ** -10)
  })

  test('is 0 between one not-a-number and another, and infinite between one and a number', () => {
    expect(ulpDistance(float32(Number.NaN), float32(Number.NaN), 'element')).toBe(0)
    expect(ulpDistance(float32(Number.NaN), float32(1), 'element')).toBe(Number.POSITIVE_INFINITY)
    expect(ulpDistance(float32(3e38), float32(Number.POSITIVE_INFINITY), 'element')).toBe(Number.POSITIVE_INFINITY)
  })

  test('of integers is their difference, and different strings are infinitely far apart', () => {
    const [three, five] = [3, 5].map((value) => Tensor.of('int64', [1], BigInt64Array.of(BigInt(value))))
    expect(ulpDistance(three!, five!, 'element')).toBe(2)
    const [a, b] = ['a', 'b'].map((text) => Tensor.ofStrings([1], [Buffer.from(text)]))
    expect(ulpDistance(a!, a!, 'element')).toBe(0)
    expect(ulpDistance(a!, b!, 'element')).toBe(Number.POSITIVE_INFINITY)
  })

  test('of complex numbers is counted at the larger of the two parts', () => {
    const [found, expected] = [
      [1024, next],
      [1024, 1],
    ].map((parts) => Tensor.of('complex64', [1], Float32Array.from(parts)))
    expect(ulpDistance(found!, expected!, 'element')).toBe(2 ** -10)
  })
})

describe('a declaration does not hold', () => {
  test('where an exact result is off by its last bit', () => {
    expect(() => expectWithin(undefined, float32(next), float32(1))).toThrow()
    expect(() => expectWithin(undefined, float32(-0), float32(0))).toThrow()
    expect(() => expectWithin(undefined, float32(1), float32(1))).not.toThrow()
  })

  test('where a result is one unit beyond its bound', () => {
    const three = float32(1 + 3 * 2 ** -23, 2)
    expect(() => expectWithin(ulpOfElement(2), three, float32(1, 2))).toThrow('units in the last place')
    expect(() => expectWithin(ulpOfElement(3), three, float32(1, 2))).not.toThrow()
    expect(() => expectWithin(ulpOfLargest(1), three, float32(1, 2))).toThrow('units in the last place')
    expect(() => expectWithin(ulpOfLargest(1.5), three, float32(1, 2))).not.toThrow()
  })

  test('where dtype or shape differ', () => {
    expect(() => expectWithin(ulpOfElement(9), float32(1), float32(1, 1))).toThrow()
    expect(() => expectWithin(ulpOfElement(9), float32(1), Tensor.of('float64', [1], Float64Array.of(1)))).toThrow()
  })
})
