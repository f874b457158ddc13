import { type DataType, newElements, storageOf } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import { loadFlushed, reshaped } from './elements.js'
import { type Kernel, type KernelCall, KernelError, quantized } from './kernel.js'

/** Rounds to float32, denormals to zero: what every step of TensorFlow's arithmetic does. */
function round(value: number): number {
  const rounded = Math.fround(value)
  return Math.abs(rounded) < 2 ** -126 ? rounded * 0 : rounded
}

/** C's round: halves go away from zero. */
export function roundHalfAway(value: number): number {
  const rounded = Math.floor(Math.abs(value) + 0.5)
  // Where adding a half rounds up, the value was just below it.
  const exact = Math.abs(value) === 0.49999999999999994 ? 0 : rounded
  return value < 0 ? -exact : exact
}

/** The integers of a quantised dtype. */
export interface QuantizedRange {
  lowest: number
  highest: number
  /** How many there are. */
  steps: number
}

export function quantizedRange(dtype: DataType): QuantizedRange {
  const bits = (storageOf(dtype)?.array.BYTES_PER_ELEMENT ?? 0) * 8
  const lowest = dtype.startsWith('qu') || dtype.startsWith('u') ? 0 : -(2 ** (bits - 1))
  return { lowest, highest: lowest + 2 ** bits - 1, steps: 2 ** bits }
}

export function quantizedArray(dtype: DataType, size: number): Int32Array {
  return newElements(dtype, size) as Int32Array
}

export function floatScalar(value: number): Tensor {
  return Tensor.of('float32', [], Float32Array.of(value))
}

/** What a range says of its integers, as TensorFlow's vectorised code computes it in float32. */
interface Scale {
  /** The float that 0 stands for. */
  zero: number
  step: number
}

/** (tensorflow/core/kernels/quantization_utils.h, QuantizedToFloatStruct and DEQUANTIZE_WITH_EIGEN) */
export function floatScale(dtype: DataType, minimum: number, maximum: number): Scale {
  const { lowest, steps } = quantizedRange(dtype)
  const step = round(round(maximum - minimum) / (steps - 1))
  const first = minimum === maximum ? minimum : round(roundHalfAway(round(minimum / step)) * step)
  return { zero: round(first - round(lowest * step)), step }
}

/** (FloatToQuantizedStruct and QUANTIZE_WITH_EIGEN of the same file) */
export function quantizer(dtype: DataType, minimum: number, maximum: number): (value: number) => number {
  const { lowest, highest, steps } = quantizedRange(dtype)
  const scale = minimum === maximum ? 0 : round((steps - 1) / round(maximum - minimum))
  const shift = round(roundHalfAway(round(minimum * scale)) - lowest)
  // The highest 32-bit integer is no float32, and its neighbour above would not fit.
  const top = steps > 2 ** 24 ? 2 ** 31 - 128 : highest
  return (value) => Math.min(Math.max(round(roundHalfAway(round(value * scale)) - shift), lowest), top)
}

function dequantize(call: KernelCall): Tensor[] {
  if ((call.typeAttr('dtype') ?? 'float32') !== 'float32') throw new KernelError('only float32 is computed')
  const input = call.input(0)
  const axis = call.intAttr('axis') ?? -1
  if (axis !== -1) throw new KernelError('a range an index of an axis is not computed')
  const [minimum, maximum] = [call.scalar(1), call.scalar(2)]
  const values = input.values() as Int32Array
  const result = new Float32Array(values.length)
  const toFloat = dequantizer(call, input.dtype, minimum, maximum)
  // At most 65536 different values: looking them up is faster than computing each.
  const { lowest, steps } = quantizedRange(input.dtype)
  if (steps > 65536 || values.length < steps) {
    for (let index = 0; index < values.length; index++) result[index] = toFloat(values[index]!)
  } else {
    const table = Float32Array.from({ length: steps }, (_, index) => toFloat(index + lowest))
    for (let index = 0; index < values.length; index++) result[index] = table[values[index]! - lowest]!
  }
  return [Tensor.of('float32', input.shape, result)]
}

