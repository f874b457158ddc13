/** Coefficients of Stirling's series: B(2k) / (2k (2k - 1)). */
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400]

/** Bernoulli's numbers B(2), B(4), ... */
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]

/** How far a number is from the nearest integer: what sine and tangent see of a large multiple of π. */
function fromInteger(value: number): number {
  return value - Math.round(value)
}

/** The logarithm of the magnitude of the gamma function: Stirling's series from 10 on, and the recurrence below. */
export function lgamma(value: number): number {
  if (Number.isNaN(value)) return value
  if (!Number.isFinite(value)) return Number.POSITIVE_INFINITY
  if (value <= 0 && Number.isInteger(value)) return Number.POSITIVE_INFINITY
  if (value === 1 || value === 2) return 0
  if (value < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * fromInteger(value)))) - lgamma(1 - value)
  let shifted = value
  let product = 1
  for (; shifted < 10; shifted++) product *= shifted
  const inverse = 1 / (shifted * shifted)
  let series = 0
  for (const coefficient of stirling.toReversed()) series = series * inverse + coefficient
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + Math.log(2 * Math.PI) / 2 + series / shifted - Math.log(product)
  )
}

/** The derivative of the logarithm of the gamma function. */
export function digamma(value: number): number {
  if (value <= 0) {
    if (Number.isInteger(value)) return Number.NaN
    return digamma(1 - value) - Math.PI / Math.tan(Math.PI * fromInteger(value))
  }
  let shifted = value
  let sum = 0
  for (; shifted < 10; shifted++) sum -= 1 / shifted
  const inverse = 1 / (shifted * shifted)
  let series = 0
  for (const [index, number] of [...bernoulli.entries()].toReversed())
    series = (series + number / (2 * index + 2)) * inverse
  return sum + Math.log(shifted) - 0.5 / shifted - series
}

/** Hurwitz's zeta function by Euler and Maclaurin's formula. */
export function zeta(exponent: number, start: number): number {
  if (exponent === 1) return Number.POSITIVE_INFINITY
  if (exponent < 1) return Number.NaN
  if (start <= 0) {
    if (Number.isInteger(start)) return exponent % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NaN
    if (!Number.isInteger(exponent)) return Number.NaN
  }
  let base = start
  let sum = 0
  for (; base < 10 || base <= 0; base++) sum += base ** -exponent
  let term = base ** -exponent
  sum += (term * base) / (exponent - 1) + term / 2
  let factor = exponent / base
  for (const [index, number] of bernoulli.entries()) {
    const k = 2 * index + 2
    let factorial = 1
    for (let n = 2; n <= k; n++) factorial *= n
    sum += (number / factorial) * factor * term
    factor *= ((exponent + k - 1) * (exponent + k)) / (base * base)
    if (Math.abs(factor * term) < 1e-20 * Math.abs(sum)) term = 0
  }
  return sum
}

/** The derivatives of digamma. */
export function polygamma(order: number, value: number): number {
  if (order < 0 || !Number.isInteger(order)) return Number.NaN
  if (order === 0) return digamma(value)
  const sign = order % 2 === 0 ? -1 : 1
  return sign * Math.exp(lgamma(order + 1)) * zeta(order + 1, value)
}

/** The regularised incomplete gamma functions, lower and upper. */
export function incompleteGamma(shape: number, value: number): { lower: number; upper: number } {
  if (!(value >= 0) || !(shape > 0)) {
    const zero = value === 0 && shape > 0
    return zero ? { lower: 0, upper: 1 } : { lower: Number.NaN, upper: Number.NaN }
  }
  if (value === 0) return { lower: 0, upper: 1 }
  if (value === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 }
  const front = Math.exp(shape * Math.log(value) - value - lgamma(shape))
  if (value < shape + 1) {
    let term = 1 / shape
    let sum = term
    for (let n = 1; n < 5000 && term > sum * 1e-17; n++) {
      term *= value / (shape + n)
      sum += term
    }
    return { lower: front * sum, upper: 1 - front * sum }
  }
  // The continued fraction, by Lentz.
  let b = value + 1 - shape
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 5000; n++) {
    const a = -n * (n - shape)
    b += 2
    d = 1 / (a * d + b)
    c = b + a / c
    fraction *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return { lower: 1 - front * fraction, upper: front * fraction }
}

/** The regularised incomplete beta function, by its continued fraction on the side where that converges. */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return Number.NaN
  if (x === 0 || x === 1) return x
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x)
  const front = Math.exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < 5000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d)
    c = 1 + even / c
    fraction *= c * d
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d)
    c = 1 + odd / c
    fraction *= c * d
    if (Math.abs(c * d - 1) < 1e-16) break
  }
  return front * fraction
}
