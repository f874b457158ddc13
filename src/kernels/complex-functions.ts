/** A complex number: real and imaginary part. */
export type Complex = readonly [number, number]

export const multiply = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c]

export const conjugate = ([a, b]: Complex): Complex => [a, -b]

export const scale = ([a, b]: Complex, factor: number): Complex => [a * factor, b * factor]

const add = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d]

const subtract = ([a, b]: Complex, [c, d]: Complex): Complex => [a - c, b - d]

const one: Complex = [1, 0]
const timesI = ([a, b]: Complex): Complex => [-b, a]
const timesMinusI = ([a, b]: Complex): Complex => [b, -a]

/** Smith's division: scaled by the larger part of the divisor, so that squares do not overflow. */
export function divide([a, b]: Complex, [c, d]: Complex): Complex {
  if (Math.abs(c) >= Math.abs(d)) {
    const ratio = d / c
    const size = c + d * ratio
    return [(a + b * ratio) / size, (b - a * ratio) / size]
  }
  const ratio = c / d
  const size = c * ratio + d
  return [(a * ratio + b) / size, (b * ratio - a) / size]
}

export function isZero([a, b]: Complex): boolean {
  return a === 0 && b === 0
}

/** The distance from 0. */
export function absolute([a, b]: Complex): number {
  return Math.hypot(a, b)
}

export function angle([a, b]: Complex): number {
  return Math.atan2(b, a)
}

/** Of length 1 in the same direction; 0 of 0. */
export function sign(value: Complex): Complex {
  const size = absolute(value)
  return size === 0 ? [0, 0] : scale(value, 1 / size)
}

export function exp([a, b]: Complex): Complex {
  const size = Math.exp(a)
  return [size * Math.cos(b), size * Math.sin(b)]
}

/** exp(x) - 1 without loss near 0: the real part is expm1(a)·cos b - 2 sin²(b / 2). */
export function expm1([a, b]: Complex): Complex {
  const half = Math.sin(b / 2)
  return [Math.expm1(a) * Math.cos(b) - 2 * half * half, Math.exp(a) * Math.sin(b)]
}

export function log(value: Complex): Complex {
  return [Math.log(absolute(value)), angle(value)]
}

/** log(1 + x) without loss near 0. */
export function log1p([a, b]: Complex): Complex {
  const real =
    Math.abs(a) < 0.5 && Math.abs(b) < 0.5 ? Math.log1p(a * (2 + a) + b * b) / 2 : Math.log(Math.hypot(1 + a, b))
  return [real, Math.atan2(b, 1 + a)]
}

/** The root with a real part of at least 0. */
export function sqrt(value: Complex): Complex {
  const [a, b] = value
  if (isZero(value)) return [0, b]
  const half = Math.sqrt((Math.abs(a) + absolute(value)) / 2)
  if (a >= 0) return [half, b / (2 * half)]
  return [Math.abs(b) / (2 * half), b < 0 || Object.is(b, -0) ? -half : half]
}

export function power(base: Complex, exponent: Complex): Complex {
  if (isZero(base))
    return exponent[0] > 0 ? [0, 0] : [exponent[0] < 0 ? Number.POSITIVE_INFINITY : Number.NaN, Number.NaN]
  return exp(multiply(exponent, log(base)))
}

export const sinh = ([a, b]: Complex): Complex => [Math.sinh(a) * Math.cos(b), Math.cosh(a) * Math.sin(b)]

export const cosh = ([a, b]: Complex): Complex => [Math.cosh(a) * Math.cos(b), Math.sinh(a) * Math.sin(b)]

/** After Kahan, from the tangent of the imaginary part, without differences of numbers of one size. */
export function tanh([a, b]: Complex): Complex {
  if (Math.abs(a) > 350) return [Math.sign(a), 0]
  const tangent = Math.tan(b)
  const grown = 1 + tangent * tangent
  const s = Math.sinh(a)
  const size = 1 + grown * s * s
  return [(grown * Math.sqrt(1 + s * s) * s) / size, tangent / size]
}

export const sin = (value: Complex): Complex => timesMinusI(sinh(timesI(value)))

export const cos = (value: Complex): Complex => cosh(timesI(value))

export const tan = (value: Complex): Complex => timesMinusI(tanh(timesI(value)))

/** After Kahan ("Branch cuts for complex elementary functions", 1987), from the roots of 1 - x and 1 + x. */
export function asin(value: Complex): Complex {
  const [minus, plus] = [sqrt(subtract(one, value)), sqrt(add(one, value))]
  const real = Math.atan2(value[0], multiply(minus, plus)[0])
  return [real, Math.asinh(multiply(conjugate(minus), plus)[1])]
}

export function acos(value: Complex): Complex {
  const [minus, plus] = [sqrt(subtract(one, value)), sqrt(add(one, value))]
  return [2 * Math.atan2(minus[0], plus[0]), Math.asinh(multiply(conjugate(plus), minus)[1])]
}

export const asinh = (value: Complex): Complex => timesMinusI(asin(timesI(value)))

export function acosh(value: Complex): Complex {
  const [minus, plus] = [sqrt(subtract(value, one)), sqrt(add(value, one))]
  return [Math.asinh(multiply(conjugate(minus), plus)[0]), 2 * Math.atan2(minus[1], plus[0])]
}

export function atanh([a, b]: Complex): Complex {
  const size = Math.abs(a)
  const real = (Math.sign(a) * Math.log1p((4 * size) / ((1 - size) * (1 - size) + b * b))) / 4
  return [real, Math.atan2(2 * b, (1 - a) * (1 + a) - b * b) / 2]
}

export const atan = (value: Complex): Complex => timesMinusI(atanh(timesI(value)))

/** 1 / (1 + exp(-x)), by the side on which the exponential is small. */
export function sigmoid(value: Complex): Complex {
  if (value[0] >= 0) return divide(one, add(one, exp(scale(value, -1))))
  const grown = exp(value)
  return divide(grown, add(one, grown))
}
