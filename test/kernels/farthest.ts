import type { Tensor } from '../../src/graph/tensor.js'
import { load } from '../../src/kernels/elements.js'

/**
 * How far two tensors of one shape are apart at most, relative to the largest finite magnitude in the expected one; 0 where
 * they are the same, infinity where strings, or infinite or undefined numbers differ.
 */
export function farthest(found: Tensor, expected: Tensor): number {
  if (expected.dtype === 'string') {
    const same = expected.strings().every((value, index) => Buffer.compare(value, found.strings()[index]!) === 0)
    return same ? 0 : Number.POSITIVE_INFINITY
  }
  const [a, b] = [load(found), load(expected)]
  let most = 0
  let largest = 1e-30
  for (let index = 0; index < b.length; index++) {
    const [x, y] = [Number(a[index]), Number(b[index])]
    if (Number.isFinite(y)) largest = Math.max(largest, Math.abs(y))
    if (Object.is(x, y) || x === y) continue
    most = Math.max(most, Number.isFinite(x - y) ? Math.abs(x - y) : Number.POSITIVE_INFINITY)
  }
  return most / largest
}
