import { Tensor } from '../graph/tensor.js'
import { floatChunks } from './float-constants.js'

const { fround } = Math

/** Buckets of equal width; every element becomes the middle of its bucket. */
export interface Buckets {
  /** The range of the elements. */
  min: number
  max: number
  width: number
  /** The index of the last bucket; elements beyond it go there. */
  last: number
}

/** A tensor whose elements were replaced, and how far one of them moved at most. */
export interface Rounded {
  tensor: Tensor
  error: number
}

/** As many buckets as can be looked up faster than computed. */
const largestTable = 4096

/**
 * Rounds a float32 tensor, computing in float32 as the Graph Transform Tool does:
 * min + width * (floor((value - min) / width) + 0.5). A splat stays one.
 */
export function roundToBuckets(tensor: Tensor, buckets: Buckets): Rounded {
  const { min, max, width } = buckets
  const splat = tensor.isSplat
  const middles = middlesOf(buckets, Math.trunc(fround(fround(max - min) / width)))
  // Each element is read before its place is written, so that the tensor's own memory will do.
  let result = splat ? undefined : (tensor.takeElements() as Float32Array)
  let error = 0
  for (const { values, start } of floatChunks(tensor)) {
    result ??= new Float32Array(values.length)
    const target = result.subarray(start, start + values.length)
    if (middles) {
      for (let index = 0; index < values.length; index++) {
        const value = values[index]!
        const rounded = middles[fround(fround(value - min) / width) | 0]!
        target[index] = rounded
        error = Math.max(error, Math.abs(value - rounded))
      }
      continue
    }
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      const rounded = middleOf(buckets, fround(fround(value - min) / width) | 0)
      target[index] = rounded
      error = Math.max(error, Math.abs(value - rounded))
    }
  }
  const values = result ?? new Float32Array(0)
  return { tensor: (splat ? Tensor.ofList : Tensor.owning)('float32', tensor.shape, values), error }
}

function middleOf({ min, width, last }: Buckets, bucket: number): number {
  return fround(min + fround(width * fround(fround(Math.min(bucket, last)) + 0.5)))
}

/** The middles of all buckets up to that of the largest element. */
function middlesOf(buckets: Buckets, top: number): Float32Array | undefined {
  if (top >= largestTable) return undefined
  return Float32Array.from({ length: top + 1 }, (_, bucket) => middleOf(buckets, bucket))
}
