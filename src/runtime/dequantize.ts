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
  const round = Math.fround
  const scale = round(round(maximum - minimum) / steps)
  const result = new Float32Array(values.length)
  if (mode === 'MIN_COMBINED') {
    for (let index = 0; index < result.length; index++)
      result[index] = minimum + round((values[index]! - lowest) * scale)
  } else {
    const first = minimum === maximum ? minimum : round(roundHalfAway(round(minimum / scale)) * scale)
    const zero = round(first - round(lowest * scale))
    for (let index = 0; index < result.length; index++) result[index] = zero + round(values[index]! * scale)
  }
  return result
}

/** C's round(): halves go away from zero, where Math.round takes them up. */
function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value))
}
