import type { AttrKind, AttrList, AttrValue } from '../graph/attr.js'
import { type BaseDataType, type DataType, dataTypeFromNumber, storageOf } from '../graph/data-type.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { opTable } from './op-table.js'

/** An input or output of an op: one tensor, or several where `numberAttr` or `typeListAttr` says so. */
export interface ArgDef {
  name: string
  /** The dtype where the op fixes it. */
  type?: DataType
  /** The attribute that gives the dtype. */
  typeAttr?: string
  /** The attribute that lists the dtypes, one a tensor. */
  typeListAttr?: string
  /** The attribute that says how many tensors of one dtype there are. */
  numberAttr?: string
  /** A reference to a variable: the dtype is then `float32_ref`, ... */
  isRef: boolean
}

export type AttrTypeName = 'type' | 'string' | 'int' | 'bool' | 'float' | 'shape' | 'tensor' | 'func'

export interface AttrDef {
  name: string
  type: AttrTypeName
  isList: boolean
  default?: AttrValue
  allowedTypes?: readonly DataType[]
  allowedStrings?: readonly string[]
}

/** The signature of an op as TensorFlow 2.21 registers it. */
export interface OpDef {
  name: string
  inputs: readonly ArgDef[]
  outputs: readonly ArgDef[]
  attrs: ReadonlyMap<string, AttrDef>
  /** Has state or side effects: two nodes with the same inputs are not the same. */
  stateful: boolean
  commutative: boolean
  aggregate: boolean
  /** Whether TensorFlow has a CPU kernel for it. */
  cpuKernel: boolean
}

let lines: Map<string, string> | undefined
const parsed = new Map<string, OpDef>()

function tableLines(): Map<string, string> {
  if (lines) return lines
  lines = new Map()
  for (const line of opTable.split('\n')) {
    const end = line.indexOf(' ')
    if (end > 0) lines.set(line.slice(0, end), line)
  }
  return lines
}

/** The names of all ops, in byte order. */
export function opNames(): string[] {
  return [...tableLines().keys()]
}

/** The signature of an op; undefined for functions and for ops that TensorFlow 2.21 does not know. */
export function opDef(name: string): OpDef | undefined {
  let def = parsed.get(name)
  if (def) return def
  const line = tableLines().get(name)
  if (line === undefined) return undefined
  def = parseLine(line)
  parsed.set(name, def)
  return def
}

/** Whether an op has state or side effects. An op that is not known may, and so may a function. */
export function isStateful(op: string): boolean {
  return opDef(op)?.stateful ?? true
}

/** The attributes that have a default, with it. Empty for an unknown op. */
export function defaultAttrs(op: string): ReadonlyMap<string, AttrValue> {
  const defaults = new Map<string, AttrValue>()
  for (const attr of opDef(op)?.attrs.values() ?? []) if (attr.default) defaults.set(attr.name, attr.default)
  return defaults
}

/** A node's attribute, or the op's default where the node does not have it. */
export function attrOrDefault(node: Node, name: string): AttrValue | undefined {
  return node.attrs.get(name) ?? opDef(node.op)?.attrs.get(name)?.default
}

/** The dtypes of a node's data inputs; undefined where the op is unknown or an attribute it needs is missing. */
export function inputTypes(node: Node): DataType[] | undefined {
  const def = opDef(node.op)
  return def && argTypes(node, def.inputs)
}

/** The dtypes of a node's outputs; undefined where the op is unknown or an attribute it needs is missing. */
export function outputTypes(node: Node): DataType[] | undefined {
  const def = opDef(node.op)
  return def && argTypes(node, def.outputs)
}

/** How many outputs a node has; undefined where {@link outputTypes} is. */
export function outputCount(node: Node): number | undefined {
  const def = opDef(node.op)
  if (!def) return undefined
  if (def.outputs.every((arg) => !arg.numberAttr && !arg.typeListAttr)) return def.outputs.length
  return argTypes(node, def.outputs)?.length
}

function argTypes(node: Node, args: readonly ArgDef[]): DataType[] | undefined {
  const types: DataType[] = []
  for (const arg of args) {
    if (arg.typeListAttr !== undefined) {
      const value = attrOrDefault(node, arg.typeListAttr)
      if (value?.kind !== 'list') return undefined
      types.push(...(value.value.type ?? []))
      continue
    }
    const type = arg.type ?? typeFrom(node, arg.typeAttr!)
    const count = arg.numberAttr === undefined ? 1 : countFrom(node, arg.numberAttr)
    if (type === undefined || count === undefined) return undefined
    const given: DataType = arg.isRef ? `${type as BaseDataType}_ref` : type
    for (let index = 0; index < count; index++) types.push(given)
  }
  return types
}

