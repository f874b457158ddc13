// Loops over float32 elements, four at a time, in AssemblyScript. ../float32.ts puts the elements at `valuesAt`, calls a loop and
// takes the results; ../generate.mjs compiles this. All arithmetic is IEEE 754 single precision, rounded after each operation,
// unless said otherwise.

/** How many elements one call takes at most: they and their results stay in the processor's cache. */
export const capacity: i32 = 16384

/** Where the elements lie: float32, and the last one repeated until their number is a multiple of {@link stride}. */
export const valuesAt: i32 = 1024
/** Where the factors lie: float64. */
export const factorsAt: i32 = valuesAt + capacity * 4
/** Where bytes are written. */
export const bytesAt: i32 = factorsAt + (capacity + 4) * 8
/** Where a loop leaves what it found: four float32 that hold the smallest number, then four that hold the largest. */
export const resultsAt: i32 = 0
/** How many elements a loop may take a turn. */
export const stride: i32 = 16

/** The smallest and the largest element; NaN where one of them is. */
export function range(count: i32): void {
  let low = v128.load(valuesAt)
  let high = low
  let low2 = low
  let high2 = low
  for (let at = valuesAt, end = valuesAt + (count << 2); at < end; at += 32) {
    const values = v128.load(at)
    const values2 = v128.load(at, 16)
    low = f32x4.min(low, values)
    high = f32x4.max(high, values)
    low2 = f32x4.min(low2, values2)
    high2 = f32x4.max(high2, values2)
  }
  store(f32x4.min(low, low2), f32x4.max(high, high2))
}

/** Leaves the results: the caller takes the smallest of the first four and the largest of the others. */
function store(low: v128, high: v128): void {
  v128.store(resultsAt, low)
  v128.store(resultsAt, high, 16)
}

/**
 * Multiplies each element by its factor in float64, or divides it. There are `period` factors, and the first three again behind
 * them.
 */
export function scale(count: i32, period: i32, divides: bool): void {
  for (let at = valuesAt, end = valuesAt + (count << 2), channel = 0; at < end; at += 16) {
    const values = v128.load(at)
    const factors = factorsAt + (channel << 3)
    const low = scaled(f64x2.promote_low_f32x4(values), v128.load(factors), divides)
    const high = scaled(f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 1)), v128.load(factors, 16), divides)
    v128.store(at, i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2))
    channel += 4
    if (channel >= period) channel %= period
  }
}

function scaled(values: v128, factors: v128, divides: bool): v128 {
  return divides ? f64x2.div(values, factors) : f64x2.mul(values, factors)
}

/** The middle of the bucket in which an element lies: min + width * (min(trunc((value - min) / width), last) + 0.5). */
function middle(values: v128, min: v128, width: v128, last: v128): v128 {
  const index = f32x4.trunc(f32x4.div(f32x4.sub(values, min), width))
  // As in an int32, the first index too large becomes the lowest.
  const beyond = v128.and(f32x4.ge(index, f32x4.splat(2147483648)), f32x4.splat(4294967296))
  const bucket = f32x4.pmin(f32x4.sub(index, beyond), last)
  return f32x4.add(min, f32x4.mul(width, f32x4.add(bucket, f32x4.splat(0.5))))
}

/** Puts each element in the middle of its bucket. */
export function round(count: i32, min: f32, width: f32, last: f32): void {
  for (let at = valuesAt, end = valuesAt + (count << 2); at < end; at += 16) {
    v128.store(at, middle(v128.load(at), f32x4.splat(min), f32x4.splat(width), f32x4.splat(last)))
  }
}

/** How far {@link round} moves an element: down at most, as a negative number or 0, and up at most. */
export function moves(count: i32, min: f32, width: f32, last: f32): void {
  let down = f32x4.splat(0)
  let up = f32x4.splat(0)
  for (let at = valuesAt, end = valuesAt + (count << 2); at < end; at += 16) {
    const values = v128.load(at)
    const moved = f32x4.sub(middle(values, f32x4.splat(min), f32x4.splat(width), f32x4.splat(last)), values)
    down = f32x4.pmin(down, moved)
    up = f32x4.pmax(up, moved)
  }
  store(down, up)
}

/** The integer nearest to each of two float64 numbers, halves away from zero, as four int32 of which the last two are 0. */
function nearest(scaled: v128): v128 {
  const whole = f64x2.trunc(scaled)
  const rest = f64x2.sub(scaled, whole)
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(whole, f64x2.trunc(f64x2.add(rest, rest))))
}

/**
 * Writes each element as a byte: the integer nearest to value * scale in float64, less `lowest`, from 0 to 255. Byte `b` stands for
 * first + b * step. How far that is from the elements are the results, as in {@link moves}.
 */
export function quantize(count: i32, scale: f64, lowest: i32, first: f32, step: f32): void {
  let down = f32x4.splat(0)
  let up = f32x4.splat(0)
  for (let at = valuesAt, end = valuesAt + (count << 2), to = bytesAt; at < end; at += 16, to += 4) {
    const values = v128.load(at)
    const low = nearest(f64x2.mul(f64x2.promote_low_f32x4(values), f64x2.splat(scale)))
    const high = nearest(f64x2.mul(f64x2.promote_low_f32x4(i64x2.shuffle(values, values, 1, 1)), f64x2.splat(scale)))
    const number = i32x4.sub(i64x2.shuffle(low, high, 0, 2), i32x4.splat(lowest))
    const byte = i32x4.min_s(i32x4.max_s(number, i32x4.splat(0)), i32x4.splat(255))
    const words = i16x8.narrow_i32x4_s(byte, byte)
    i32.store(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0))
    const level = f32x4.add(f32x4.splat(first), f32x4.mul(f32x4.convert_i32x4_s(byte), f32x4.splat(step)))
    const moved = f32x4.sub(level, values)
    down = f32x4.pmin(down, moved)
    up = f32x4.pmax(up, moved)
  }
  store(down, up)
}