/** The three modes of Dequantize, each step in float32. */
function dequantizer(call: KernelCall, dtype: DataType, minimum: number, maximum: number): (value: number) => number {
  const { lowest, highest, steps } = quantizedRange(dtype)
  const mode = call.stringAttr('mode')
  if (mode === 'MIN_FIRST') {
    const { zero, step } = floatScale(dtype, minimum, maximum)
    return (value) => round(zero + round(round(value) * step))
  }
  if (mode === 'MIN_COMBINED') {
    const step = round(round(maximum - minimum) / round(round(highest) - round(lowest)))
    const half = lowest === 0 ? 0 : steps / 2
    return (value) => round(round(round(round(value) + half) * step) + minimum)
  }
  const narrow = call.boolAttr('narrow_range') ? 1 : 0
  const high = round(maximum / highest)
  const low = round(minimum / (lowest + narrow))
  // Not Math.max, as of -0 and 0 the first is taken.
  const step = lowest === 0 || low < high ? high : low
  return (value) => round(round(value) * step)
}

/** Quantises with the range that the inputs give, widened so that it holds 0 and is not too small. */
function quantizeV2(call: KernelCall): Tensor[] {
  const dtype = call.typeAttr('T') ?? 'quint8'
  const mode = call.stringAttr('mode')
  if (mode !== 'MIN_FIRST' && mode !== 'MIN_COMBINED') throw new KernelError(`the mode ${mode} is not computed`)
  if ((call.intAttr('axis') ?? -1) !== -1) throw new KernelError('a range an index of an axis is not computed')
  const input = call.input(0)
  const [givenMinimum, givenMaximum] = [call.scalar(1), call.scalar(2)]
  const minimum = Math.min(0, givenMinimum)
  const widest = Math.max(1, Math.max(Math.abs(givenMinimum), Math.abs(givenMaximum)))
  const smallest = round(widest * (call.floatAttr('ensure_minimum_range') ?? round(0.01)))
  const maximum = Math.max(0, Math.max(givenMaximum, round(minimum + smallest)))
  const values = loadFlushed(input) as Float32Array
  const result = quantizedArray(dtype, input.size)
  const quantize = mode === 'MIN_FIRST' ? quantizer(dtype, minimum, maximum) : combined(dtype, minimum, maximum)
  for (let index = 0; index < values.length; index++) result[index] = quantize(values[index]!)
  return [Tensor.of(dtype, input.shape, result), floatScalar(minimum), floatScalar(maximum)]
}

function combined(dtype: DataType, minimum: number, maximum: number): (value: number) => number {
  const { lowest, highest, steps } = quantizedRange(dtype)
  const scale = round(round(round(highest) - round(lowest)) / round(maximum - minimum))
  return (value) => {
    const clamped = Math.max(Math.min(value, maximum), minimum)
    const scaled = round(round(clamped - minimum) * scale)
    return lowest === 0 ? Math.trunc(round(scaled + 0.5)) : roundHalfAway(round(scaled - steps / 2))
  }
}

/**
 * 32-bit integers of one range as bytes of another, in fixed point with 16 bits behind the point.
 * (tensorflow/core/kernels/quantization_utils.h, RequantizeManyInNewRange)
 */
function requantize(call: KernelCall): Tensor[] {
  const [fromMinimum, fromMaximum, minimum, maximum] = [1, 2, 3, 4].map((index) => call.scalar(index)) as number[]
  return requantized(call, [fromMinimum!, fromMaximum!], [minimum!, maximum!])
}

/** To the range that the integers use. */
function shrinkRange(call: KernelCall): Tensor[] {
  const used = requantizationRange(call).map((tensor) => tensor.numbers()[0]!)
  return requantized(call, [call.scalar(1), call.scalar(2)], [used[0]!, used[1]!])
}

