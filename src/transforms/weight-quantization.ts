import { Tensor } from '../graph/tensor.js'
import { quantizeElements } from '../simd/float32.js'
import { floatChunks } from './float-constants.js'

const { fround } = Math

export interface Quantized {
  /** The bytes, a quint8 tensor of the same shape. */
  tensor: Tensor
  /** How far an element moved at most. */
  error: number
}

/**
 * Quantizes a float32 tensor to bytes over a range that holds 0, as the Graph Transform Tool does:
 * round(value * scale) - round(min * scale), with scale = 256 / ((max - min) * 256 / 255), in float64.
 */
export function quantizeToBytes(tensor: Tensor, min: number, max: number): Quantized {
  const scale = 256 / (fround(max - min) * (256 / 255))
  const scales = { scale, lowest: roundHalfAway(min * scale), ...byteSteps(min, max) }
  const bytes = new Uint8Array(tensor.size)
  let error = 0
  for (const { values, start } of floatChunks(tensor)) {
    error = Math.max(error, quantizeElements(bytes.subarray(start, start + values.length), values, scales))
  }
  return { tensor: Tensor.of('quint8', tensor.shape, bytes), error }
}

/** What Dequantize makes of a byte in mode MIN_FIRST: first + byte * step, in float32. */
export function byteSteps(min: number, max: number): { first: number; step: number } {
  const step = fround(fround(max - min) / 255)
  return { first: fround(roundHalfAway(fround(min / step)) * step), step }
}

/** C's `round`: halves go away from zero, where Math.round goes up. */
export function roundHalfAway(value: number): number {
  const whole = Math.trunc(value)
  const rest = value - whole
  if (rest >= 0.5) return whole + 1
  return rest <= -0.5 ? whole - 1 : whole
}
