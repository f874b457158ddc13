import { elementCount } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { applyBinary, type BinaryFunction, binaryKernel } from './binary.js'
import type { Numeric } from './broadcast.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import {
  floats,
  type Kernel,
  type KernelCall,
  KernelError,
  maxBigInt,
  minBigInt,
  numbers,
  ulpOfElement,
  wide,
} from './kernel.js'

function divisor<T extends number | bigint>(value: T): T {
  if (value === 0 || value === 0n) throw new KernelError('an integer is divided by zero')
  return value
}

const add: BinaryFunction = { float: (a, b) => a + b, int: (a, b) => a + b, bigint: (a, b) => a + b }
const subtract: BinaryFunction = { float: (a, b) => a - b, int: (a, b) => a - b, bigint: (a, b) => a - b }
const multiply: BinaryFunction = {
  float: (a, b) => a * b,
  int: (a, b) => a * b,
  int32: Math.imul,
  bigint: (a, b) => a * b,
}
const truncateDivide: BinaryFunction = {
  steps: (a, b, round) => Math.trunc(round(a / b)),
  int: (a, b) => Math.trunc(a / divisor(b)),
  bigint: (a, b) => a / divisor(b),
}
const divide: BinaryFunction = { ...truncateDivide, steps: (a, b) => a / b }
const floorDivide: BinaryFunction = {
  steps: (a, b, round) => Math.floor(round(a / b)),
  int: (a, b) => Math.floor(a / divisor(b)),
  bigint: (a, b) => (a - floorMod64(a, b)) / b,
}
const truncateMod: BinaryFunction = {
  float: (a, b) => a % flushed(b, 2 ** -1022),
  float32: (a, b) => a % flushed(b, 2 ** -126),
  int: (a, b) => a % divisor(b),
  bigint: (a, b) => a % divisor(b),
  keepsDenormals: true,
}
const floorMod: BinaryFunction = {
  float: (a, b) => floorModFloat(a, b, 2 ** -1022),
  float32: (a, b) => floorModFloat(a, b, 2 ** -126),
  int: (a, b) => a - b * Math.floor(a / divisor(b)),
  bigint: floorMod64,
  keepsDenormals: true,
}

/** C's fmod keeps a denormal dividend, and takes a denormal divisor for zero. */
function flushed(value: number, smallestNormal: number): number {
  return Math.abs(value) < smallestNormal ? 0 : value
}

/** The remainder of a truncating division, moved to the divisor's side of zero; a denormal one counts as zero. */
function floorModFloat(a: number, b: number, smallestNormal: number): number {
  const rest = a % flushed(b, smallestNormal)
  return Math.abs(rest) >= smallestNormal && b < 0 !== rest < 0 ? rest + b : rest
}

function floorMod64(a: bigint, b: bigint): bigint {
  const rest = a % divisor(b)
  return rest !== 0n && b < 0n !== rest < 0n ? rest + b : rest
}

const squaredDifference: BinaryFunction = {
  steps: (a, b, round) => round(a - b) * round(a - b),
  int: (a, b) => (a - b) * (a - b),
  int32: (a, b) => Math.imul(a - b, a - b),
  bigint: (a, b) => (a - b) * (a - b),
}

function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new KernelError('an integer is raised to a negative power')
  let result = 1n
  for (let factor = base, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = BigInt.asIntN(64, result * factor)
    factor = BigInt.asIntN(64, factor * factor)
  }
  return result
}

/** 1 to whatever power is 1, also where JavaScript says it is not a number. */
const power: BinaryFunction = {
  float: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
  int: (a, b) => Number(BigInt.asIntN(32, integerPower(BigInt(a), BigInt(b)))),
  bigint: integerPower,
}

/** Sums all inputs from the left, the first up to nine at once and then eight at a time, as TensorFlow groups them. */
function addAll({ inputs }: KernelCall): Tensor[] {
  const rest = inputs.length % 8
  const first = Math.min(inputs.length, rest < 2 ? rest + 8 : rest)
  const sum = (tensors: readonly Tensor[]): Tensor => tensors.reduce((total, each) => applyBinary(add, total, each))
  let total = sum(inputs.slice(0, first))
  for (let from = first; from < inputs.length; from += 8) {
    total = applyBinary(add, total, sum(inputs.slice(from, from + 8)))
  }
  return [total]
}

