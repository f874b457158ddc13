import { GraphdefError } from '../errors.js'
import { float32Module } from './float32-module.js'

/**
 * Loops over float32 elements in WebAssembly, four elements at a time.
 *
 * Tried on a graph of 96 MB that is deployed and its weights rounded: JavaScript, one element at a time and in float64, spent 0.73 s
 * of 1.55 s in its loops; these take 0.12 s of 0.95 s, copying the elements in and out included. A second thread would have halved
 * the loops at best, and takes 0.04 s to start.
 */
interface ModuleExports {
  memory: WebAssembly.Memory
  capacity: WebAssembly.Global<'i32'>
  stride: WebAssembly.Global<'i32'>
  valuesAt: WebAssembly.Global<'i32'>
  factorsAt: WebAssembly.Global<'i32'>
  bytesAt: WebAssembly.Global<'i32'>
  resultsAt: WebAssembly.Global<'i32'>
  range(count: number): void
  scale(count: number, period: number, divides: boolean): void
  round(count: number, min: number, width: number, last: number): void
  moves(count: number, min: number, width: number, last: number): void
  quantize(count: number, scale: number, lowest: number, first: number, step: number): void
}

/** The loops, and the parts of their memory as arrays. */
interface Loops {
  exports: ModuleExports
  stride: number
  values: Float32Array
  factors: Float64Array
  bytes: Uint8Array
  results: Float32Array
}

let compiled: Loops | undefined

function compiledLoops(): Loops {
  compiled ??= instantiate()
  return compiled
}

function instantiate(): Loops {
  if (typeof WebAssembly === 'undefined') {
    throw new GraphdefError('no-webassembly', {
      what: 'this Node runs without WebAssembly, which computes the weights',
      remedy: 'Start Node without --jitless and --no-expose-wasm; look into NODE_OPTIONS too.',
    })
  }
  const module = new WebAssembly.Module(Buffer.from(float32Module, 'base64'))
  const exports = new WebAssembly.Instance(module).exports as unknown as ModuleExports
  const { buffer } = exports.memory
  const capacity = exports.capacity.value
  return {
    exports,
    stride: exports.stride.value,
    values: new Float32Array(buffer, exports.valuesAt.value, capacity),
    // The first three once more behind the last.
    factors: new Float64Array(buffer, exports.factorsAt.value, capacity + 3),
    bytes: new Uint8Array(buffer, exports.bytesAt.value, capacity),
    results: new Float32Array(buffer, exports.resultsAt.value, 8),
  }
}

/** The two ends of something. */
export interface Ends {
  low: number
  high: number
}

/** Goes over elements in pieces, of which each is put where the loops find it. */
function inPieces(values: Float32Array, visit: (loops: Loops, count: number, start: number) => void): void {
  const loops = compiledLoops()
  const capacity = loops.values.length
  for (let start = 0; start < values.length; start += capacity) {
    const count = Math.min(capacity, values.length - start)
    loops.values.set(count === values.length ? values : values.subarray(start, start + count))
    // The last one repeated changes neither a range nor how far elements move.
    const padded = Math.ceil(count / loops.stride) * loops.stride
    if (padded > count) loops.values.fill(values[start + count - 1]!, count, padded)
    visit(loops, count, start)
  }
}

/** What loops that look for ends have found, piece by piece. */
function widen(ends: Ends, { results }: Loops): void {
  ends.low = Math.min(ends.low, results[0]!, results[1]!, results[2]!, results[3]!)
  ends.high = Math.max(ends.high, results[4]!, results[5]!, results[6]!, results[7]!)
}

/** The smallest and the largest element: both NaN where one of them is NaN, Infinity and -Infinity where there is none. */
export function rangeOf(values: Float32Array): Ends {
  const ends = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }
  inPieces(values, (loops, count) => {
    loops.exports.range(count)
    widen(ends, loops)
  })
  return ends
}

/** Elements in a row have the factors in a row, and after the last the first. */
export interface CyclicFactors {
  values: Float64Array
  /** How many elements in a row have one factor. */
  run: number
  divides: boolean
}

/**
 * Multiplies elements by factors, or divides them, in float64, and rounds each once.
 *
 * @param target as long as `values`, and may be the same
 * @param first the place of the first value among the elements that the factors are for
 */
export function scaleElements(target: Float32Array, values: Float32Array, first: number, factors: CyclicFactors): void {
  inPieces(values, (loops, count, start) => {
    const period = placeFactors(loops.factors, factors, first + start, count)
    loops.exports.scale(count, period, factors.divides)
    target.set(loops.values.subarray(0, count), start)
  })
}

/**
 * Puts the factors of `count` elements, from the one numbered `first` on, where the loops find them.
 * @returns after how many elements they begin again
 */
function placeFactors(place: Float64Array, { values, run }: CyclicFactors, first: number, count: number): number {
  const channels = values.length
  const repeats = run === 1 && channels <= count
  const length = repeats ? channels + 3 : count
  for (let at = 0, next = 0; at < length; at = next) {
    const channel = Math.trunc((first + at) / run) % channels
    if (run === 1) {
      next = Math.min(at + channels - channel, length)
      place.set(values.subarray(channel, channel + next - at), at)
    } else {
      next = Math.min(at + run - ((first + at) % run), length)
      place.fill(values[channel]!, at, next)
    }
  }
  return repeats ? channels : count
}

/** Buckets of one width from `min` on; those from `last` on are one. */
export interface Buckets {
  min: number
  width: number
  last: number
}

/**
 * Puts each element in the middle of its bucket, min + width * (floor((value - min) / width) + 0.5), in float32.
 *
 * @param target as long as `values`, and may be the same
 */
export function roundElements(target: Float32Array, values: Float32Array, { min, width, last }: Buckets): void {
  inPieces(values, (loops, count, start) => {
    loops.exports.round(count, min, width, last)
    target.set(loops.values.subarray(0, count), start)
  })
}

/** How far {@link roundElements} moves an element at most, in float32. */
export function largestMove(values: Float32Array, { min, width, last }: Buckets): number {
  const ends = { low: 0, high: 0 }
  inPieces(values, (loops, count) => {
    loops.exports.moves(count, min, width, last)
    widen(ends, loops)
  })
  return Math.max(-ends.low, ends.high)
}

/** The byte of a value is round(value * scale) - lowest, from 0 to 255, and stands for first + byte * step. */
export interface ByteScale {
  scale: number
  lowest: number
  first: number
  step: number
}

/**
 * Writes elements as bytes, rounded in float64, halves away from zero.
 *
 * @param target as long as `values`
 * @returns how far an element moved at most, in float32
 */
export function quantizeElements(target: Uint8Array, values: Float32Array, bytes: ByteScale): number {
  const ends = { low: 0, high: 0 }
  inPieces(values, (loops, count, start) => {
    loops.exports.quantize(count, bytes.scale, bytes.lowest, bytes.first, bytes.step)
    target.set(loops.bytes.subarray(0, count), start)
    widen(ends, loops)
  })
  return Math.max(-ends.low, ends.high)
}
