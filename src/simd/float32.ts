import { GraphdefError } from '../errors.js'
import { float32Module } from './float32-module.js'

/**
 * Loops over float32 elements in WebAssembly, four elements at a time.
 *
 * Tried on a graph of 96 MB that is deployed and its weights rounded: JavaScript, one element at a time and in float64, spent 0.73 s
 * of 1.55 s in its loops; these take 0.12 s of 0.95 s, copying the elements in and out included. A second thread would have halved
 * the loops at best, and takes 0.04 s to start.
 */
interface Loops {
  memory: WebAssembly.Memory
  capacity: WebAssembly.Global<'i32'>
  stride: WebAssembly.Global<'i32'>
  valuesAt: WebAssembly.Global<'i32'>
  factorsAt: WebAssembly.Global<'i32'>
  bytesAt: WebAssembly.Global<'i32'>
  resultsAt: WebAssembly.Global<'i32'>
  range(count: number): void
  multiply(count: number, first: number, period: number): void
  divide(count: number, first: number, period: number): void
  round(count: number, min: number, width: number, last: number): void
  moves(count: number, min: number, width: number, last: number): void
  quantize(count: number, scale: number, lowest: number, first: number, step: number): void
}

/** The loops, and the parts of their memory as arrays. */
interface Float32Loops {
  run: Loops
  stride: number
  values: Float32Array
  factors: Float64Array
  bytes: Uint8Array
  results: Float32Array
}

let compiled: Float32Loops | undefined

function loops(): Float32Loops {
  compiled ??= instantiate()
  return compiled
}

function instantiate(): Float32Loops {
  if (typeof WebAssembly === 'undefined') {
    throw new GraphdefError('no-webassembly', {
      what: 'this Node runs without WebAssembly, which computes the weights',
      remedy: 'Start Node without --jitless, --lite-mode and --no-expose-wasm; look into NODE_OPTIONS too.',
    })
  }
  const run = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(float32Module, 'base64')), {
    env: { abort: () => {} },
  }).exports as unknown as Loops
  const { buffer } = run.memory
  const capacity = run.capacity.value
  return {
    run,
    stride: run.stride.value,
    values: new Float32Array(buffer, run.valuesAt.value, capacity),
    // The first three once more behind the last.
    factors: new Float64Array(buffer, run.factorsAt.value, capacity + 3),
    bytes: new Uint8Array(buffer, run.bytesAt.value, capacity),
    results: new Float32Array(buffer, run.resultsAt.value, 8),
  }
}

/** The two ends of something. */
export interface Ends {
  low: number
  high: number
}

/** Goes over elements in pieces, of which each is put where the loops find it. */
function inPieces(values: Float32Array, visit: (loops: Float32Loops, count: number, start: number) => void): void {
  const all = loops()
  const capacity = all.values.length
  for (let start = 0; start < values.length; start += capacity) {
    const count = Math.min(capacity, values.length - start)
    all.values.set(count === values.length ? values : values.subarray(start, start + count))
    // The last one repeated changes neither a range nor how far elements move.
    const padded = Math.ceil(count / all.stride) * all.stride
    if (padded > count) all.values.fill(values[start + count - 1]!, count, padded)
    visit(all, count, start)
  }
}

/** What loops that look for ends have found, piece by piece. */
function widen(ends: Ends, { results }: Float32Loops): void {
  ends.low = Math.min(ends.low, results[0]!, results[1]!, results[2]!, results[3]!)
  ends.high = Math.max(ends.high, results[4]!, results[5]!, results[6]!, results[7]!)
}

/** The smallest and the largest element: both NaN where one of them is NaN, Infinity and -Infinity where there is none. */
export function rangeOf(values: Float32Array): Ends {
  const ends = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }
  inPieces(values, (all, count) => {
    all.run.range(count)
    widen(ends, all)
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
  inPieces(values, (all, count, start) => {
    const { offset, period } = placeFactors(all.factors, factors, first + start, count)
    if (factors.divides) all.run.divide(count, offset, period)
    else all.run.multiply(count, offset, period)
    target.set(all.values.subarray(0, count), start)
  })
}

/** Puts the factors of `count` elements, from the one numbered `first` on, where the loops find them. */
function placeFactors(
  place: Float64Array,
  { values, run }: CyclicFactors,
  first: number,
  count: number,
): { offset: number; period: number } {
  const channels = values.length
  if (run === 1 && channels <= count) {
    place.set(values)
    for (let more = 0; more < 3; more++) place[channels + more] = values[more % channels]!
    return { offset: first % channels, period: channels }
  }
  for (let from = 0, to = 0; from < count; from = to) {
    const channel = Math.trunc((first + from) / run) % channels
    if (run === 1) {
      to = Math.min(from + channels - channel, count)
      place.set(values.subarray(channel, channel + to - from), from)
    } else {
      to = Math.min(from + run - ((first + from) % run), count)
      place.fill(values[channel]!, from, to)
    }
  }
  return { offset: 0, period: count }
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
  inPieces(values, (all, count, start) => {
    all.run.round(count, min, width, last)
    target.set(all.values.subarray(0, count), start)
  })
}

/** How far {@link roundElements} moves an element at most, in float32. */
export function largestMove(values: Float32Array, { min, width, last }: Buckets): number {
  const ends = { low: 0, high: 0 }
  inPieces(values, (all, count) => {
    all.run.moves(count, min, width, last)
    widen(ends, all)
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
  inPieces(values, (all, count, start) => {
    all.run.quantize(count, bytes.scale, bytes.lowest, bytes.first, bytes.step)
    target.set(all.bytes.subarray(0, count), start)
    widen(ends, all)
  })
  return Math.max(-ends.low, ends.high)
}
