import type { StaticShape } from '../graph/shape.js'
import { KernelError } from './kernel.js'
import { eachRow, rowStrides } from './strided.js'

/** The common shape of several inputs after numpy's rules. */
export function broadcastShape(...shapes: readonly StaticShape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    let common = 1
    for (const shape of shapes) {
      const size = shape[axis - rank + shape.length] ?? 1
      if (size === 1) continue
      if (common !== 1 && common !== size) {
        throw new KernelError(`shapes ${shapes.map((each) => `[${each.join(',')}]`).join(' and ')} cannot be broadcast`)
      }
      common = size
    }
    return common
  })
}

/** The strides of an input within the common shape: 0 along an axis over which it repeats. */
export function broadcastStrides(shape: StaticShape, common: StaticShape): number[] {
  const own = rowStrides(shape)
  const missing = common.length - shape.length
  return common.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!))
}

/** Arrays of numbers or of BigInts; which of the two is the caller's to know. */
// biome-ignore lint/suspicious/noExplicitAny: one loop serves numbers and BigInts
export type Numeric = any

interface Operand {
  values: Numeric
  shape: StaticShape
}

/** Applies a function of two elements to two inputs under broadcasting. `result` has the common shape. */
export function combine(
  result: Numeric,
  common: StaticShape,
  a: Operand,
  b: Operand,
  apply: (a: Numeric, b: Numeric) => Numeric,
): void {
  const left = a.values
  const right = b.values
  const strides = [rowStrides(common), broadcastStrides(a.shape, common), broadcastStrides(b.shape, common)]
  eachRow(common, strides, ([write, readLeft, readRight], [, stepLeft, stepRight], length) => {
    let at = write!
    let i = readLeft!
    let j = readRight!
    for (let count = 0; count < length; count++) {
      result[at++] = apply(left[i], right[j])
      i += stepLeft!
      j += stepRight!
    }
  })
}
