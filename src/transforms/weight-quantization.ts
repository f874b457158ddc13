import { Tensor } from '../graph/tensor.js'
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
  const lowest = roundHalfAway(min * scale)
  const levels = byteLevels(min, max)
  const bytes = new Uint8Array(tensor.size)
  // How far an element moved up and down at most: two comparisons take half as long as the larger of two magnitudes.
  let up = 0
  let down = 0
  for (const { values, start } of floatChunks(tensor)) {
    const target = bytes.subarray(start, start + values.length)
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      const scaled = value * scale
      // roundHalfAway, written so that it stays among integers.
      const whole = scaled | 0
      let byte = (whole + (((scaled - whole) * 2) | 0) - lowest) | 0
      if (byte < 0) byte = 0
      else if (byte > 255) byte = 255
      target[index] = byte
      const moved = levels[byte]! - value
      if (moved > up) up = moved
      else if (moved < down) down = moved
    }
  }
  return { tensor: Tensor.of('quint8', tensor.shape, bytes), error: Math.max(up, -down) }
}

/** What Dequantize makes of each byte in mode MIN_FIRST, in float32. */
export function byteLevels(min: number, max: number): Float32Array {
  const step = fround(fround(max - min) / 255)
  const first = fround(roundHalfAway(fround(min / step)) * step)
  return Float32Array.from({ length: 256 }, (_, byte) => first + fround(byte * step))
}

/** C's `round`: halves go away from zero, where Math.round goes up. */
function roundHalfAway(value: number): number {
  const whole = Math.trunc(value)
  const rest = value - whole
  if (rest >= 0.5) return whole + 1
  return rest <= -0.5 ? whole - 1 : whole
}
