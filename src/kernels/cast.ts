import { type DataType, newElements, storageOf, type TypedArray } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import { complexOf, isComplex, partOf, partType } from './complex-parts.js'
import { load, loadFlushed, resultArray, store, storeFlushed } from './elements.js'
import {
  complexes,
  isBigInt,
  isFloat,
  type Kernel,
  type KernelCall,
  KernelError,
  movable,
  numbers,
  quantized,
} from './kernel.js'

const castable: readonly DataType[] = [...numbers, 'bool']

/**
 * Converts elements. Integers wrap, numbers become integers by cutting the fraction, anything but 0 is true; of a complex
 * number counts the real part.
 * @throws KernelError for a float beyond the integer type, of which C++ leaves open what it becomes
 */
function cast(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const to = call.typeAttr('DstT') ?? 'invalid'
  if (to === input.dtype) return [input]
  for (const dtype of [input.dtype, to]) {
    if (!castable.includes(dtype) && !isComplex(dtype)) {
      throw new KernelError(`a cast of ${input.dtype} to ${to} is not computed`)
    }
  }
  if (isComplex(to)) return [toComplex(input, to)]
  return [convert(isComplex(input.dtype) ? partOf(input, 0) : input, to)]
}

function convert(input: Tensor, target: DataType): Tensor {
  if (target === input.dtype) return input
  // These are converted by instructions that see denormals as zero; the others move bits.
  const flushes = input.dtype === 'float64' || target === 'float64' || (input.dtype === 'float32' && target === 'bool')
  const source = flushes ? loadFlushed(input) : load(input)
  const result = resultArray(target, input.size)
  if (target === 'bool') return store(target, input.shape, Uint8Array.from(source as Float32Array, truth))
  if (isBigInt(input.dtype)) fromBigInts(source as BigInt64Array, target, result)
  else if (isFloat(input.dtype) && !isFloat(target)) fromFloats(source as Float32Array, target, result)
  else if (isBigInt(target)) for (let at = 0; at < result.length; at++) result[at] = BigInt(source[at]!)
  // Between number types an array's own conversion is right: it rounds to nearest and wraps integers.
  else (result as Float32Array).set(source as Float32Array)
  return (flushes ? storeFlushed : store)(target, input.shape, result)
}

/** Of a real number, one with an imaginary part of 0. */
function toComplex(input: Tensor, target: DataType): Tensor {
  const part = partType(target)
  if (isComplex(input.dtype)) return complexOf(convert(partOf(input, 0), part), convert(partOf(input, 1), part))
  return complexOf(convert(input, part), Tensor.of(part, input.shape, newElements(part, input.size)))
}

/** Not-a-number is true. */
function truth(value: number | bigint): number {
  return value || Number.isNaN(value) ? 1 : 0
}

function fromBigInts(source: BigInt64Array, target: DataType, result: TypedArray): void {
  if (isBigInt(target)) (result as BigInt64Array).set(source)
  else if (target === 'float64') for (let at = 0; at < result.length; at++) result[at] = Number(source[at]!)
  else if (isFloat(target)) for (let at = 0; at < result.length; at++) result[at] = toFloat32(source[at]!)
  else for (let at = 0; at < result.length; at++) result[at] = Number(BigInt.asIntN(32, source[at]!))
}

/** Rounded once: what is too long for a double keeps, in its last bit, whether anything was cut. */
function toFloat32(value: bigint): number {
  const size = value < 0n ? -value : value
  if (size < 1n << 53n) return Number(value)
  const cut = size & 0xfffn
  const shortened = Number((size >> 12n) | (cut === 0n ? 0n : 1n)) * 4096
  return value < 0n ? -shortened : shortened
}

const ranges: Partial<Record<DataType, [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  uint64: [0, 2 ** 64 - 2048],
}

function fromFloats(source: Float32Array, target: DataType, result: TypedArray): void {
  const [low, high] = ranges[target]!
  const big = isBigInt(target)
  for (let at = 0; at < source.length; at++) {
    const value = Math.trunc(source[at]!)
    if (!(value >= low && value <= high)) {
      throw new KernelError(`${source[at]} does not fit ${target}, and what it becomes depends on the processor`)
    }
    result[at] = big ? BigInt(value) : value
  }
}

/** The same bytes as another dtype; one of another size takes or gives the last axis. */
function bitcast(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const to = call.typeAttr('type') ?? 'invalid'
  const [from, size] = [resultBytes(input.dtype), resultBytes(to)]
  const shape = from === size ? input.shape : from > size ? [...input.shape, from / size] : input.shape.slice(0, -1)
  if (size > from && input.shape.at(-1) !== size / from) throw new KernelError('the last axis does not fill an element')
  return [reshapedBytes(input, to, shape)]
}

function resultBytes(dtype: DataType): number {
  const held = storageOf(dtype)
  if (!held || dtype === 'bool') throw new KernelError(`a bitcast of ${dtype} is not computed`)
  return held.array.BYTES_PER_ELEMENT * held.lanes
}

function reshapedBytes(input: Tensor, dtype: DataType, shape: readonly number[]): Tensor {
  return new Tensor(dtype, shape, { kind: 'content', bytes: input.bytes() })
}

export const castKernels: readonly Kernel[] = [
  { ops: ['Cast'], dtypes: movable, run: cast },
  { ops: ['Bitcast'], dtypes: [...numbers, ...quantized, ...complexes], run: bitcast },
]
