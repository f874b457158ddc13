import type { Tensor } from '../graph/tensor.js'
import type { Buckets } from '../simd/float32.js'
import { int } from './options.js'
import { roundFloatConstants } from './rounded-constant.js'
import { defineTransform, type Transform } from './transform.js'
import { smallestNormal, type WeightRange } from './weight-range.js'

const { fround } = Math

/** Smaller constants stay as they are, as in the Graph Transform Tool. */
const minimumSize = 16

/**
 * Rounds float constants to a few distinct values each: the file stays as large, but compresses to about a third.
 *
 *     w = Const{0, 0.1, 0.9, 1}   →   w = Const{0.25, 0.25, 0.75, 1.25}      with num_steps=2
 */
export const roundWeights: Transform = defineTransform({
  name: 'round_weights',
  summary: 'rounds float constants to a few distinct values each, so that the file compresses well',
  fidelity: 'lossy',
  idempotent: false,
  options: {
    num_steps: int({ default: 256, minimum: 1, help: 'how many distinct values a constant keeps' }),
  },
  differences: [
    {
      test: 'not-finite',
      historical: 'writes huge numbers for NaN, and ruins a constant that holds infinity or whose range overflows',
      here: 'such a constant stays, with a reason',
    },
    {
      test: 'splat',
      historical: 'writes every element of a constant that is stored as one repeated value',
      here: 'the rounded constant is stored as shortly',
    },
    {
      test: 'keeps-what-it-does-not-change',
      historical: 'drops device, control inputs and further attributes of the constant',
      here: 'they stay',
    },
    {
      test: 'dtypes-differ',
      historical: 'aborts where the dtype of a constant is not that of its tensor; a small one it does not look at',
      here: 'an error that names the node',
    },
    {
      test: 'round_weights takes num_steps from 1 up',
      historical: 'num_steps=0 makes every weight infinite, a negative one garbage',
      here: 'an error when the chain is read',
    },
  ],
  run(graph, { num_steps }, { report }) {
    const keeps = (tensor: Tensor): boolean => tensor.size < minimumSize
    roundFloatConstants(graph, { keeps, bucketsOf: (range) => bucketsOf(range, num_steps) }, report)
  },
})

/**
 * The historical buckets: the range ends at the smallest positive normal float32 or above, and its end has a bucket
 * of its own.
 */
function bucketsOf(range: WeightRange, steps: number): Buckets | undefined {
  const { min } = range
  let end = Math.max(range.max, smallestNormal)
  if (min === end) end = min < fround(1e-6) ? fround(min + 1) : fround(2 * min)
  const width = fround(fround(end - min) / fround(steps))
  return width > 0 && Number.isFinite(width) ? { min, width, last: 0x7fffffff } : undefined
}
