import { describe, expect, test } from 'vitest'
import { loaded, unread } from '../../src/graph/deferred-bytes.js'
import { Tensor } from '../../src/graph/tensor.js'
import { scaleChannels } from '../../src/transforms/batch-norm.js'
import { deferElements, floatChunks } from '../../src/transforms/float-constants.js'
import { quantizeToBytes } from '../../src/transforms/weight-quantization.js'
import { weightRange } from '../../src/transforms/weight-range.js'
import { roundToBuckets } from '../../src/transforms/weight-rounding.js'

const size = 40_000
const floats = Float32Array.from({ length: size }, (_, index) => Math.sin(index) * (index % 97))

/** The same tensor as it lies in memory of its own, and as it lies in a file: not at a multiple of four. */
const aligned = Tensor.of('float32', [size], floats)
const inFile = new Uint8Array(size * 4 + 3)
inFile.set(new Uint8Array(floats.buffer), 3)
const unaligned = new Tensor('float32', [size], { kind: 'content', bytes: inFile.subarray(3) })

describe('a tensor that is not aligned in its file', () => {
  test('is read in chunks that together are all elements', () => {
    const read = new Float32Array(size)
    let chunks = 0
    for (const { values, start } of floatChunks(unaligned)) {
      read.set(values, start)
      chunks++
    }
    expect(chunks).toBe(3)
    expect(read).toEqual(floats)
  })

  test('has the same range', () => {
    expect(weightRange(unaligned)).toEqual(weightRange(aligned))
  })

  test('is rounded to the same, looked up or computed', () => {
    const { min, max } = weightRange(aligned)
    for (const steps of [256, 5000]) {
      const buckets = { min, max, width: Math.fround(Math.fround(max - min) / steps), last: steps }
      const rounded = roundToBuckets(unaligned, buckets)
      expect(rounded.tensor.values()).toEqual(roundToBuckets(aligned, buckets).tensor.values())
      expect(rounded.error).toBeLessThanOrEqual(buckets.width * 0.51)
    }
  })

  test('is quantized to the same', () => {
    const { min, max } = weightRange(aligned)
    const quantized = quantizeToBytes(unaligned, min, max)
    expect(quantized.tensor.values()).toEqual(quantizeToBytes(aligned, min, max).tensor.values())
    expect(quantized.error).toBeLessThanOrEqual((max - min) / 100)
  })

  test.each([
    { channelsFirst: false, divides: false },
    { channelsFirst: true, divides: false },
    { channelsFirst: true, divides: true },
  ])('is scaled channel by channel: %o', ({ channelsFirst, divides }) => {
    const channels = 625
    const factors = Float32Array.from({ length: channels }, (_, channel) => (channel + 1) / 8)
    const expected = floats.map((value, index) => {
      const channel = channelsFirst ? Math.floor(index / (size / channels)) : index % channels
      return Math.fround(divides ? value / factors[channel]! : value * factors[channel]!)
    })
    const run = channelsFirst ? size / channels : 1
    expect(scaleChannels(unaligned, { values: factors, divides }, run)).toEqual(expected)
    expect(scaleChannels(aligned, { values: factors, divides }, run)).toEqual(expected)
  })
})

test('computes deferred elements in any piece that is asked for, and once for all in memory', () => {
  const source = Float32Array.from({ length: 10 }, (_, index) => index)
  const elements = new Float32Array(10)
  const file = {
    copyTo: (target: Float32Array, first: number) => target.set(source.subarray(first, first + target.length)),
  }
  deferElements(elements, file, (values, start) => {
    for (const [index, value] of values.entries()) values[index] = value * 100 + start + index
  })
  const wanted = new Uint8Array(Float32Array.from(source, (value) => value * 101).buffer)
  const bytes = new Uint8Array(elements.buffer)
  const piece = (start: number, length: number): Uint8Array => {
    const target = new Uint8Array(length)
    unread(bytes)!.copyTo(target, start)
    return target
  }
  expect(piece(8, 12)).toEqual(wanted.subarray(8, 20))
  expect([...elements]).toEqual(Array(10).fill(0))
  expect(piece(7, 12)).toEqual(wanted.subarray(7, 19))
  expect(unread(bytes)).toBeUndefined()
  expect(loaded(bytes)).toEqual(wanted)
})
