import type { AttrList, AttrValue } from '../../src/graph/attr.js'
import {
  type DataType,
  historicalDataType,
  parseDataType,
  storageOf,
  type TypedArray,
} from '../../src/graph/data-type.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { elementCount, type Shape, type StaticShape } from '../../src/graph/shape.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName, printTensorName, type TensorName } from '../../src/graph/tensor-name.js'
import { isFunctionLine, parseFunctions, printFunctions } from './function-text.js'

/**
 * Graphs as text, one node a line:
 *
 *     x = Placeholder[dtype=float, shape=shape[?,2]]()
 *     w = Const[dtype=float, value=float[2,2]{1, 2, 3, 4}]() @/cpu:0
 *     y = MatMul[T=float, transpose_b=false](x, w:0, ^c)
 *     inputs: x
 *     outputs: y
 *
 * Attribute values: a data type, `true`, an integer, a number with a point or exponent (a float), `"text"`, a list
 * `[1, 2]`, `shape[1,?]` or `shape?`, `@function` (with `[attr=value]`), `$attr`, and tensors. A tensor's elements are numbers, bits in hexadecimal
 * (`0x3f800000`) or texts; `{...}` is tensor_content, `<...>` the typed field, which may be short; a last `...`
 * repeats the value before it. Functions stand as function-text.ts says.
 */
export interface GraphText {
  graph: Graph
  inputs: TensorName[]
  outputs: TensorName[]
}

export function parseGraph(text: string): GraphText {
  const nodes: Node[] = []
  let inputs: TensorName[] = []
  let outputs: TensorName[] = []
  const functions: string[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    if (isFunctionLine(line)) {
      functions.push(line)
      continue
    }
    const named = /^(inputs|outputs):(.*)$/.exec(line)
    if (!named) nodes.push(new LineReader(line).node())
    else if (named[1] === 'inputs') inputs = names(named[2]!)
    else outputs = names(named[2]!)
  }
  const envelope = parseFunctions(functions, (line) => new LineReader(line).node())
  return { graph: new Graph(nodes, envelope), inputs, outputs }
}

function names(text: string): TensorName[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
    .map(parseTensorName)
}

/** The same text for the same graph: attributes by name, floats as short as they can be. */
export function printGraph(graph: Graph): string {
  return [...graph.nodes.map(printNode), ...printFunctions(graph.envelope, printNode)].join('\n')
}

function printNode(node: Node): string {
  const attrs = node.attrs
    .names()
    .sort()
    .map((name) => `${name}=${printValue(node.attrs.get(name)!)}`)
  const inputs = node.inputs.map(printTensorName).join(', ')
  const device = node.device ? ` @${node.device}` : ''
  return `${node.name} = ${node.op}${attrs.length ? `[${attrs.join(', ')}]` : ''}(${inputs})${device}`
}

const utf8 = new TextEncoder()
const decoder = new TextDecoder()

class LineReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  node(): Node {
    const name = this.#take(/[^\s=]+/y)
    this.#expect('=')
    const op = this.#take(/\w+/y)
    const attrs = this.#accept('[') ? this.#items(']', () => this.#attr()) : []
    this.#expect('(')
    const inputs = this.#items(')', () => parseTensorName(this.#take(/[^\s,)]+/y)))
    const device = this.#accept('@') ? this.#take(/\S+/y) : ''
    if (this.#rest()) throw this.#problem('the end of the line')
    const node = new Node({ name, op, inputs, device })
    for (const [key, value] of attrs) node.attrs.set(key, value)
    return node
  }

  #attr(): [string, AttrValue] {
    const name = this.#take(/\w+/y)
    this.#expect('=')
    return [name, this.#value()]
  }

