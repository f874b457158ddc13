/** The quantised types of 8 and 16 bits by TensorFlow's number: how many steps, and the lowest value. */
const ranges: Record<number, readonly [steps: number, lowest: number]> = {
  11: [255, -128],
  12: [255, 0],
  15: [65535, -32768],
  16: [65535, 0],
}

export type DequantizeMode = 'MIN_FIRST' | 'MIN_COMBINED'

/** Whether {@link dequantize} knows the type (a number of TensorFlow's DataType) and the mode. */
export function canDequantize(type: number, mode: string): mode is DequantizeMode {
  return type in ranges && (mode === 'MIN_FIRST' || mode === 'MIN_COMBINED')
}

/**
 * Dequantize as TensorFlow's kernel computes it, to the last bit: every step is rounded to float32, and MIN_FIRST
 * counts from the minimum rounded to a whole number of steps. (tensorflow/core/kernels/dequantize_op.cc)
 *
 * @param values the quantised values, of `type`
 * @param minimum what the lowest value stands for, a float32
 * @param maximum what the highest value stands for, a float32
 */
export function dequantize(
  values: ArrayLike<number>,
  type: number,
  mode: DequantizeMode,
  minimum: number,
  maximum: number,
): Float32Array {
  const [steps, lowest] = ranges[type]!
  const scale = Math.fround(Math.fround(maximum - minimum) / steps)
  const start =
    mode === 'MIN_COMBINED' || minimum === maximum
      ? minimum
      : Math.fround(roundHalfAway(Math.fround(minimum / scale)) * scale)
  const result = new Float32Array(values.length)
  for (let index = 0; index < result.length; index++) {
    result[index] = start + Math.fround((values[index]! - lowest) * scale)
  }
  return result
}

/** C's round(): halves go away from zero, where Math.round takes them up. */
function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value))
}