function requantized(call: KernelCall, from: readonly [number, number], to: readonly [number, number]): Tensor[] {
  const input = call.input(0)
  const [fromMinimum, fromMaximum] = from
  const [minimum, maximum] = to
  if ((call.typeAttr('out_type') ?? 'quint8') !== 'quint8') throw new KernelError('only quint8 is computed')
  const range = round(maximum - minimum)
  const fixed = (value: number): bigint => (range === 0 ? 0n : BigInt(Math.trunc(value)))
  const centre = round(round(fromMinimum + fromMaximum) / 2)
  const scale = fixed((255 * 65536 * round(fromMaximum - fromMinimum)) / range)
  const offset = fixed(round(round(centre * round(255 / range)) * 65536)) - fixed((65536 * (minimum * 255)) / range)
  const result = new Uint8Array(input.size)
  for (const [index, value] of (input.values() as Int32Array).entries()) {
    const scaled = Number(((BigInt.asIntN(64, BigInt(value) * scale) >> 32n) + offset + 32768n) >> 16n)
    result[index] = Math.min(Math.max(scaled, 0), 255)
  }
  return [Tensor.of('quint8', input.shape, result), floatScalar(minimum), floatScalar(maximum)]
}

/** The float that an integer stands for, as TensorFlow's scalar code computes it in double. */
export function quantizedToFloat(value: number, dtype: DataType, minimum: number, maximum: number): number {
  if (minimum === maximum) return minimum
  const { lowest, steps } = quantizedRange(dtype)
  const range = round(maximum - minimum) * (steps / (steps - 1))
  const step = range / steps
  const first = roundHalfAway(round(minimum / round(step))) * round(step)
  return round(first + (value - lowest) * step)
}

/** The integer that stands for a float, beyond the dtype's own range where it lies there. */
export function floatToQuantized(value: number, dtype: DataType, minimum: number, maximum: number): number {
  if (minimum === maximum) return 0
  const { lowest, steps } = quantizedRange(dtype)
  const scale = steps / (round(maximum - minimum) * (steps / (steps - 1)))
  return roundHalfAway(value * scale) - roundHalfAway(minimum * scale) + lowest
}

/** The range that the integers use, of the one they could; it holds 0 below. */
function requantizationRange(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [minimum, maximum] = [call.scalar(1), call.scalar(2)]
  const { lowest, highest } = quantizedRange(input.dtype)
  let [least, most] = [highest, lowest]
  for (const value of input.values() as Int32Array) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const used = (value: number): number => quantizedToFloat(value, input.dtype, minimum, maximum)
  return [floatScalar(Math.min(used(least), 0)), floatScalar(used(most))]
}

function quantizedReshape(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const sizes = call.ints(1)
  const open = sizes.indexOf(-1)
  if (open >= 0) sizes[open] = input.size / -sizes.reduce((product, size) => product * size, 1)
  return [reshaped(input, sizes), call.input(2), call.input(3)]
}

/** Clamped between the integers that 0 and 6 have. */
function quantizedRelu6(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const { lowest, highest } = quantizedRange(input.dtype)
  const [zero, six] = [0, 6].map((value) => {
    const quantized = floatToQuantized(value, input.dtype, call.scalar(1), call.scalar(2))
    return Math.min(Math.max(quantized, lowest), highest)
  }) as [number, number]
  const result = quantizedArray(input.dtype, input.size)
  for (const [index, value] of (input.values() as Int32Array).entries()) {
    result[index] = Math.min(Math.max(value, zero), six)
  }
  return [Tensor.of(input.dtype, input.shape, result), call.input(1), call.input(2)]
}

