import type { TensorInfo, TensorInfos } from '../manifest/types.js'
import { describeTensor, tfjsDataTypeOf } from './tensor-info.js'
import type { NestedArray, TensorLike, TensorValue, TfLike, TypedArray } from './types.js'

/** The tensors to feed by input name, and those of them that were made here. */
export interface FedTensors {
  readonly tensors: Record<string, TensorValue>
  readonly made: readonly TensorValue[]
}

/**
 * Checks the values against the inputs, all of them before the first tensor is made, and makes tensors of arrays.
 * Throws a TypeError that names the input, what it takes and what it was given.
 */
export function feedTensors(tf: TfLike, inputs: TensorInfos, feeds: Readonly<Record<string, TensorLike>>): FedTensors {
  const list = Object.entries(inputs).map(([name, info]) => `${name} (${describeTensor(info.dtype, info.shape)})`)
  const expected = list.length ? `The model's inputs are: ${list.join(', ')}.` : 'The model has no inputs.'
  for (const name of Object.keys(feeds)) {
    if (!(name in inputs)) throw new TypeError(`The model has no input "${name}". ${expected}`)
  }
  const makers = Object.entries(inputs).map(([name, info]) => {
    const value = feeds[name]
    if (value === undefined || value === null) throw new TypeError(`The input "${name}" is missing. ${expected}`)
    return [name, tensorMaker(tf, name, info, value)] as const
  })
  const tensors = Object.fromEntries(makers.map(([name, make]) => [name, make()]))
  return { tensors, made: Object.values(tensors).filter((tensor) => !Object.values(feeds).includes(tensor)) }
}

/** Checks one value; gives how to make, or take, its tensor. */
function tensorMaker(tf: TfLike, name: string, info: TensorInfo, value: TensorLike): () => TensorValue {
  const dtype = tfjsDataTypeOf(info.dtype)
  const fail = (given: string): never => {
    throw new TypeError(`The input "${name}" takes ${describeTensor(dtype, info.shape)}, but was given ${given}.`)
  }
  if (typeof value === 'object' && 'dtype' in value) {
    if (value.dtype !== dtype || !fits(value.shape, info.shape)) fail(describeTensor(value.dtype, value.shape))
    return () => value
  }
  if (dtype === 'complex64') return fail('an array; make a tensor with tf.complex')
  const typed = ArrayBuffer.isView(value)
  const given = typed ? [value.length] : shapeOf(value)
  if (!given) return fail('an array whose rows differ in length')
  const flat = typed ? value : Array.isArray(value) ? (value.flat(Infinity) as NestedArray[]) : [value as NestedArray]
  const unfit = firstUnfit(flat, dtype)
  if (unfit) fail(unfit)
  // As deep as the input's shape, or flat: then the input's shape says how to fold it.
  const shape = fits(given, info.shape) ? given : given.length === 1 && fold(flat.length, info.shape)
  if (!shape) return fail(given.length === 1 ? `an array of ${flat.length} values` : describeTensor('values', given))
  return () => tf.tensor(convert(flat, dtype), shape, dtype)
}

function fits(shape: readonly number[], expected: TensorInfo['shape']): boolean {
  return (
    !expected || (shape.length === expected.length && shape.every((size, axis) => (expected[axis] ?? size) === size))
  )
}

/** The shape of so many values, if the expected one leaves no choice. */
function fold(count: number, expected: TensorInfo['shape']): number[] | undefined {
  if (!expected) return undefined
  const known = expected.reduce((product: number, size) => product * (size ?? 1), 1)
  const unknown = expected.filter((size) => size === null).length
  const missing = count / known
  if (unknown > 1 || !(unknown ? Number.isInteger(missing) : count === known)) return undefined
  return expected.map((size) => size ?? missing)
}

/** The shape of a nested array; undefined where it is ragged. */
function shapeOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return []
  if (value.length === 0) return [0]
  const [first, ...rest] = value.map(shapeOf)
  const same = first && rest.every((shape) => shape?.join() === first.join())
  return same ? [value.length, ...first] : undefined
}

/** What about the values isn't of the type, in words. */
function firstUnfit(values: TypedArray | readonly NestedArray[], dtype: string): string | undefined {
  if (ArrayBuffer.isView(values)) {
    const floats = values instanceof Float32Array || values instanceof Float64Array
    const unfit =
      dtype === 'string' || (floats && dtype !== 'float32') || (dtype === 'bool' && !(values instanceof Uint8Array))
    return unfit ? `typed values (${values.constructor.name})` : undefined
  }
  const index = values.findIndex((value) =>
    dtype === 'string'
      ? typeof value !== 'string'
      : dtype === 'bool'
        ? typeof value !== 'boolean' && value !== 0 && value !== 1
        : typeof value !== 'number' || (dtype === 'int32' && !Number.isInteger(value)),
  )
  return index < 0 ? undefined : JSON.stringify(values[index])
}

function convert(values: TypedArray | readonly NestedArray[], dtype: string): unknown {
  if (dtype === 'string') return values
  const Result: Float32ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor =
    dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array
  if (values instanceof Result) return values
  const result = new Result(values.length)
  for (let index = 0; index < result.length; index++) result[index] = Number(values[index])
  return result
}
