/**
 * float16 (IEEE binary16) and bfloat16 to and from float32. Rounding is to nearest, ties to even; not-a-number stays one.
 * Half types are computed in float32 and rounded once, as TensorFlow's CPU kernels do.
 */

let halfTable: Float32Array | undefined

/** All 65536 values of float16: a look-up is faster than taking the bits apart, and a model has millions of them. */
function halfValues(): Float32Array {
  if (halfTable) return halfTable
  halfTable = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    let value: number
    if (exponent === 0) value = fraction * 2 ** -24
    else if (exponent === 31) value = fraction ? Number.NaN : Number.POSITIVE_INFINITY
    else value = (1 + fraction / 1024) * 2 ** (exponent - 15)
    halfTable[bits] = bits & 0x8000 ? -value : value
  }
  return halfTable
}

export function fromFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const table = halfValues()
  const values = new Float32Array(bits.length)
  for (let index = 0; index < bits.length; index++) values[index] = table[bits[index]!]!
  return values
}

export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let index = 0; index < halves.length; index++) halves[index] = halfOf(words[index]!)
  return halves
}

function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const magnitude = word & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff)
  // 65520 and more is nearer to 65536, which is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1)
    return sign | ((rounded - 0x38000000) >>> 13)
  }
  if (magnitude < 0x33000000) return sign
  const shift = 126 - (magnitude >>> 23)
  const fraction = (magnitude & 0x7fffff) | 0x800000
  const kept = fraction >>> shift
  const rest = fraction & ((1 << shift) - 1)
  const halfway = 1 << (shift - 1)
  return sign | (kept + (rest > halfway || (rest === halfway && kept & 1) ? 1 : 0))
}

export function fromBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length)
  for (let index = 0; index < bits.length; index++) words[index] = bits[index]! << 16
  return new Float32Array(words.buffer)
}

export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let index = 0; index < halves.length; index++) {
    const word = words[index]!
    const notANumber = (word & 0x7fffffff) > 0x7f800000
    halves[index] = notANumber ? ((word >>> 16) & 0x8000) | 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
  }
  return halves
}
