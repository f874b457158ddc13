import type { Graph } from '../graph/graph.js'
import { Tensor } from '../graph/tensor.js'
import type { Buckets } from '../simd/float32.js'
import { type FloatConstant, floatChunks, floatConstants } from './float-constants.js'
import { LargestError } from './largest-error.js'
import { replaceByQuantized } from './quantized-constant.js'
import { roundFloatConstants } from './rounded-constant.js'
import type { Reporter } from './transform.js'
import { byteSteps, type Quantized, roundHalfAway } from './weight-quantization.js'
import { magnitudeOf, smallestNormal, type WeightRange, weightRange } from './weight-range.js'

const { fround } = Math

/** Rounds every float constant to 2^bits values between its smallest and its largest element. */
export function roundConstants(graph: Graph, bits: number, report: Reporter): void {
  const keeps = (tensor: Tensor, { min, max }: WeightRange): boolean => min === max || tensor.size === 0
  roundFloatConstants(graph, { keeps, bucketsOf: (range) => bucketsOf(range, 2 ** bits) }, report)
}

/** The largest element falls into the last bucket. */
function bucketsOf({ min, max }: WeightRange, levels: number): Buckets | undefined {
  const width = fround(fround(max - min) / levels)
  return Number.isFinite(width) && width > 0 ? { min, width, last: levels - 1 } : undefined
}

export type QuantizationMode = 'MIN_FIRST' | 'MIN_COMBINED'

const suffixes = ['_quint8_const', '_min', '_max'] as const

/** Stores float constants as bytes, in the form and with the numbers of the Python tool. */
export class ConstantQuantizer {
  readonly #graph: Graph
  readonly #mode: QuantizationMode
  readonly #report: Reporter
  readonly #largest = new LargestError()

  constructor(graph: Graph, mode: QuantizationMode, report: Reporter) {
    this.#graph = graph
    this.#mode = mode
    this.#report = report
  }

  /** Whether the constant was stored as bytes; where not, the reason is reported. */
  quantize({ node, tensor }: FloatConstant): boolean {
    const range = tensor.isSplat ? undefined : weightRange(tensor)
    const obstacle = range ? obstacleOf(range) : 'it is stored as one repeated value, which is smaller'
    if (!range || obstacle !== undefined) {
      this.#report.skip(node, obstacle!)
      return false
    }
    const { low, high } = storedRange(range)
    const { tensor: bytes, error } = quantizeToBytes(tensor, low, high, this.#mode)
    const stored = { bytes, low: scalar(low), high: scalar(high), mode: this.#mode, suffixes }
    replaceByQuantized(this.#graph, node, stored, this.#report)
    this.#largest.see(node, error, magnitudeOf(range))
    return true
  }

  /** Notes the largest error. */
  finish(): void {
    this.#largest.note(this.#report)
  }
}

/** Stores every float constant as bytes. */
export function quantizeConstants(graph: Graph, mode: QuantizationMode, report: Reporter): void {
  const quantizer = new ConstantQuantizer(graph, mode, report)
  for (const constant of floatConstants(graph)) quantizer.quantize(constant)
  quantizer.finish()
}

const scalar = (value: number): Tensor => Tensor.ofList('float32', [], Float32Array.of(value))

/** The range holds 0; that of zeros goes up to 1. */
function storedRange({ min, max }: WeightRange): { low: number; high: number } {
  const [low, high] = [Math.min(0, min), Math.max(0, max)]
  return { low, high: low === high ? 1 : high }
}

function obstacleOf(range: WeightRange): string | undefined {
  if (!range.isFinite) return 'it holds NaN or infinity'
  if (range.min > range.max) return 'it has no elements'
  const { low, high } = storedRange(range)
  const step = fround(fround(high - low) / 255)
  if (step < smallestNormal) return 'its elements are too small for steps of float32'
  return Number.isFinite(step) ? undefined : 'its range is beyond float32'
}

/**
 * Bytes as TensorFlow's QuantizeV2 makes them over a range that it need not widen, in float32.
 * (tensorflow/core/kernels/quantize_op.cc)
 */
function quantizeToBytes(tensor: Tensor, low: number, high: number, mode: QuantizationMode): Quantized {
  const scale = fround(255 / fround(high - low))
  const lowest = fround(roundHalfAway(fround(low * scale)))
  const levels = mode === 'MIN_FIRST' ? minFirstLevels(low, high) : combinedLevels(low, high)
  const bytes = new Uint8Array(tensor.size)
  let error = 0
  for (const { values, start } of floatChunks(tensor)) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      const byte =
        mode === 'MIN_FIRST'
          ? fround(fround(roundHalfAway(fround(value * scale))) - lowest)
          : Math.trunc(fround(fround(fround(value - low) * scale) + 0.5))
      const kept = Math.min(Math.max(byte, 0), 255)
      bytes[start + index] = kept
      error = Math.max(error, Math.abs(value - levels[kept]!))
    }
  }
  // One element is stored in the typed field, as Python's make_tensor_proto does.
  const form = tensor.size === 1 ? Tensor.ofList : Tensor.of
  return { tensor: form('quint8', tensor.shape, bytes), error }
}

/** What Dequantize makes of each byte in mode MIN_FIRST, in float32. */
function minFirstLevels(low: number, high: number): Float32Array {
  const { first, step } = byteSteps(low, high)
  return Float32Array.from({ length: 256 }, (_, byte) => first + fround(byte * step))
}

/** What Dequantize makes of each byte in mode MIN_COMBINED, in float32. */
function combinedLevels(low: number, high: number): Float32Array {
  const step = fround(fround(high - low) / 255)
  return Float32Array.from({ length: 256 }, (_, byte) => fround(byte * step) + low)
}
