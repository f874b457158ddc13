import type { DataType, TypedArray } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import { load, loadFlushed, resultArray, store, storeFlushed } from './elements.js'
import { isBigInt, isFloat, type Kernel, type KernelCall, KernelError, numbers } from './kernel.js'

const castable: readonly DataType[] = [...numbers, 'bool']
const castTargets: readonly (DataType | undefined)[] = castable

/**
 * Converts elements. Integers wrap, numbers become integers by cutting the fraction, anything but 0 is true.
 * @throws KernelError for a float beyond the integer type, of which C++ leaves open what it becomes
 */
function cast(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const to = call.typeAttr('DstT')
  if (!castTargets.includes(to)) throw new KernelError(`a cast to ${to ?? 'an unknown dtype'} is not computed`)
  const target = to as DataType
  if (target === input.dtype) return [input]
  // These are converted by instructions that see denormals as zero; the others move bits.
  const flushes = input.dtype === 'float64' || target === 'float64' || (input.dtype === 'float32' && target === 'bool')
  const source = flushes ? loadFlushed(input) : load(input)
  const result = resultArray(target, input.size)
  if (target === 'bool') return [store(target, input.shape, Uint8Array.from(source as Float32Array, truth))]
  if (isBigInt(input.dtype)) fromBigInts(source as BigInt64Array, target, result)
  else if (isFloat(input.dtype) && !isFloat(target)) fromFloats(source as Float32Array, target, result)
  else if (isBigInt(target)) for (let at = 0; at < result.length; at++) result[at] = BigInt(source[at]!)
  // Between number types an array's own conversion is right: it rounds to nearest and wraps integers.
  else (result as Float32Array).set(source as Float32Array)
  return [(flushes ? storeFlushed : store)(target, input.shape, result)]
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
  if (!castTargets.includes(dtype)) throw new KernelError(`a bitcast of ${dtype} is not computed`)
  return dtype === 'float16' || dtype === 'bfloat16' ? 2 : resultArray(dtype, 0).BYTES_PER_ELEMENT
}

function reshapedBytes(input: Tensor, dtype: DataType, shape: readonly number[]): Tensor {
  return new Tensor(dtype, shape, { kind: 'content', bytes: input.bytes() })
}

export const castKernels: readonly Kernel[] = [
  { ops: ['Cast'], dtypes: castable, run: cast },
  { ops: ['Bitcast'], dtypes: numbers, run: bitcast },
]
