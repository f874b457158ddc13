import { newElements } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { broadcastShape, broadcastStrides, combine } from './broadcast.js'
import { type Kernel, type KernelCall, KernelError } from './kernel.js'
import { eachRow, rowStrides } from './strided.js'

/** Strings joined element by element; scalars go with all. */
function join(call: KernelCall): Tensor[] {
  const separator = Buffer.from(call.stringAttr('separator'))
  const shape = call.inputs.find((input) => input.shape.length > 0)?.shape ?? []
  const parts = call.inputs.map((input) => input.strings())
  if (call.inputs.some((input) => input.shape.length > 0 && String(input.shape) !== String(shape))) {
    throw new KernelError('the shapes differ')
  }
  const joined = Array.from({ length: elementCount(shape) }, (_, at) =>
    Buffer.concat(
      parts.flatMap((strings, index) => [...(index > 0 ? [separator] : []), strings[strings.length === 1 ? 0 : at]!]),
    ),
  )
  return [Tensor.ofStrings(shape, joined)]
}

/** Pairs of strings joined. */
function add(call: KernelCall): Tensor[] {
  const [a, b] = [call.input(0), call.input(1)]
  const shape = broadcastShape(a.shape, b.shape)
  const result = new Array<Uint8Array>(elementCount(shape))
  const join = (left: Uint8Array, right: Uint8Array): Uint8Array => Buffer.concat([left, right])
  combine(result, shape, { values: a.strings(), shape: a.shape }, { values: b.strings(), shape: b.shape }, join)
  return [Tensor.ofStrings(shape, result)]
}

function empty(call: KernelCall): Tensor[] {
  const { shape, size } = call.input(0)
  return [Tensor.ofStrings(shape, new Array<Uint8Array>(size).fill(new Uint8Array(0)))]
}

/** How many bytes, or UTF-8 characters. */
function length(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const ofCharacters = call.stringAttr('unit') === 'UTF8_CHAR'
  const count = (value: Uint8Array): number =>
    ofCharacters ? value.filter((byte) => (byte & 0xc0) !== 0x80).length : value.length
  return [Tensor.of('int32', input.shape, Int32Array.from(input.strings(), count))]
}

/** ASCII letters in the other case; with an encoding all letters, which needs tables that are not here. */
function changeCase(first: number, change: number): (call: KernelCall) => Tensor[] {
  return (call) => {
    if (call.stringAttr('encoding') !== '') throw new KernelError('only ASCII letters are changed')
    const input = call.input(0)
    const changed = input
      .strings()
      .map((value) => value.map((byte) => (byte >= first && byte < first + 26 ? byte + change : byte)))
    return [Tensor.ofStrings(input.shape, changed)]
  }
}

/** Bytes from a position on; a position below 0 counts from the end. */
function part(call: KernelCall): Tensor[] {
  if (call.stringAttr('unit') === 'UTF8_CHAR') throw new KernelError('only bytes are counted')
  const [input, positions, lengths] = [call.input(0), call.input(1), call.input(2)]
  const shape = broadcastShape(input.shape, positions.shape)
  const [texts, starts, counts] = [input.strings(), positions.numbers(), lengths.numbers()]
  const result = new Array<Uint8Array>(elementCount(shape))
  const strides = [rowStrides(shape), broadcastStrides(input.shape, shape), broadcastStrides(positions.shape, shape)]
  eachRow(shape, strides, ([write, i, j], [, step, move], size) => {
    for (let at = 0; at < size; at++) {
      const text = texts[i! + at * step!]!
      const from = starts[j! + at * move!]!
      const start = from < 0 ? from + text.length : from
      if (start < 0 || start > text.length)
        throw new KernelError(`there is no position ${from} in ${text.length} bytes`)
      result[write! + at] = text.slice(start, start + Math.max(counts[j! + at * move!]!, 0))
    }
  })
  return [Tensor.ofStrings(shape, result)]
}

/** Decimal numbers. */
function toNumber(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const dtype = call.typeAttr('out_type') ?? 'float32'
  const isInteger = dtype.startsWith('int')
  const wanted = isInteger ? /^\s*[+-]?\d+\s*$/ : /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i
  const result = newElements(dtype, input.size)
  for (const [at, value] of input.strings().entries()) {
    const text = Buffer.from(value).toString('latin1')
    if (!wanted.test(text)) throw new KernelError(`"${text}" is no number`)
    result[at] = dtype === 'int64' ? BigInt(text.trim().replace('+', '')) : Number(text)
    if (dtype === 'int32' && result[at] !== Number(text)) throw new KernelError(`"${text}" does not fit int32`)
  }
  return [Tensor.of(dtype, input.shape, result)]
}

export const textKernels: readonly Kernel[] = [
  { ops: ['Add'], dtypes: ['string'], run: add },
  { ops: ['ZerosLike'], dtypes: ['string'], run: empty },
  { ops: ['StringJoin'], dtypes: ['string'], run: join },
  { ops: ['StringLength'], dtypes: ['string'], run: length },
  { ops: ['StringLower'], dtypes: ['string'], run: changeCase(65, 32) },
  { ops: ['StringUpper'], dtypes: ['string'], run: changeCase(97, -32) },
  { ops: ['Substr'], dtypes: ['string'], run: part },
  { ops: ['StringToNumber'], dtypes: ['string'], run: toNumber },
]
