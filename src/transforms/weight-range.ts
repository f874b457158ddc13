import type { Tensor } from '../graph/tensor.js'
import { floatChunks } from './float-constants.js'

/** The smallest and largest element; ±Infinity for a tensor without elements. */
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
  let poison = 0
  for (const { values } of floatChunks(tensor)) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      if (value < min) min = value
      if (value > max) max = value
      poison += value * 0
    }
  }
  return { min, max, isFinite: poison === 0 }
}

/** The largest magnitude in a range. */
export function magnitudeOf({ min, max }: { min: number; max: number }): number {
  return Math.max(Math.abs(min), Math.abs(max))
}
