import { expect } from 'vitest'
import { type DataType, storageOf } from '../../src/graph/data-type.js'
import type { Tensor } from '../../src/graph/tensor.js'
import { load } from '../../src/kernels/elements.js'
import type { Bound } from '../../src/kernels/kernel.js'
import { describeTensor } from './golden-case.js'

/** Bits behind the point and the exponent of the smallest normal number. */
const formats: Partial<Record<DataType, { fraction: number; smallest: number }>> = {
  float16: { fraction: 10, smallest: -14 },
  bfloat16: { fraction: 7, smallest: -126 },
  float32: { fraction: 23, smallest: -126 },
  float64: { fraction: 52, smallest: -1022 },
  complex64: { fraction: 23, smallest: -126 },
  complex128: { fraction: 52, smallest: -1022 },
}

/** The unit in the last place of numbers of a magnitude: 1 for integers. */
export function unitAt(magnitude: number, dtype: DataType): number {
  const format = formats[dtype]
  if (!format) return 1
  const size = Math.abs(magnitude)
  let exponent = Math.floor(Math.log2(size))
  // Math.log2 may round up to the next power.
  if (2 ** exponent > size) exponent--
  return 2 ** (Math.max(exponent, format.smallest) - format.fraction)
}

/**
 * How far two tensors of one dtype and shape are apart at most, in units in the last place of the expected element or of the
 * largest finite magnitude; 0 where they are the same, infinity where strings, or infinite or undefined numbers differ.
 */
export function ulpDistance(found: Tensor, expected: Tensor, of: Bound['of']): number {
  const { dtype } = expected
  if (dtype === 'string') {
    const same = expected.strings().every((value, index) => Buffer.compare(value, found.strings()[index]!) === 0)
    return same ? 0 : Number.POSITIVE_INFINITY
  }
  const [a, b] = [load(found), load(expected)]
  const largest = of === 'largest' ? largestFinite(b as ArrayLike<number | bigint>) : 0
  const lanes = of === 'largest' ? 1 : (storageOf(dtype)?.lanes ?? 1)
  let most = 0
  for (let index = 0; index < b.length; index++) {
    const [x, y] = [Number(a[index]), Number(b[index])]
    if (Object.is(x, y) || x === y) continue
    if (!Number.isFinite(x - y)) return Number.POSITIVE_INFINITY
    // The two halves of a complex number are one element.
    const first = index - (index % lanes)
    const size =
      of === 'largest' ? largest : Math.max(...Array.from({ length: lanes }, (_, at) => sizeOf(b[first + at]!)))
    most = Math.max(most, Math.abs(x - y) / unitAt(size, dtype))
  }
  return most
}

function sizeOf(value: number | bigint): number {
  const size = Math.abs(Number(value))
  return Number.isFinite(size) ? size : 0
}

function largestFinite(values: ArrayLike<number | bigint>): number {
  let largest = 0
  for (let index = 0; index < values.length; index++) largest = Math.max(largest, sizeOf(values[index]!))
  return largest
}

/** Bit by bit where there is no bound; else as near as the bound says. */
export function expectWithin(bound: Bound | undefined, found: Tensor, expected: Tensor): void {
  if (!bound) {
    expect(describeTensor(found)).toEqual(describeTensor(expected))
    return
  }
  expect([found.dtype, found.shape]).toEqual([expected.dtype, expected.shape])
  expect(ulpDistance(found, expected, bound.of), 'units in the last place').toBeLessThanOrEqual(bound.ulp)
}
