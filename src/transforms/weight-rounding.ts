import { Tensor } from '../graph/tensor.js'
import { floatChunks } from './float-constants.js'

const { fround } = Math

/** Buckets of equal width; every element becomes the middle of its bucket. */
export interface Buckets {
  min: number
  width: number
  /** The index of the last bucket; elements beyond it go there. */
  last: number
}

/** A tensor whose elements were replaced, and how far one of them moved at most. */
export interface Rounded {
  tensor: Tensor
  error: number
}

/**
 * Rounds a float32 tensor, computing in float32 as the Graph Transform Tool does:
 * min + width * (floor((value - min) / width) + 0.5). A splat stays one.
 */
export function roundToBuckets(tensor: Tensor, { min, width, last }: Buckets): Rounded {
  const splat = tensor.isSplat
  let result = splat ? undefined : new Float32Array(tensor.size)
  let error = 0
  for (const { values, start } of floatChunks(tensor)) {
    result ??= new Float32Array(values.length)
    const target = result.subarray(start, start + values.length)
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      let bucket = fround(fround(value - min) / width) | 0
      if (bucket > last) bucket = last
      const rounded = fround(min + fround(width * fround(fround(bucket) + 0.5)))
      target[index] = rounded
      const moved = Math.abs(value - rounded)
      if (moved > error) error = moved
    }
  }
  const values = result ?? new Float32Array(0)
  return { tensor: (splat ? Tensor.ofList : Tensor.of)('float32', tensor.shape, values), error }
}
