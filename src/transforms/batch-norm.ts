import type { Tensor } from '../graph/tensor.js'
import { wholeFloatChunks } from './float-constants.js'

const { fround } = Math

/** The numbers of a batch norm with fixed statistics: one value a channel, float32. */
export interface BatchNormValues {
  mean: Float32Array
  variance: Float32Array
  beta: Float32Array
  /** Undefined where the op does not scale after normalizing. */
  gamma: Float32Array | undefined
  epsilon: number
}

/** `y = x * scale + offset`. */
export interface ScaleAndOffset {
  scale: Float32Array | Float64Array
  offset: Float32Array
}

/** float32 as the Graph Transform Tool computes, float64 as TensorFlow's Python tools do. */
export type Arithmetic = 'float32' | 'float64'

/**
 * A batch norm as a multiplication and an addition. `bias` is what is added before it, so that
 * `y = (x + bias) * scale + (offset without bias)`.
 *
 * The order of operations is that of fold_old_batch_norms.cc and optimize_for_inference_lib.py, bit by bit.
 */
export function scaleAndOffset(
  values: BatchNormValues,
  bias: Float32Array | undefined,
  arithmetic: Arithmetic,
): ScaleAndOffset {
  const mean = bias ? values.mean.map((mean, channel) => mean - bias[channel]!) : values.mean
  return arithmetic === 'float32' ? inFloat32({ ...values, mean }) : inFloat64({ ...values, mean })
}

function inFloat32({ mean, variance, beta, gamma, epsilon }: BatchNormValues): ScaleAndOffset {
  const scale = new Float32Array(mean.length)
  const offset = new Float32Array(mean.length)
  for (let channel = 0; channel < mean.length; channel++) {
    const inverse = fround(1 / fround(Math.sqrt(fround(variance[channel]! + epsilon))))
    const factor = gamma ? fround(inverse * gamma[channel]!) : inverse
    scale[channel] = factor
    offset[channel] = fround(-mean[channel]! * factor) + beta[channel]!
  }
  return { scale, offset }
}

function inFloat64({ mean, variance, beta, gamma, epsilon }: BatchNormValues): ScaleAndOffset {
  const scale = new Float64Array(mean.length)
  const offset = new Float32Array(mean.length)
  for (let channel = 0; channel < mean.length; channel++) {
    const inverse = 1 / Math.sqrt(fround(variance[channel]! + epsilon))
    const factor = gamma ? inverse * gamma[channel]! : inverse
    scale[channel] = factor
    offset[channel] = -mean[channel]! * factor + beta[channel]!
  }
  return { scale, offset }
}

/**
 * Multiplies float32 weights by a factor a channel. The channel is the last axis or axes of the row-major weights
 * (`[h, w, in, out]`, `[in, out]`), or with `channelsFirst` the first (`[out, in]`). Each product is rounded once.
 */
export function scaleChannels(
  weights: Tensor,
  factors: Float32Array | Float64Array,
  channelsFirst: boolean,
): Float32Array {
  const scaled = new Float32Array(weights.size)
  const channels = factors.length
  // Elements in a row that have one channel.
  const run = channelsFirst ? weights.size / channels : 1
  for (const { values, start } of wholeFloatChunks(weights)) {
    let channel = Math.trunc(start / run) % channels
    let left = run - (start % run)
    for (let index = 0; index < values.length; index++) {
      scaled[start + index] = values[index]! * factors[channel]!
      if (--left > 0) continue
      left = run
      if (++channel === channels) channel = 0
    }
  }
  return scaled
}
