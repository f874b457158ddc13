import type { Graph } from '../graph/graph.js'
import type { Tensor } from '../graph/tensor.js'
import type { Buckets } from '../simd/float32.js'
import { floatConstants } from './float-constants.js'
import { LargestError } from './largest-error.js'
import type { Reporter } from './transform.js'
import { magnitudeOf, type WeightRange, weightRange } from './weight-range.js'
import { roundToBuckets } from './weight-rounding.js'

/** How the constants of a graph are rounded. */
export interface Rounding {
  /** Whether a constant stays as it is, which needs no reason. */
  keeps(tensor: Tensor, range: WeightRange): boolean
  /** The buckets of a finite range; undefined where float32 has no steps for them. */
  bucketsOf(range: WeightRange): Buckets | undefined
}

/** Rounds every float constant to buckets of its range. One that has none stays, with the reason. */
export function roundFloatConstants(graph: Graph, { keeps, bucketsOf }: Rounding, report: Reporter): void {
  const largest = new LargestError()
  for (const { node, tensor } of floatConstants(graph)) {
    const range = weightRange(tensor)
    if (keeps(tensor, range)) continue
    const buckets = range.isFinite ? bucketsOf(range) : undefined
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
}
