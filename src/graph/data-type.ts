/**
 * TensorFlow's data types (tensorflow/core/framework/types.proto): their numbers, names and sizes.
 *
 * Names are those of the manifest (`float32`, `float16`); {@link parseDataType} also takes the historical
 * ones (`float`, `double`, `half`, `DT_FLOAT`).
 */
export const dataTypeNumbers = {
  invalid: 0,
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  qint8: 11,
  quint8: 12,
  qint32: 13,
  bfloat16: 14,
  qint16: 15,
  quint16: 16,
  uint16: 17,
  complex128: 18,
  float16: 19,
  resource: 20,
  variant: 21,
  uint32: 22,
  uint64: 23,
  float8_e5m2: 24,
  float8_e4m3fn: 25,
  float8_e4m3fnuz: 26,
  float8_e4m3b11fnuz: 27,
  float8_e5m2fnuz: 28,
  int4: 29,
  uint4: 30,
  int2: 31,
  uint2: 32,
  float4_e2m1fn: 33,
} as const

export type BaseDataType = keyof typeof dataTypeNumbers
/** A data type; `_ref` marks a reference (number + 100), `dt34` one newer than this table. */
export type DataType = BaseDataType | `${BaseDataType}_ref` | `dt${number}`

const namesByNumber = new Map<number, BaseDataType>(
  Object.entries(dataTypeNumbers).map(([name, number]) => [number, name as BaseDataType]),
)

const historicalNames: Record<string, BaseDataType> = { float: 'float32', double: 'float64', half: 'float16' }

export function dataTypeFromNumber(number: number): DataType {
  const base = namesByNumber.get(number)
  if (base) return base
  const referenced = number > 100 ? namesByNumber.get(number - 100) : undefined
  return referenced ? `${referenced}_ref` : `dt${number}`
}

export function dataTypeToNumber(type: DataType): number {
  if (type in dataTypeNumbers) return dataTypeNumbers[type as BaseDataType]
  if (type.endsWith('_ref')) return dataTypeNumbers[type.slice(0, -4) as BaseDataType] + 100
  return Number(type.slice(2))
}

/** The type without `_ref`. */
export function baseDataType(type: DataType): DataType {
  return type.endsWith('_ref') ? (type.slice(0, -4) as BaseDataType) : type
}

/** Reads `float`, `float32`, `DT_FLOAT`, `half`, `int32_ref`, ... Undefined where it is none. */
export function parseDataType(text: string): DataType | undefined {
  const plain = text.startsWith('DT_') ? text.slice(3).toLowerCase() : text
  const reference = plain.endsWith('_ref')
  const word = reference ? plain.slice(0, -4) : plain
  const base = historicalNames[word] ?? (word in dataTypeNumbers ? (word as BaseDataType) : undefined)
  if (base === undefined || base === 'invalid') return undefined
  return reference ? `${base}_ref` : base
}

/** The display name of TensorFlow's own tools: `float`, `double`, `half`, otherwise as here. */
export function historicalDataType(type: DataType): string {
  const base = baseDataType(type)
  const name = Object.keys(historicalNames).find((key) => historicalNames[key] === base) ?? base
  return type.endsWith('_ref') ? `${name}_ref` : name
}

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

type TypedArrayConstructor =
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Int32ArrayConstructor
  | Uint32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor

interface Storage {
  /** The array that holds the elements; bit patterns for the half types, (re, im) pairs for the complex ones. */
  array: TypedArrayConstructor
  /** Array entries an element: 2 for complex types. */
  lanes: 1 | 2
}

const storage: Partial<Record<DataType, Storage>> = {
  float32: { array: Float32Array, lanes: 1 },
  float64: { array: Float64Array, lanes: 1 },
  int32: { array: Int32Array, lanes: 1 },
  uint8: { array: Uint8Array, lanes: 1 },
  int16: { array: Int16Array, lanes: 1 },
  int8: { array: Int8Array, lanes: 1 },
  complex64: { array: Float32Array, lanes: 2 },
  int64: { array: BigInt64Array, lanes: 1 },
  bool: { array: Uint8Array, lanes: 1 },
  qint8: { array: Int8Array, lanes: 1 },
  quint8: { array: Uint8Array, lanes: 1 },
  qint32: { array: Int32Array, lanes: 1 },
  bfloat16: { array: Uint16Array, lanes: 1 },
  qint16: { array: Int16Array, lanes: 1 },
  quint16: { array: Uint16Array, lanes: 1 },
  uint16: { array: Uint16Array, lanes: 1 },
  complex128: { array: Float64Array, lanes: 2 },
  float16: { array: Uint16Array, lanes: 1 },
  uint32: { array: Uint32Array, lanes: 1 },
  uint64: { array: BigUint64Array, lanes: 1 },
  float8_e5m2: { array: Uint8Array, lanes: 1 },
  float8_e4m3fn: { array: Uint8Array, lanes: 1 },
  float8_e4m3fnuz: { array: Uint8Array, lanes: 1 },
  float8_e4m3b11fnuz: { array: Uint8Array, lanes: 1 },
  float8_e5m2fnuz: { array: Uint8Array, lanes: 1 },
  int4: { array: Int8Array, lanes: 1 },
  uint4: { array: Uint8Array, lanes: 1 },
  int2: { array: Int8Array, lanes: 1 },
  uint2: { array: Uint8Array, lanes: 1 },
  float4_e2m1fn: { array: Uint8Array, lanes: 1 },
}

/** How elements of a type lie in memory; undefined for string, resource, variant and unknown types. */
export function storageOf(type: DataType): Storage | undefined {
  return storage[type]
}

/** Bytes an element in `tensor_content`; 0 where elements have no fixed size. */
export function elementSize(type: DataType): number {
  const held = storage[type]
  return held ? held.array.BYTES_PER_ELEMENT * held.lanes : 0
}

/**
 * Zeros for so many elements of a type that has storage. (Not `new (storageOf(type)!.array as ...)(length)` at the place: the
 * compiler of TypeScript 7.0 loses those parentheses, and what it writes fails.)
 */
export function newElements(type: DataType, count: number): TypedArray {
  const { array, lanes } = storage[type]!
  return new array(count * lanes)
}
