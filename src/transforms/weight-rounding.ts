import { Tensor } from '../graph/tensor.js'
import { deferElements, floatChunks, unreadElements } from './float-constants.js'

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
  const middles = middlesOf(buckets, Math.trunc(fround(fround(max - min) / width)))
  // Two loops, one for the error and one for the elements, are no slower than one for both.
  let error = 0
  for (const { values } of floatChunks(tensor)) error = Math.max(error, largestMove(values, buckets, middles))
  const round = (target: Float32Array, values: Float32Array): void => roundElements(target, values, buckets, middles)
  const file = unreadElements(tensor)
  if (file) {
    const rounded = new Float32Array(tensor.size)
    deferElements(rounded, file, (values) => round(values, values))
    return { tensor: Tensor.owning('float32', tensor.shape, rounded), error }
  }
  const splat = tensor.isSplat
  // Each element is read before its place is written, so that the tensor's own memory will do.
  let result = splat ? undefined : (tensor.takeElements() as Float32Array)
  for (const { values, start } of floatChunks(tensor)) {
    result ??= new Float32Array(values.length)
    round(result.subarray(start, start + values.length), values)
  }
  const values = result ?? new Float32Array(0)
  return { tensor: (splat ? Tensor.ofList : Tensor.owning)('float32', tensor.shape, values), error }
}

/** How far an element moves at most. Up and down apart: two comparisons take half as long as the larger of two magnitudes. */
function largestMove(values: Float32Array, buckets: Buckets, middles: Float32Array | undefined): number {
  const { min, width } = buckets
  let up = 0
  let down = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!
    const bucket = fround(fround(value - min) / width) | 0
    const moved = (middles ? middles[bucket]! : middleOf(buckets, bucket)) - value
    if (moved > up) up = moved
    else if (moved < down) down = moved
  }
  return Math.max(up, -down)
}

/** Rounds values into `target`, which may be where they are. */
function roundElements(
  target: Float32Array,
  values: Float32Array,
  buckets: Buckets,
  middles: Float32Array | undefined,
): void {
  const { min, width } = buckets
  for (let index = 0; index < values.length; index++) {
    const bucket = fround(fround(values[index]! - min) / width) | 0
    target[index] = middles ? middles[bucket]! : middleOf(buckets, bucket)
  }
}

function middleOf({ min, width, last }: Buckets, bucket: number): number {
  return fround(min + fround(width * fround(fround(Math.min(bucket, last)) + 0.5)))
}

/** The middles of all buckets up to that of the largest element. */
function middlesOf(buckets: Buckets, top: number): Float32Array | undefined {
  if (top >= largestTable) return undefined
  return Float32Array.from({ length: top + 1 }, (_, bucket) => middleOf(buckets, bucket))
}
