import { historicalDataType } from '../graph/data-type.js'
import type { StaticShape } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { fromBfloat16, fromFloat16 } from '../kernels/half-precision.js'

/** How many elements TensorFlow's `Tensor::DebugString` shows. */
const shown = 3

/** A tensor as TensorFlow's `Tensor::DebugString` writes it: `Tensor<type: float shape: [3] values: 0 1 2>`. */
export function tensorDebugText(tensor: Tensor): string {
  const { dtype, shape } = tensor
  return `Tensor<type: ${historicalDataType(dtype)} shape: [${shape.join(',')}] values: ${valuesText(tensor)}>`
}

function valuesText(tensor: Tensor): string {
  const texts = elementTexts(tensor)
  const rest = tensor.size > shown ? '...' : ''
  return (tensor.shape.length === 0 ? texts.join(' ') : rowsText(texts, tensor.shape)) + rest
}

/** The first elements; those of types that TensorFlow does not print are `?`. */
function elementTexts(tensor: Tensor): string[] {
  const count = Math.min(shown, tensor.size)
  if (tensor.dtype === 'string') return tensor.strings().slice(0, count).map(escaped)
  if (tensor.storage.kind === 'opaque' || tensor.dtype.startsWith('complex')) return Array(count).fill('?')
  const values = tensor.values().subarray(0, count)
  switch (tensor.dtype) {
    case 'float32':
      return Array.from(values as Float32Array, floatText)
    case 'float16':
      return Array.from(fromFloat16(values as Uint16Array), floatText)
    case 'bfloat16':
      return Array.from(fromBfloat16(values as Uint16Array), floatText)
    case 'float64':
      return Array.from(values as Float64Array, doubleText)
    default:
      return Array.from(values as ArrayLike<number | bigint>, String)
  }
}

/** Elements in brackets, one pair a row: `[1 2][3...]`; a vector has none. */
function rowsText(texts: readonly string[], shape: StaticShape): string {
  let next = 0
  const write = (axis: number): string => {
    if (next >= shown) return ''
    const extent = shape[axis]!
    let text = ''
    if (axis === shape.length - 1) {
      for (let index = 0; index < extent; index++) {
        if (next >= shown) return axis === 0 ? text : `${text}...`
        text += (index > 0 ? ' ' : '') + texts[next++]!
      }
      return text
    }
    for (let index = 0; index < extent && next < shown; index++) text += `[${write(axis + 1)}]`
    return text
  }
  return write(0)
}

/** The six digits of C's `%g` where they read back as the same float, else nine. */
function floatText(value: number): string {
  const short = numberText(value, 6)
  return Math.fround(Number(short)) === value || !Number.isFinite(value) ? short : numberText(value, 9)
}

function doubleText(value: number): string {
  const short = numberText(value, 15)
  return Number(short) === value || !Number.isFinite(value) ? short : numberText(value, 17)
}

/** C's `%.*g`. */
function numberText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? '-' : '+'
    return `${withoutZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  return withoutZeros(value.toFixed(digits - 1 - exponent))
}

function withoutZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}

/** C's escapes, octal for what has no letter. */
function escaped(bytes: Uint8Array): string {
  const letters: Record<number, string> = { 10: '\\n', 13: '\\r', 9: '\\t', 34: '\\"', 39: "\\'", 92: '\\\\' }
  return Array.from(
    bytes,
    (byte) =>
      letters[byte] ??
      (byte < 0x20 || byte >= 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)),
  ).join('')
}