/** A vector added along the channels: the last axis, or the second of NCHW. */
function addBias(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const bias = call.input(1)
  const values: Numeric = loadFlushed(input)
  const added: Numeric = loadFlushed(bias)
  const channelAxis = call.stringAttr('data_format').startsWith('NC') ? 1 : input.shape.length - 1
  const channels = input.shape[channelAxis]
  if (channels !== added.length) throw new KernelError(`${added.length} biases for ${channels} channels`)
  const inner = elementCount(input.shape.slice(channelAxis + 1))
  const result: Numeric = resultArray(input.dtype, input.size)
  for (let index = 0, channel = 0; index < result.length; channel = channel + 1 === channels ? 0 : channel + 1) {
    for (let count = 0; count < inner; count++, index++) result[index] = values[index]! + added[channel]!
  }
  return [storeFlushed(input.dtype, input.shape, result)]
}

export const arithmeticKernels: readonly Kernel[] = [
  binaryKernel({ ops: ['Add'], dtypes: [...floats, 'int8', 'int16', 'int32', 'int64', 'uint8'], functions: add }),
  binaryKernel({ ops: ['AddV2'], dtypes: numbers, functions: add }),
  binaryKernel({ ops: ['Sub'], dtypes: numbers, functions: subtract }),
  binaryKernel({ ops: ['Mul'], dtypes: numbers, functions: multiply }),
  binaryKernel({ ops: ['RealDiv'], dtypes: floats, functions: divide }),
  binaryKernel({ ops: ['Div'], dtypes: numbers, functions: divide }),
  binaryKernel({ ops: ['TruncateDiv'], dtypes: numbers, functions: truncateDivide }),
  binaryKernel({
    ops: ['DivNoNan'],
    dtypes: floats,
    functions: { float: (a, b) => (b === 0 ? 0 : a / b) },
  }),
  binaryKernel({
    ops: ['MulNoNan'],
    dtypes: floats,
    functions: { float: (a, b) => (b === 0 ? 0 : a * b) },
  }),
  binaryKernel({ ops: ['FloorDiv'], dtypes: numbers, functions: floorDivide }),
  binaryKernel({ ops: ['FloorMod'], dtypes: numbers, functions: floorMod }),
  binaryKernel({ ops: ['Mod', 'TruncateMod'], dtypes: [...wide, 'int32', 'int64'], functions: truncateMod }),
  binaryKernel({ ops: ['SquaredDifference'], dtypes: [...floats, 'int32', 'int64'], functions: squaredDifference }),
  binaryKernel({
    ops: ['Pow'],
    dtypes: [...floats, 'int8', 'int16', 'int32', 'int64'],
    bound: ulpOfElement(4),
    functions: power,
  }),
  binaryKernel({
    ops: ['Maximum'],
    dtypes: numbers,
    functions: {
      float: (a, b) => (a > b || Number.isNaN(a) ? a : b),
      half: (a, b) => (a < b || Number.isNaN(b) ? b : a),
      int: Math.max,
      bigint: maxBigInt,
    },
  }),
  binaryKernel({
    ops: ['Minimum'],
    dtypes: numbers,
    functions: {
      float: (a, b) => (a < b || Number.isNaN(a) ? a : b),
      half: (a, b) => (b < a || Number.isNaN(b) ? b : a),
      int: Math.min,
      bigint: minBigInt,
    },
  }),
  binaryKernel({ ops: ['Atan2'], dtypes: floats, bound: ulpOfElement(4), functions: { float: Math.atan2 } }),
  { ops: ['AddN', 'AccumulateNV2'], dtypes: numbers, run: addAll },
  { ops: ['BiasAdd', 'BiasAddV1'], dtypes: numbers, run: addBias },
]
