import type { AttrList, AttrValue, FunctionReference } from '../graph/attr.js'
import { dataTypeFromNumber, dataTypeToNumber } from '../graph/data-type.js'
import type { Shape } from '../graph/shape.js'
import type { Slices } from './slices.js'
import { decodeTensor, encodeTensor } from './tensor.js'
import { decodeShape, encodeShape } from './tensor-shape.js'
import { readRepeated, WireReader } from './wire-reader.js'
import { entryField, fixed32Type, varintType } from './wire-types.js'
import { WireWriter } from './wire-writer.js'

/** Field numbers of AttrValue (tensorflow/core/framework/attr_value.proto). */
const field = { list: 1, s: 2, i: 3, f: 4, b: 5, type: 6, shape: 7, tensor: 8, placeholder: 9, func: 10 } as const
/** Field numbers of AttrValue.ListValue. */
const listField = { s: 2, i: 3, f: 4, b: 5, type: 6, shape: 7, tensor: 8, func: 9 } as const

export function decodeAttrValue(bytes: Uint8Array): AttrValue {
  const reader = new WireReader(bytes)
  let value = { kind: 'none', value: null } as AttrValue
  while (!reader.atEnd) {
    const tag = reader.varint()
    const wireType = tag & 7
    switch (tag >>> 3) {
      case field.list:
        value = { kind: 'list', value: decodeList(reader.view(), value.kind === 'list' ? value.value : {}) }
        break
      case field.s:
        value = { kind: 's', value: reader.view() }
        break
      case field.i:
        value = { kind: 'i', value: reader.int64() }
        break
      case field.f:
        value = { kind: 'f', value: reader.float() }
        break
      case field.b:
        value = { kind: 'b', value: reader.varint() !== 0 }
        break
      case field.type:
        value = { kind: 'type', value: dataTypeFromNumber(reader.varint()) }
        break
      case field.shape:
        value = { kind: 'shape', value: decodeShape(reader.view()) }
        break
      case field.tensor:
        value = { kind: 'tensor', value: decodeTensor(reader.view()) }
        break
      case field.placeholder:
        value = { kind: 'placeholder', value: reader.string() }
        break
      case field.func:
        value = { kind: 'func', value: decodeFunction(reader.view()) }
        break
      default:
        reader.skip(wireType)
    }
  }
  return value
}

function decodeList(bytes: Uint8Array, merged: AttrList): AttrList {
  const reader = new WireReader(bytes)
  const list = {
    s: [...(merged.s ?? [])],
    i: [...(merged.i ?? [])],
    f: [...(merged.f ?? [])],
    b: [...(merged.b ?? [])],
    type: [...(merged.type ?? [])],
    shape: [...(merged.shape ?? [])],
    tensor: [...(merged.tensor ?? [])],
    func: [...(merged.func ?? [])],
  }
  while (!reader.atEnd) {
    const tag = reader.varint()
    const wireType = tag & 7
    switch (tag >>> 3) {
      case listField.s:
        list.s.push(reader.view())
        break
      case listField.i:
        readRepeated(reader, wireType, list.i, (packed) => packed.int64())
        break
      case listField.f:
        readRepeated(reader, wireType, list.f, (packed) => packed.float())
        break
      case listField.b:
        readRepeated(reader, wireType, list.b, (packed) => packed.varint() !== 0)
        break
      case listField.type:
        readRepeated(reader, wireType, list.type, (packed) => dataTypeFromNumber(packed.varint()))
        break
      case listField.shape:
        list.shape.push(decodeShape(reader.view()))
        break
      case listField.tensor:
        list.tensor.push(decodeTensor(reader.view()))
        break
      case listField.func:
        list.func.push(decodeFunction(reader.view()))
        break
      default:
        reader.skip(wireType)
    }
  }
  return Object.fromEntries(Object.entries(list).filter(([, values]) => values.length > 0))
}

