import type { Tensor } from '../graph/tensor.js'
import { rangeOf } from '../simd/float32.js'
import { floatChunks } from './float-constants.js'

/** The smallest and largest element: Infinity and -Infinity for a tensor without elements. */
export interface WeightRange {
  min: number
  max: number
  /** Whether no element is NaN or infinite; where it is false, min and max mean nothing. */
  isFinite: boolean
}

/** The smallest positive normal float32, below which TensorFlow's kernels compute with zero. */
export const smallestNormal: number = 2 ** -126

export function weightRange(tensor: Tensor): WeightRange {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const { values } of floatChunks(tensor)) {
    const { low, high } = rangeOf(values)
    min = Math.min(min, low)
    max = Math.max(max, high)
  }
  // Adding 0 makes a 0 of -0.
  return { min: min + 0, max: max + 0, isFinite: tensor.size === 0 || Number.isFinite(max - min) }
}

/** The largest magnitude in a range. */
export function magnitudeOf({ min, max }: { min: number; max: number }): number {
  return Math.max(Math.abs(min), Math.abs(max))
}
