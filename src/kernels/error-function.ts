/** exp(-x²), the square split in two so that its rounding error is not multiplied. */
function gauss(value: number): number {
  const high = Math.trunc(value * 1024) / 1024
  return Math.exp(-high * high) * Math.exp((high - value) * (high + value))
}

/** The error function: a series without cancellation, and from 3 on its complement. */
export function erf(value: number): number {
  const size = Math.abs(value)
  if (size > 3) return Math.sign(value) * (1 - erfcTail(size))
  let term = value
  let sum = value
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * value * value) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * gauss(value) * sum
}

/** 1 - erf(x), without loss where erf is near 1. */
export function erfc(value: number): number {
  if (value < 0.75) return 1 - erf(value)
  return erfcTail(value)
}

/** A continued fraction, which takes the more steps the smaller the value. */
function erfcTail(value: number): number {
  if (value > 27.3) return 0
  let fraction = 0
  for (let n = Math.ceil(20 + 320 / (value * value)); n > 0; n--) fraction = n / 2 / (value + fraction)
  return gauss(value) / Math.sqrt(Math.PI) / (value + fraction)
}
