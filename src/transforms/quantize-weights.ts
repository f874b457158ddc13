import { Tensor } from '../graph/tensor.js'
import { floatConstants } from './float-constants.js'
import { LargestError } from './largest-error.js'
import { int } from './options.js'
import { replaceByQuantized } from './quantized-constant.js'
import { defineTransform, type Transform } from './transform.js'
import { quantizeToBytes } from './weight-quantization.js'
import { magnitudeOf, smallestNormal, type WeightRange, weightRange } from './weight-range.js'

const { fround } = Math

const suffixes = ['_quantized_const', '_quantized_min', '_quantized_max'] as const

const scalar = (value: number): Tensor => Tensor.of('float32', [], Float32Array.of(value))

/**
 * Stores large float constants as bytes, which become floats again when the graph runs: a quarter of the size.
 *
 *     w = Const   →   w = Dequantize(w_quantized_const, w_quantized_min, w_quantized_max)
 */
export const quantizeWeights: Transform = defineTransform({
  name: 'quantize_weights',
  summary: 'stores large float constants as bytes, a quarter of the size',
  fidelity: 'lossy',
  // With a small minimum_size a second run would quantize the ranges that the first one wrote.
  idempotent: false,
  options: {
    minimum_size: int({ default: 1024, minimum: 0, help: 'constants with fewer elements stay as they are' }),
  },
  differences: [
    {
      test: 'all-zero',
      historical:
        'an all-zero constant, or one so small that float32 has no step for it, becomes NaN when the graph runs',
      here: 'it stays, with a reason',
    },
    {
      test: 'not-finite',
      historical: 'infinity and ranges beyond float32 make every element NaN, and NaN becomes a number',
      here: 'such a constant stays, with a reason',
    },
    {
      test: 'no-elements',
      historical: 'quantizes a constant without elements too, for minimum_size=0',
      here: 'it stays, with a reason',
    },
    {
      test: 'splat',
      historical:
        'writes every element of a constant that is stored as one repeated value, and so makes the file larger',
      here: 'it stays, with a reason',
    },
    {
      test: 'name-taken',
      historical: 'two nodes have one name where w_quantized_const, _min or _max is taken',
      here: 'the new node gets a free name',
    },
    {
      test: 'keeps-place-and-order',
      historical:
        'drops device, control inputs and private attributes of the constant, so that it leaves its loop or branch',
      here: 'they stay',
    },
    {
      test: 'dtypes-differ',
      historical: 'aborts where the dtype of a constant is not that of its tensor; a small one it does not look at',
      here: 'an error that names the node',
    },
    {
      test: 'quantize_weights takes minimum_size from 0 up',
      historical: 'a negative minimum_size leaves every constant as it is, in silence',
      here: 'an error when the chain is read',
    },
  ],
  run(graph, { minimum_size }, { report }) {
    const largest = new LargestError()
    for (const { node, tensor } of floatConstants(graph)) {
      if (tensor.size < minimum_size) continue
      const range = tensor.isSplat ? undefined : weightRange(tensor)
      const obstacle = range ? obstacleOf(range) : 'it is stored as one repeated value, which is smaller'
      if (!range || obstacle !== undefined) {
        report.skip(node, obstacle!)
        continue
      }
      const { low, high } = storedRange(range)
      const { tensor: bytes, error } = quantizeToBytes(tensor, low, high)
      replaceByQuantized(
        graph,
        node,
        { bytes, low: scalar(low), high: scalar(high), mode: 'MIN_FIRST', suffixes },
        report,
      )
      largest.see(node, error, magnitudeOf(range))
    }
    largest.note(report)
  },
})

/** The range that is stored: it holds 0, and its upper end is never below the smallest positive normal float32. */
function storedRange({ min, max }: WeightRange): { low: number; high: number } {
  return { low: min > 0 ? 0 : min, high: Math.max(max, smallestNormal) }
}

function obstacleOf(range: WeightRange): string | undefined {
  if (!range.isFinite) return 'it holds NaN or infinity'
  if (range.min > range.max) return 'it has no elements'
  if (range.min === 0 && range.max === 0) return 'all its elements are zero'
  const { low, high } = storedRange(range)
  const step = fround(fround(high - low) / 255)
  if (step < smallestNormal) return 'its elements are too small for steps of float32'
  return Number.isFinite(step) ? undefined : 'its range is beyond float32'
}
