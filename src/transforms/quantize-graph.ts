import { floatConstants } from './float-constants.js'
import { LargestError } from './largest-error.js'
import { choice, int } from './options.js'
import { defineTransform, type Transform } from './transform.js'
import { magnitudeOf, type WeightRange, weightRange } from './weight-range.js'
import { type Buckets, roundToBuckets } from './weight-rounding.js'

const { fround } = Math

/**
 * The Python tool quantize_graph. Mode weights_rounded rounds every float constant to 2^bitdepth values between its
 * smallest and its largest element.
 *
 *     w = Const{0, 0.3, 0.6, 1}   →   w = Const{0.25, 0.25, 0.75, 0.75}      with bitdepth=1
 */
export const quantizeGraph: Transform = defineTransform({
  name: 'quantize_graph',
  summary: 'rounds every float constant to 2^bitdepth distinct values (the Python tool of that name)',
  fidelity: 'lossy',
  idempotent: false,
  options: {
    mode: choice(['weights_rounded'], { default: 'weights_rounded', help: 'what is done' }),
    bitdepth: int({ default: 8, minimum: 1, help: 'bits that tell the values of a constant apart' }),
  },
  differences: [
    {
      test: 'not-finite',
      historical: 'one NaN makes the whole constant NaN, infinity likewise',
      here: 'such a constant stays, with a reason',
    },
    {
      test: 'no-elements',
      historical: 'fails on a constant without elements',
      here: 'it stays',
    },
    {
      test: 'keeps-what-it-does-not-change',
      historical: 'drops device, control inputs and further attributes of the constant, and the versions of the graph',
      here: 'they stay',
    },
  ],
  run(graph, { bitdepth }, { report }) {
    const largest = new LargestError()
    for (const { node, tensor } of floatConstants(graph)) {
      const range = weightRange(tensor)
      if (range.min === range.max || tensor.size === 0) continue
      const buckets = range.isFinite ? bucketsOf(range, 2 ** bitdepth) : undefined
      if (!buckets) {
        report.skip(
          node,
          range.isFinite ? 'its range is too large or too small for steps of float32' : 'it holds NaN or infinity',
        )
        continue
      }
      const { tensor: rounded, error } = roundToBuckets(tensor, buckets)
      node.attrs.setTensor('value', rounded)
      report.change(node)
      largest.see(node, error, magnitudeOf(range))
    }
    largest.note(report)
  },
})

/** The largest element falls into the last bucket. */
function bucketsOf({ min, max }: WeightRange, levels: number): Buckets | undefined {
  const width = fround(fround(max - min) / levels)
  return Number.isFinite(width) && width > 0 ? { min, max, width, last: levels - 1 } : undefined
}
