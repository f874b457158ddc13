import { type DataType, dataTypeFromNumber, dataTypeToNumber, storageOf, type TypedArray } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor, type TensorStorage } from '../graph/tensor.js'
import type { Slices } from './slices.js'
import { decodeShape, encodeShape } from './tensor-shape.js'
import { readRepeated, WireReader } from './wire-reader.js'
import { varintType } from './wire-types.js'
import { WireWriter } from './wire-writer.js'

/** Field numbers of TensorProto (tensorflow/core/framework/tensor.proto). */
const field = {
  dtype: 1,
  tensorShape: 2,
  tensorContent: 4,
  floatVal: 5,
  doubleVal: 6,
  intVal: 7,
  stringVal: 8,
  scomplexVal: 9,
  int64Val: 10,
  boolVal: 11,
  dcomplexVal: 12,
  halfVal: 13,
  uint32Val: 16,
  uint64Val: 17,
  float8Val: 18,
} as const

/** The typed field that holds a dtype's values, and how one of them is read. */
interface TypedField {
  number: number
  read(reader: WireReader): number | bigint
}

const int = (number: number): TypedField => ({ number, read: (reader) => reader.int32() })
const float = (number: number): TypedField => ({ number, read: (reader) => reader.float() })
const double = (number: number): TypedField => ({ number, read: (reader) => reader.double() })

const typedFields: Partial<Record<DataType, TypedField>> = {
  float32: float(field.floatVal),
  float64: double(field.doubleVal),
  int32: int(field.intVal),
  int16: int(field.intVal),
  int8: int(field.intVal),
  uint8: int(field.intVal),
  uint16: int(field.intVal),
  qint8: int(field.intVal),
  quint8: int(field.intVal),
  qint16: int(field.intVal),
  quint16: int(field.intVal),
  qint32: int(field.intVal),
  int4: int(field.intVal),
  uint4: int(field.intVal),
  int2: int(field.intVal),
  uint2: int(field.intVal),
  complex64: float(field.scomplexVal),
  int64: { number: field.int64Val, read: (reader) => reader.int64() },
  bool: { number: field.boolVal, read: (reader) => (reader.varint() ? 1 : 0) },
  complex128: double(field.dcomplexVal),
  float16: int(field.halfVal),
  bfloat16: int(field.halfVal),
  uint32: { number: field.uint32Val, read: (reader) => reader.int32() >>> 0 },
  uint64: { number: field.uint64Val, read: (reader) => reader.uint64() },
}

/**
 * Reads a TensorProto without decoding `tensor_content`: the tensor refers to the bytes. A tensor that cannot be decoded
 * becomes one whose `problem` says why, since nobody may ever read it.
 */
export function decodeTensor(bytes: Uint8Array): Tensor {
  const reader = new WireReader(bytes)
  let dtype: DataType = 'invalid'
  let shape: StaticShape | undefined = []
  let content: Uint8Array | undefined
  let typed: { number: number; wireType: number; position: number }[] = []
  const strings: Uint8Array[] = []
  while (!reader.atEnd) {
    const start = reader.position
    const tag = reader.varint()
    const number = tag >>> 3
    if (number === field.dtype) dtype = dataTypeFromNumber(reader.varint())
    else if (number === field.tensorShape) {
      const partial = decodeShape(reader.view())
      shape = partial?.every((size) => size !== null) ? (partial as StaticShape) : undefined
    } else if (number === field.tensorContent) content = reader.view()
    else if (number === field.stringVal) strings.push(reader.view())
    else {
      if (number > field.tensorContent) typed.push({ number, wireType: tag & 7, position: reader.position })
      reader.skip(tag & 7)
    }
    if (reader.position === start) break
  }
  const storage = (): TensorStorage => {
    if (!shape) return { kind: 'invalid', reason: 'its shape has an unknown dimension or rank' }
    if (dtype === 'string') return stringStorage(content, strings, elementCount(shape))
    const held = storageOf(dtype)
    if (!held) {
      return dtype === 'resource' || dtype === 'variant'
        ? { kind: 'opaque' }
        : { kind: 'invalid', reason: `its dtype is ${dtype}` }
    }
    if (content?.length) return { kind: 'content', bytes: content }
    if (dtype.startsWith('float8') || dtype.startsWith('float4')) {
      typed = typed.filter(({ number }) => number === field.float8Val)
      const last = typed.at(-1)
      reader.position = last?.position ?? 0
      return { kind: 'list', values: last ? reader.view().slice() : new Uint8Array(0) }
    }
    const typedField = typedFields[dtype]!
    const values: (number | bigint)[] = []
    for (const { number, wireType, position } of typed) {
      if (number !== typedField.number) continue
      reader.position = position
      readRepeated(reader, wireType, values, typedField.read)
    }
    return { kind: 'list', values: (held.array as Float64ArrayConstructor).from(values as number[]) as TypedArray }
  }
  return new Tensor(dtype, shape ?? [], storage(), bytes)
}

/** Strings stand in `string_val`, or in `tensor_content` as all lengths (varints) followed by all bytes. */
function stringStorage(content: Uint8Array | undefined, values: Uint8Array[], count: number): TensorStorage {
  if (!content?.length) return { kind: 'strings', values }
  const reader = new WireReader(content)
  try {
    const lengths = Array.from({ length: count }, () => reader.varint())
    const found: Uint8Array[] = []
    for (const length of lengths) {
      const end = reader.position + length
      if (end > content.length) return { kind: 'invalid', reason: 'a string runs past the end of tensor_content' }
      found.push(content.subarray(reader.position, end))
      reader.position = end
    }
    return { kind: 'strings', values: found }
  } catch {
    return { kind: 'invalid', reason: 'tensor_content ends before its string lengths do' }
  }
}

/**
 * Writes a TensorProto: an unchanged one as it stood in the file, a new one as dtype, shape and its storage, numbers to
 * `tensor_content` or the typed field.
 */
export function encodeTensor(tensor: Tensor): Slices {
  const writer = new WireWriter()
  if (tensor.encoded) {
    writer.reference(tensor.encoded)
    return writer.finish()
  }
  writer.tag(field.dtype, varintType)
  writer.varint(dataTypeToNumber(tensor.dtype))
  writer.messageField(field.tensorShape, encodeShape(tensor.shape))
  const { storage } = tensor
  if (storage.kind === 'content') {
    if (storage.bytes.length > 0) writer.bytesField(field.tensorContent, storage.bytes)
  } else if (storage.kind === 'strings') {
    for (const value of storage.values) writer.bytesField(field.stringVal, value)
  } else if (storage.kind === 'list' && storage.values.length > 0) {
    writeTypedField(writer, tensor.dtype, storage.values)
  }
  return writer.finish()
}

function writeTypedField(writer: WireWriter, dtype: DataType, values: TypedArray): void {
  const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength)
  const typedField = typedFields[dtype]
  if (!typedField) {
    writer.bytesField(field.float8Val, bytes)
    return
  }
  const { number } = typedField
  const isFloat = [field.floatVal, field.doubleVal, field.scomplexVal, field.dcomplexVal].includes(number as 5)
  if (isFloat) {
    writer.bytesField(number, bytes)
    return
  }
  const packed = new WireWriter()
  for (const value of values) packed.int64(BigInt(value))
  writer.messageField(number, packed.finish())
}
