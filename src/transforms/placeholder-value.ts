import { type DataType, historicalDataType, newElements } from '../graph/data-type.js'
import { elementCount, printShape, type Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { toBfloat16, toFloat16 } from '../kernels/half-precision.js'
import { BadValue } from './options.js'

/** A value as it is written, before the dtype of its placeholder is known. Numbers stay text, so that no digit is lost. */
export type Literal =
  | { kind: 'bool'; value: boolean }
  | { kind: 'number'; text: string }
  | { kind: 'text'; value: string }
  | { kind: 'list'; items: readonly Literal[] }

/**
 * Reads `false`, `0.5`, `-1e-3`, `inf`, `"a text"` and lists of them, `[1, 2]` or `[[1, 2], [3, 4]]`; Python's `True` and
 * `False` too.
 * @throws BadValue
 */
export function parseLiteral(text: string): Literal {
  let at = 0
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const read = (): Literal => {
    space()
    const first = text[at]
    if (first === '"' || first === "'") {
      const end = text.indexOf(first, at + 1)
      if (end < 0) throw new BadValue(`the text is not ended: ${text}`)
      const value = text.slice(at + 1, end)
      at = end + 1
      return { kind: 'text', value }
    }
    if (first !== '[') return readWord()
    at++
    const items: Literal[] = []
    for (space(); text[at] !== ']'; space()) {
      if (items.length > 0 && text[at++] !== ',') throw new BadValue(`a list lacks a comma or its end: ${text}`)
      items.push(read())
    }
    at++
    return { kind: 'list', items }
  }
  const readWord = (): Literal => {
    const word = /^[^\s,[\]]*/.exec(text.slice(at))![0]
    at += word.length
    if (/^(true|false)$/i.test(word)) return { kind: 'bool', value: word.toLowerCase() === 'true' }
    if (/^[-+]?(\d+\.?\d*(e[-+]?\d+)?|\.\d+(e[-+]?\d+)?|inf|nan)$/i.test(word)) return { kind: 'number', text: word }
    if (word === '') throw new BadValue('a value is missing')
    throw new BadValue(`"${word}" is neither true or false nor a number; write a text in quotes: "${word}"`)
  }
  const literal = read()
  space()
  if (at < text.length) throw new BadValue(`"${text.slice(at)}" stands behind the value`)
  return literal
}

/** A literal as canonical text: the same value is written the same way. */
export function printLiteral(literal: Literal): string {
  if (literal.kind === 'bool') return String(literal.value)
  if (literal.kind === 'number') return literal.text.toLowerCase()
  if (literal.kind === 'list') return `[${literal.items.map(printLiteral).join(',')}]`
  return literal.value.includes('"') ? `'${literal.value}'` : `"${literal.value}"`
}

/**
 * The tensor that a literal is in a dtype.
 * @param shape of the placeholder, as far as it is known
 * @throws BadValue where the literal is of another kind, out of the dtype's range or of another shape
 */
export function literalTensor(literal: Literal, dtype: DataType, shape: Shape): Tensor {
  const own = shapeOf(literal)
  if (!fits(own, shape)) {
    const given = own.length === 0 ? 'is one value' : `has the shape ${printShape(own)}`
    throw new BadValue(`${printLiteral(literal)} ${given}, and the placeholder's shape is ${printShape(shape)}`)
  }
  const leaves = flatten(literal)
  if (dtype === 'string') {
    const encoder = new TextEncoder()
    return Tensor.ofStrings(
      own,
      leaves.map((leaf) => encoder.encode(textOf(leaf))),
    )
  }
  const values = elements(leaves, dtype)
  return elementCount(own) <= 1 ? Tensor.ofList(dtype, own, values) : Tensor.of(dtype, own, values)
}

function shapeOf(literal: Literal): number[] {
  if (literal.kind !== 'list') return []
  const [first, ...others] = literal.items.map(shapeOf)
  if (others.some((other) => other.join() !== first!.join())) {
    throw new BadValue(`${printLiteral(literal)} has rows of different lengths`)
  }
  return [literal.items.length, ...(first ?? [])]
}

function fits(own: readonly number[], shape: Shape): boolean {
  if (shape === null) return true
  return own.length === shape.length && shape.every((size, axis) => size === null || size === own[axis])
}

function flatten(literal: Literal): Literal[] {
  return literal.kind === 'list' ? literal.items.flatMap(flatten) : [literal]
}

function textOf(leaf: Literal): string {
  if (leaf.kind === 'text') return leaf.value
  throw new BadValue(`the placeholder holds texts; write "${printLiteral(leaf)}" in quotes`)
}

/** The least and the largest value of each dtype of integers. */
const integerRanges: Partial<Record<DataType, readonly [bigint, bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/** The largest finite value of each float type. */
const largestFloats: Partial<Record<DataType, number>> = {
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
}

function elements(leaves: readonly Literal[], dtype: DataType): ReturnType<typeof newElements> {
  const range = integerRanges[dtype]
  const largest = largestFloats[dtype]
  const name = historicalDataType(dtype)
  if (dtype === 'bool') {
    return Uint8Array.from(leaves, (leaf) => {
      if (leaf.kind === 'bool') return Number(leaf.value)
      throw new BadValue(`${printLiteral(leaf)} is neither true nor false, and the placeholder's dtype is bool`)
    })
  }
  if (range) {
    const values = newElements(dtype, leaves.length)
    for (const [index, leaf] of leaves.entries()) {
      const value = integerOf(leaf, name)
      if (value < range[0] || value > range[1])
        throw new BadValue(`${printLiteral(leaf)} is out of the range of ${name}`)
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[index] = value
      else values[index] = Number(value)
    }
    return values
  }
  if (largest === undefined) throw new BadValue(`a placeholder of dtype ${name} cannot be bound`)
  const numbers = leaves.map((leaf) => {
    const value = numberOf(leaf, name)
    if (Number.isFinite(value) ? Math.abs(value) <= largest : !/\d/.test(printLiteral(leaf))) return value
    throw new BadValue(`${printLiteral(leaf)} is out of the range of ${name}`)
  })
  if (dtype === 'float64') return Float64Array.from(numbers)
  const floats = Float32Array.from(numbers)
  if (dtype === 'float16') return toFloat16(floats)
  return dtype === 'bfloat16' ? toBfloat16(floats) : floats
}

function numberOf(leaf: Literal, dtype: string): number {
  if (leaf.kind !== 'number')
    throw new BadValue(`${printLiteral(leaf)} is no number, and the placeholder's dtype is ${dtype}`)
  return Number(leaf.text.toLowerCase().replace('inf', 'Infinity').replace('nan', 'NaN').replace(/^\+/, ''))
}

function integerOf(leaf: Literal, dtype: string): bigint {
  const value = numberOf(leaf, dtype)
  if (leaf.kind === 'number' && /^[-+]?\d+$/.test(leaf.text)) return BigInt(leaf.text.replace(/^\+/, ''))
  if (Number.isInteger(value)) return BigInt(value)
  throw new BadValue(`${printLiteral(leaf)} is no whole number, and the placeholder's dtype is ${dtype}`)
}