function typeFrom(node: Node, attr: string): DataType | undefined {
  const value = attrOrDefault(node, attr)
  return value?.kind === 'type' ? value.value : undefined
}

function countFrom(node: Node, attr: string): number | undefined {
  const value = attrOrDefault(node, attr)
  return value?.kind === 'i' && value.value >= 0n && value.value < 1_000_000n ? Number(value.value) : undefined
}

// Reading the table

const kindNames: Record<string, AttrTypeName> = {
  t: 'type',
  s: 'string',
  i: 'int',
  b: 'bool',
  f: 'float',
  h: 'shape',
  e: 'tensor',
  n: 'func',
}

function parseLine(line: string): OpDef {
  const [head, inputs, outputs, attrs] = line.split('|') as [string, string, string, string]
  const [name, flags] = head.split(' ') as [string, string]
  return {
    name,
    inputs: words(inputs).map(parseArg),
    outputs: words(outputs).map(parseArg),
    attrs: new Map(words(attrs).map((word) => [word.slice(0, word.indexOf(':')), parseAttr(word)])),
    stateful: flags.includes('s'),
    commutative: flags.includes('c'),
    aggregate: flags.includes('a'),
    cpuKernel: flags.includes('k'),
  }
}

function words(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}

function parseArg(word: string): ArgDef {
  const [, name, number, type, ref] = /^(\w+):(?:(\w+)\*)?([=@]?\w+)(&?)$/.exec(word)!
  const arg: ArgDef = { name: name!, isRef: ref === '&' }
  if (number !== undefined) arg.numberAttr = number
  if (type!.startsWith('=')) arg.type = type!.slice(1) as DataType
  else if (type!.startsWith('@')) arg.typeListAttr = type!.slice(1)
  else arg.typeAttr = type!
  return arg
}

function parseAttr(word: string): AttrDef {
  const [, name, list, kind, allowed, given] = /^(\w+):(L?)(\w)(?:\{(.*?)\})?(?:=(.*))?$/.exec(word)!
  const type = kindNames[kind!]!
  const attr: AttrDef = { name: name!, type, isList: list === 'L' }
  if (allowed !== undefined && type === 'type') attr.allowedTypes = [...allowed].map(typeOf)
  if (allowed !== undefined && type === 'string') attr.allowedStrings = allowed.split(',')
  if (given !== undefined) attr.default = defaultValue(type, attr.isList, JSON.parse(given))
  return attr
}

function typeOf(digit: string): DataType {
  return dataTypeFromNumber(Number.parseInt(digit, 36))
}

type Json = null | boolean | number | string | Json[]

/** Where each type of attribute is held in an AttrValue, and how its default is read. */
const readers: Record<AttrTypeName, { kind: AttrKind; listKey: keyof AttrList; read(value: Json): unknown }> = {
  type: { kind: 'type', listKey: 'type', read: (value) => typeOf(value as string) },
  string: { kind: 's', listKey: 's', read: (value) => new TextEncoder().encode(value as string) },
  int: { kind: 'i', listKey: 'i', read: (value) => BigInt(value as number) },
  bool: { kind: 'b', listKey: 'b', read: (value) => value },
  float: { kind: 'f', listKey: 'f', read: readFloat },
  shape: { kind: 'shape', listKey: 'shape', read: (value) => readShape(value as number[] | null) },
  tensor: { kind: 'tensor', listKey: 'tensor', read: (value) => readTensor(value as [DataType, number[], number[]]) },
  func: { kind: 'func', listKey: 'func', read: (value) => ({ name: value, attrs: new Map() }) },
}

function defaultValue(type: AttrTypeName, isList: boolean, value: Json): AttrValue {
  const { kind, listKey, read } = readers[type]
  if (!isList) return { kind, value: read(value) } as AttrValue
  const list = value as Json[]
  return { kind: 'list', value: list.length === 0 ? {} : { [listKey]: list.map(read) } }
}

function readFloat(value: Json): number {
  if (value === 'inf') return Number.POSITIVE_INFINITY
  if (value === '-inf') return Number.NEGATIVE_INFINITY
  return Math.fround(Number(value))
}

function readShape(dims: readonly number[] | null): Shape {
  return dims === null ? null : dims.map((size) => (size < 0 ? null : size))
}

function readTensor([type, shape, values]: [DataType, number[], number[]]): Tensor {
  const array = storageOf(type)!.array as Int32ArrayConstructor
  return Tensor.ofList(type, shape, array.from(values))
}