function decodeFunction(bytes: Uint8Array): FunctionReference {
  const reader = new WireReader(bytes)
  let name = ''
  const attrs = new Map<string, AttrValue>()
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === 1) name = reader.string()
    else if (tag >>> 3 === 2) {
      const entry = readAttrEntry(new WireReader(reader.view()))
      attrs.set(entry.key, decodeAttrValue(entry.value))
    } else reader.skip(tag & 7)
  }
  return { name, attrs }
}

/** Reads to the end of an entry of a map of attributes: the key and the bytes of the AttrValue. */
export function readAttrEntry(reader: WireReader): { key: string; value: Uint8Array } {
  let key = ''
  let value = reader.bytes.subarray(0, 0)
  while (!reader.atEnd) {
    const tag = reader.varint()
    const number = tag >>> 3
    if (number === entryField.key) key = reader.string()
    else if (number === entryField.value) value = reader.view()
    else reader.skip(tag & 7)
  }
  return { key, value }
}

/** Passes over an entry, tag read. Gives its key, or undefined where the entry is not key and value in this order. */
export function passAttrEntry(reader: WireReader): string | undefined {
  const outer = reader.enter()
  let key = ''
  let ordered = true
  let last = 0
  while (!reader.atEnd) {
    const tag = reader.varint()
    const number = tag >>> 3
    if (number === entryField.key) key = reader.string()
    else reader.skip(tag & 7)
    ordered &&= number > last
    last = number
  }
  reader.leave(outer)
  return ordered && last === entryField.value ? key : undefined
}

export function encodeAttrValue(attr: AttrValue): Slices {
  const writer = new WireWriter()
  switch (attr.kind) {
    case 'list':
      writer.messageField(field.list, encodeList(attr.value))
      break
    case 's':
      writer.bytesField(field.s, attr.value)
      break
    case 'i':
      writer.tag(field.i, varintType)
      writer.int64(attr.value)
      break
    case 'f':
      writer.tag(field.f, fixed32Type)
      writer.fixed(new Uint8Array(Float32Array.of(attr.value).buffer))
      break
    case 'b':
      writer.tag(field.b, varintType)
      writer.varint(attr.value ? 1 : 0)
      break
    case 'type':
      writer.tag(field.type, varintType)
      writer.varint(dataTypeToNumber(attr.value))
      break
    case 'shape':
      writer.messageField(field.shape, encodeShape(attr.value))
      break
    case 'tensor':
      writer.messageField(field.tensor, encodeTensor(attr.value))
      break
    case 'placeholder':
      writer.stringField(field.placeholder, attr.value)
      break
    case 'func':
      writer.messageField(field.func, encodeFunction(attr.value))
      break
  }
  return writer.finish()
}

function encodeList(list: AttrList): Slices {
  const writer = new WireWriter()
  const packed = (number: number, values: readonly unknown[] | undefined, write: (inner: WireWriter) => void): void => {
    if (!values?.length) return
    const inner = new WireWriter()
    write(inner)
    writer.messageField(number, inner.finish())
  }
  for (const value of list.s ?? []) writer.bytesField(listField.s, value)
  packed(listField.i, list.i, (inner) => {
    for (const value of list.i!) inner.int64(value)
  })
  packed(listField.f, list.f, (inner) => {
    inner.fixed(new Uint8Array(Float32Array.from(list.f!).buffer))
  })
  packed(listField.b, list.b, (inner) => {
    for (const value of list.b!) inner.varint(value ? 1 : 0)
  })
  packed(listField.type, list.type, (inner) => {
    for (const value of list.type!) inner.varint(dataTypeToNumber(value))
  })
  for (const value of list.shape ?? []) writer.messageField(listField.shape, encodeShape(value as Shape))
  for (const value of list.tensor ?? []) writer.messageField(listField.tensor, encodeTensor(value))
  for (const value of list.func ?? []) writer.messageField(listField.func, encodeFunction(value))
  return writer.finish()
}

function encodeFunction({ name, attrs }: FunctionReference): Slices {
  const writer = new WireWriter()
  if (name) writer.stringField(1, name)
  for (const key of [...attrs.keys()].sort()) {
    writer.entryField(2, key, encodeAttrValue(attrs.get(key)!))
  }
  return writer.finish()
}
