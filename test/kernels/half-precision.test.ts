import { describe, expect, test } from 'vitest'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../src/kernels/half-precision.js'

describe('float16', () => {
  test('every pattern survives the way to float32 and back', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, index) => index)
    const back = toFloat16(fromFloat16(bits))
    for (const [index, found] of back.entries()) {
      const notANumber = (index & 0x7c00) === 0x7c00 && (index & 0x3ff) !== 0
      if (notANumber) expect(found & 0x7c00 && found & 0x3ff, String(index)).toBeTruthy()
      else if (found !== index) expect(found).toBe(index)
    }
  })

  test.each([
    [1 + 2 ** -11, 0x3c00, 'a tie goes to the even neighbour below'],
    [1 + 3 * 2 ** -11, 0x3c02, 'a tie goes to the even neighbour above'],
    [1 + 2 ** -11 + 2 ** -20, 0x3c01, 'just above a tie'],
    [65519, 0x7bff, 'the largest'],
    [65520, 0x7c00, 'infinity from there on'],
    [2 ** -24, 0x0001, 'the smallest'],
    [2 ** -25, 0x0000, 'half of it is a tie with 0'],
    [1.5 * 2 ** -25, 0x0001, 'above half of it'],
    [2 ** -14 - 2 ** -26, 0x0400, 'a denormal that rounds up to a normal number'],
    [-0, 0x8000, 'minus zero'],
  ])('%f', (value, bits) => {
    expect(toFloat16(Float32Array.of(value))[0]).toBe(bits)
  })
})

describe('bfloat16', () => {
  test.each([
    [1 + 2 ** -8, 0x3f80],
    [1 + 3 * 2 ** -8, 0x3f82],
    [3.4e38, 0x7f80],
    [Number.NaN, 0x7fc0],
    [Number.NEGATIVE_INFINITY, 0xff80],
  ])('%f', (value, bits) => {
    expect(toBfloat16(Float32Array.of(value))[0]).toBe(bits)
  })

  test('is the upper half of a float32', () => {
    expect([...fromBfloat16(Uint16Array.of(0x3fc0, 0xc000))]).toEqual([1.5, -2])
  })
})
