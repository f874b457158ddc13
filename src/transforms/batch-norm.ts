import type { Tensor } from '../graph/tensor.js'
import { scaleElements } from '../simd/float32.js'
import { deferElements, unreadElements, wholeFloatChunks } from './float-constants.js'

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
 * A batch norm as a multiplication and an addition. The order of operations is that of fold_old_batch_norms.cc and
 * optimize_for_inference_lib.py, bit by bit.
 */
export function scaleAndOffset(values: BatchNormValues, arithmetic: Arithmetic): ScaleAndOffset {
  return arithmetic === 'float32' ? inFloat32(values) : inFloat64(values)
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

/** One factor a channel. */
export interface ChannelFactors {
  values: Float32Array | Float64Array
  /** Whether it is divided by them. */
  divides: boolean
}

/**
 * Multiplies float32 weights by a factor a channel, or divides them. `run` elements of the row-major weights in a row have
 * one channel: 1 where the channel is the last axis or axes (`[h, w, in, out]`, `[in, out]`), `in` for `[out, in]` and
 * `[h, w, out, in]`. Each result is rounded once.
 *
 * @returns the elements; of weights that are still in the model's file they too are computed when they are asked for, see `loaded`
 */
export function scaleChannels(weights: Tensor, factors: ChannelFactors, run: number): Float32Array {
  const cyclic = { ...factors, values: Float64Array.from(factors.values), run }
  const scaled = new Float32Array(weights.size)
  const file = unreadElements(weights)
  if (file) deferElements(scaled, file, (values, start) => scaleElements(values, values, start, cyclic))
  else {
    for (const { values, start } of wholeFloatChunks(weights)) {
      scaleElements(scaled.subarray(start, start + values.length), values, start, cyclic)
    }
  }
  return scaled
}