function quantizedRelu(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const { lowest, highest } = quantizedRange(input.dtype)
  const zero = floatToQuantized(0, input.dtype, call.scalar(1), call.scalar(2))
  const clamped = Math.min(Math.max(zero, lowest), highest)
  const result = quantizedArray(input.dtype, input.size)
  for (const [index, value] of (input.values() as Int32Array).entries()) result[index] = Math.max(value, clamped)
  return [Tensor.of(input.dtype, input.shape, result), call.input(1), call.input(2)]
}

/** Rounds to one of 2^bits floats between a minimum and a maximum that are moved so that 0 is one of them. */
function fakeQuantize(minimumOf: (call: KernelCall) => number, maximumOf: (call: KernelCall) => number): Kernel['run'] {
  return (call) => {
    const input = call.input(0)
    const quantize = fakeQuantizer(call, minimumOf(call), maximumOf(call))
    return [Tensor.of('float32', input.shape, (loadFlushed(input) as Float32Array).map(quantize))]
  }
}

function fakeQuantizer(call: KernelCall, minimum: number, maximum: number): (value: number) => number {
  const low = call.boolAttr('narrow_range') ? 1 : 0
  const high = 2 ** (call.intAttr('num_bits') ?? 8) - 1
  if (minimum === 0 && maximum === 0) return () => 0
  const step = round(round(maximum - minimum) / (high - low))
  const zeroPoint = round(low - round(minimum / step))
  const nudged = zeroPoint < low ? low : zeroPoint > high ? high : roundHalfAway(zeroPoint)
  const [first, last] = [round(round(low - nudged) * step), round(round(high - nudged) * step)]
  const inverse = round(1 / step)
  const zero = Math.floor(round(round(round(0 - first) * inverse) + 0.5))
  return (value) => {
    const clamped = Math.min(Math.max(value, first), last)
    const shifted = round(clamped - first)
    return round(Math.floor(round(round(round(shifted * inverse) - zero) + 0.5)) * step)
  }
}

/** With a range for each index of the last axis. */
function fakeQuantizeChannels(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [minimums, maximums] = [1, 2].map((index) => loadFlushed(call.input(index)) as Float32Array)
  const channels = input.shape.at(-1)
  if (channels !== minimums!.length || channels !== maximums!.length)
    throw new KernelError('there is not a range a channel')
  const quantizers = Array.from(minimums!, (minimum, channel) => fakeQuantizer(call, minimum, maximums![channel]!))
  const values = (loadFlushed(input) as Float32Array).map((value, index) => quantizers[index % channels!]!(value))
  return [Tensor.of('float32', input.shape, values)]
}

export const quantizationKernels: readonly Kernel[] = [
  { ops: ['Dequantize'], dtypes: quantized, run: dequantize },
  { ops: ['QuantizeV2'], dtypes: ['float32'], run: quantizeV2 },
  { ops: ['Requantize'], dtypes: ['qint32'], run: requantize },
  { ops: ['RequantizationRange'], dtypes: ['qint32'], run: requantizationRange },
  { ops: ['QuantizedReshape'], dtypes: ['quint8', 'qint32'], run: quantizedReshape },
  { ops: ['QuantizedRelu'], dtypes: ['quint8', 'qint32'], run: quantizedRelu },
  {
    ops: ['FakeQuantWithMinMaxArgs'],
    dtypes: ['float32'],
    run: fakeQuantize(
      (call) => call.floatAttr('min') ?? -6,
      (call) => call.floatAttr('max') ?? 6,
    ),
  },
  { ops: ['FakeQuantWithMinMaxVarsPerChannel'], dtypes: ['float32'], run: fakeQuantizeChannels },
  { ops: ['QuantizedRelu6'], dtypes: ['quint8', 'qint32'], run: quantizedRelu6 },
  { ops: ['QuantizeDownAndShrinkRange'], dtypes: ['qint32'], run: shrinkRange },
  {
    ops: ['FakeQuantWithMinMaxVars'],
    dtypes: ['float32'],
    run: fakeQuantize(
      (call) => call.scalar(1),
      (call) => call.scalar(2),
    ),
  },
]