  #value(): AttrValue {
    if (this.#accept('"')) return { kind: 's', value: utf8.encode(this.#string()) }
    if (this.#accept('$')) return { kind: 'placeholder', value: this.#take(/\w+/y) }
    if (this.#accept('@')) {
      const name = this.#take(/\w+/y)
      return {
        kind: 'func',
        value: { name, attrs: new Map(this.#accept('[') ? this.#items(']', () => this.#attr()) : []) },
      }
    }
    if (this.#accept('[')) {
      return {
        kind: 'list',
        value: listOf(this.#items(']', () => this.#value())),
      }
    }
    const word = this.#take(/[-+\w.]+/y)
    if (word === 'none') return { kind: 'none', value: null }
    if (word === 'true' || word === 'false') return { kind: 'b', value: word === 'true' }
    if (word === 'shape') return { kind: 'shape', value: this.#shape() }
    const type = parseDataType(word)
    if (type) {
      return this.#peek('[') ? { kind: 'tensor', value: this.#tensor(type) } : { kind: 'type', value: type }
    }
    if (/^-?\d+$/.test(word)) return { kind: 'i', value: BigInt(word) }
    return { kind: 'f', value: Math.fround(readNumber(word)) }
  }

  #shape(): Shape {
    if (this.#accept('?')) return null
    this.#expect('[')
    return this.#items(']', () => (this.#accept('?') ? null : Number(this.#take(/\d+/y))))
  }

  #tensor(type: DataType): Tensor {
    const shape = this.#shape() as StaticShape
    const isContent = this.#accept('{')
    if (!isContent) this.#expect('<')
    const words: string[] = []
    let repeats = false
    this.#items(isContent ? '}' : '>', () => {
      if (this.#accept('"')) words.push(this.#string())
      else if (this.#accept('...')) repeats = true
      else words.push(this.#take(/[-+\w.]*\w/y))
      if (this.#accept('...')) repeats = true
    })
    const size = elementCount(shape)
    while (repeats && words.length < size) words.push(words.at(-1)!)
    if (type === 'string') {
      return Tensor.ofStrings(
        shape,
        words.map((word) => utf8.encode(word)),
      )
    }
    const values = readElements(type, words)
    if (isContent && values.length !== size) throw new Error(`${this.#text}: ${values.length} elements, not ${size}`)
    return isContent ? Tensor.of(type, shape, values) : Tensor.ofList(type, shape, values)
  }

  #string(): string {
    const value = this.#take(/[^"]*/y)
    this.#expect('"')
    return value
  }

  #items<T>(close: string, read: () => T): T[] {
    const items: T[] = []
    while (!this.#accept(close)) {
      items.push(read())
      if (!this.#peek(close)) this.#expect(',')
    }
    return items
  }

  #rest(): string {
    return this.#text.slice(this.#at).trim()
  }

  #peek(word: string): boolean {
    while (this.#text[this.#at] === ' ') this.#at++
    return this.#text.startsWith(word, this.#at)
  }

  #accept(word: string): boolean {
    const there = this.#peek(word)
    if (there) this.#at += word.length
    return there
  }

  #expect(word: string): void {
    if (!this.#accept(word)) throw this.#problem(word)
  }

  #take(pattern: RegExp): string {
    this.#peek('')
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) throw this.#problem(String(pattern))
    this.#at = pattern.lastIndex
    return found[0]
  }

  #problem(wanted: string): Error {
    return new Error(`expected ${wanted} at ${this.#at} of: ${this.#text}`)
  }
}

function listOf(values: readonly AttrValue[]): AttrList {
  const [first] = values
  if (!first) return {}
  const kind = first.kind as keyof AttrList
  return { [kind]: values.map((value) => value.value) }
}

function readNumber(word: string): number {
  const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity }
  const value = special[word] ?? Number(word)
  if (Number.isNaN(value) && word !== 'nan') throw new Error(`${word} is no number`)
  return value
}

function readElements(type: DataType, words: readonly string[]): TypedArray {
  const { array, lanes } = storageOf(type)!
  const values = new array(words.length)
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    for (const [index, word] of words.entries()) values[index] = BigInt(word)
    return values
  }
  const bits = values instanceof Float32Array ? new Uint32Array(values.buffer) : values
  for (const [index, word] of words.entries()) {
    if (word.startsWith('0x')) bits[index] = Number(word)
    else values[index] = readNumber(word)
  }
  if (words.length % lanes !== 0) throw new Error(`${type} elements have ${lanes} numbers`)
  return values
}

function printValue(value: AttrValue): string {
  switch (value.kind) {
    case 's':
      return JSON.stringify(decoder.decode(value.value))
    case 'i':
      return String(value.value)
    case 'f':
      return printFloat(value.value)
    case 'b':
      return String(value.value)
    case 'type':
      return historicalDataType(value.value)
    case 'shape':
      return value.value === null ? 'shape?' : `shape[${value.value.map((size) => size ?? '?').join(',')}]`
    case 'tensor':
      return printTensor(value.value)
    case 'list': {
      const lists = Object.entries(value.value as Record<string, AttrValue['value'][]>)
      const items = lists.flatMap(([kind, list]) => list.map((item) => printValue({ kind, value: item } as AttrValue)))
      return `[${items.join(', ')}]`
    }
    case 'func':
      return `@${value.value.name}${printFunctionAttrs(value.value.attrs)}`
    case 'placeholder':
      return `$${value.value}`
    case 'none':
      return 'none'
  }
}

function printFunctionAttrs(attrs: ReadonlyMap<string, AttrValue>): string {
  const items = [...attrs].map(([name, value]) => `${name}=${printValue(value)}`)
  return items.length ? `[${items.join(', ')}]` : ''
}

function printFloat(value: number): string {
  const text = shortest(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** The shortest decimal that is this float32. */
function shortest(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0'
  for (let digits = 1; digits <= 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === value) return String(shorter)
  }
  return String(value)
}

function printTensor(tensor: Tensor): string {
  const { storage, dtype, shape } = tensor
  const head = `${historicalDataType(dtype)}[${shape.join(',')}]`
  if (storage.kind === 'strings') {
    return `${head}<${storage.values.map((value) => JSON.stringify(decoder.decode(value))).join(', ')}>`
  }
  if (storage.kind === 'list') return `${head}<${printElements(dtype, storage.values)}>`
  return `${head}{${printElements(dtype, tensor.values())}}`
}

function printElements(dtype: DataType, values: TypedArray): string {
  const texts = Array.from(values as ArrayLike<number | bigint>, (value) =>
    dtype === 'float32' ? shortest(Number(value)) : String(value),
  )
  let end = texts.length
  while (end > 1 && texts[end - 2] === texts.at(-1)) end--
  const repeated = texts.length - end > 2
  return `${(repeated ? texts.slice(0, end) : texts).join(', ')}${repeated ? '...' : ''}`
}
