import { type DataType, storageOf, type TypedArray } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half-precision.js'
import { KernelError } from './kernel.js'

/** The elements as numbers to compute with: half types as float32, everything else as it is stored. Never write to them. */
export function load(tensor: Tensor): TypedArray {
  if (tensor.dtype === 'float16') return fromFloat16(tensor.values() as Uint16Array)
  if (tensor.dtype === 'bfloat16') return fromBfloat16(tensor.values() as Uint16Array)
  return tensor.values()
}

/**
 * The elements for arithmetic. TensorFlow computes with denormals flushed to zero, on the way in and on the way out;
 * what only moves data keeps them.
 */
export function loadFlushed(tensor: Tensor): TypedArray {
  const values = load(tensor)
  // A denormal float16 is a normal float32.
  if (tensor.dtype === 'float16' || !hasDenormals(values)) return values
  const copy = values.slice() as Float32Array
  flushDenormals(copy)
  return copy
}

/** An array for results of a dtype, in which half types are held as float32. */
export function resultArray(dtype: DataType, length: number): TypedArray {
  if (dtype === 'float16' || dtype === 'bfloat16') return new Float32Array(length)
  const held = storageOf(dtype)
  if (!held) throw new KernelError(`${dtype} has no elements to compute`)
  return new held.array(length * held.lanes)
}

/** A tensor of results: half types are rounded, the array is given away. */
export function store(dtype: DataType, shape: StaticShape, values: TypedArray): Tensor {
  if (dtype === 'float16') return Tensor.of(dtype, shape, toFloat16(values as Float32Array))
  if (dtype === 'bfloat16') return Tensor.of(dtype, shape, toBfloat16(values as Float32Array))
  return Tensor.of(dtype, shape, values)
}

/** Results of arithmetic: denormals are flushed. */
export function storeFlushed(dtype: DataType, shape: StaticShape, values: TypedArray): Tensor {
  if (dtype !== 'float16') flushDenormals(values)
  return store(dtype, shape, values)
}

/** Rounds one number to what a dtype can hold, where TensorFlow does so between the steps of a computation. */
export function rounderOf(dtype: DataType): (value: number) => number {
  if (dtype === 'float32') return Math.fround
  if (dtype !== 'float16' && dtype !== 'bfloat16') return (value) => value
  const one = new Float32Array(1)
  return (value) => {
    one[0] = value
    return dtype === 'float16' ? fromFloat16(toFloat16(one))[0]! : fromBfloat16(toBfloat16(one))[0]!
  }
}

/** A tensor that has one value everywhere, and is stored as that one. */
export function splat(dtype: DataType, shape: StaticShape, value: TypedArray): Tensor {
  return elementCount(shape) === 0 ? Tensor.of(dtype, shape, value.subarray(0, 0)) : Tensor.ofList(dtype, shape, value)
}

/** The same elements under another shape: nothing is copied. */
export function reshaped(tensor: Tensor, shape: StaticShape): Tensor {
  if (elementCount(shape) !== tensor.size) {
    throw new KernelError(`${tensor.size} elements do not fit the shape [${shape.join(',')}]`)
  }
  return new Tensor(tensor.dtype, shape, tensor.storage)
}

function hasDenormals(values: TypedArray): boolean {
  if (values instanceof Float32Array) {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
    for (const word of words) if ((word & 0x7f800000) === 0 && (word & 0x7fffff) !== 0) return true
  } else if (values instanceof Float64Array) {
    for (const value of values) if (value !== 0 && Math.abs(value) < smallestNormal) return true
  }
  return false
}

const smallestNormal = 2 ** -1022

function flushDenormals(values: TypedArray): void {
  if (values instanceof Float32Array) {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
    for (let index = 0; index < words.length; index++) {
      if ((words[index]! & 0x7f800000) === 0) words[index]! &= 0x80000000
    }
  } else if (values instanceof Float64Array) {
    for (let index = 0; index < values.length; index++) {
      if (Math.abs(values[index]!) < smallestNormal) values[index]! *= 0
    }
  }
}

/** To nearest, ties to even. */
export function roundEven(value: number): number {
  const rounded = Math.round(value)
  const tied = Math.abs(value % 1) === 0.5 && rounded % 2 !== 0
  return tied ? rounded - 1 : value < 0 && rounded === 0 ? -0 : rounded
}
