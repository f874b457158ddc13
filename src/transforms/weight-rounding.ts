import { Tensor } from '../graph/tensor.js'
import { type Buckets, largestMove, roundElements } from '../simd/float32.js'
import { deferElements, floatChunks, unreadElements } from './float-constants.js'

/** A tensor whose elements were replaced, and how far one of them moved at most. */
export interface Rounded {
  tensor: Tensor
  error: number
}

/**
 * Rounds a float32 tensor, computing in float32 as the Graph Transform Tool does:
 * min + width * (floor((value - min) / width) + 0.5). A splat stays one.
 */
export function roundToBuckets(tensor: Tensor, buckets: Buckets): Rounded {
  // Two loops, one for the error and one for the elements, are no slower than one for both.
  let error = 0
  for (const { values } of floatChunks(tensor)) error = Math.max(error, largestMove(values, buckets))
  const file = unreadElements(tensor)
  if (file) {
    const rounded = new Float32Array(tensor.size)
    deferElements(rounded, file, (values) => roundElements(values, values, buckets))
    return { tensor: Tensor.owning('float32', tensor.shape, rounded), error }
  }
  const splat = tensor.isSplat
  // Each element is read before its place is written, so that the tensor's own memory will do.
  let result = splat ? undefined : (tensor.takeElements() as Float32Array)
  for (const { values, start } of floatChunks(tensor)) {
    result ??= new Float32Array(values.length)
    roundElements(result.subarray(start, start + values.length), values, buckets)
  }
  const values = result ?? new Float32Array(0)
  return { tensor: (splat ? Tensor.ofList : Tensor.owning)('float32', tensor.shape, values), error }
}
