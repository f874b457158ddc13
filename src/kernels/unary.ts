import type { DataType, TypedArray } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import { load, loadFlushed, resultArray, roundEven, rounderOf, splat, store, storeFlushed } from './elements.js'
import { erf, erfc } from './error-function.js'
import {
  type Bound,
  floats,
  isBigInt,
  isFloat,
  type Kernel,
  type KernelCall,
  KernelError,
  numbers,
  ulpOfElement,
  ulpOfLargest,
  wide,
} from './kernel.js'

type FloatFunction = (value: number) => number
interface UnaryFunction {
  float?: FloatFunction
  float32?: FloatFunction
  /** Replaces both, and is given how the dtype rounds. */
  steps?: (value: number, round: (value: number) => number) => number
  /** Replaces both for float16 and bfloat16. */
  half?: FloatFunction
  int?: FloatFunction
  bigint?: (value: bigint) => bigint
  /** Moves or clears bits only, so that denormals pass. */
  keepsDenormals?: boolean
}

function unary(ops: string[], dtypes: readonly DataType[], functions: UnaryFunction, bound?: Bound): Kernel {
  return { ops, dtypes, ...(bound && { bound }), run: (call) => [apply(functions, call.input(0))] }
}

function apply(functions: UnaryFunction, input: Tensor): Tensor {
  const { dtype, shape } = input
  const values = functions.keepsDenormals ? load(input) : loadFlushed(input)
  const result = resultArray(dtype, input.size)
  if (isBigInt(dtype)) {
    const compute = functions.bigint!
    for (let index = 0; index < values.length; index++) result[index] = compute(values[index] as bigint)
  } else {
    const { steps } = functions
    const round = rounderOf(dtype)
    const single = steps ? (value: number) => steps(value, round) : (functions.float32 ?? functions.float)
    const float =
      dtype === 'float64' ? (functions.float ?? single) : dtype === 'float32' ? single : (functions.half ?? single)
    const compute = (isFloat(dtype) ? float : functions.int)!
    for (let index = 0; index < values.length; index++) result[index] = compute(values[index] as number)
  }
  return functions.keepsDenormals ? store(dtype, shape, result) : storeFlushed(dtype, shape, result)
}

/** A function that TensorFlow approximates: here it is rounded from double. */
export function approximated(op: string, float: FloatFunction, dtypes: readonly DataType[] = floats, ulp = 4): Kernel {
  return unary([op], dtypes, { float }, ulpOfElement(ulp, dtypes))
}

/** The same of a function that TensorFlow takes from the C library, which computes with denormals. */
export function keeping(op: string, float: FloatFunction, dtypes: readonly DataType[] = floats): Kernel {
  return unary([op], dtypes, { float, keepsDenormals: true }, ulpOfElement(4, dtypes))
}

/** 1 and -1; of -0 it is 0, and of a denormal the denormal. */
function signOf(value: number, smallestNormal: number): number {
  if (value >= smallestNormal) return 1
  return value <= -smallestNormal ? -1 : value + 0
}

/** The value, or 0 below it; -0 stays, which Math.max would not keep. */
function zeroOrMore(value: number): number {
  if (value < 0) return 0
  return value
}

function test(op: string, isTrue: (value: number) => boolean): Kernel {
  return {
    ops: [op],
    dtypes: floats,
    run(call) {
      const input = call.input(0)
      const result = Uint8Array.from(load(input) as Float32Array, (value) => (isTrue(value) ? 1 : 0))
      return [Tensor.of('bool', input.shape, result)]
    },
  }
}

/** max(x, alpha·x) for alpha up to 1. */
function leakyRelu(call: KernelCall): Tensor[] {
  const alpha = call.floatAttr('alpha') ?? Math.fround(0.2)
  const { dtype } = call.input(0)
  const factor = rounderOf(dtype)(alpha)
  return [apply({ float: (value) => (value > 0 ? value : value * factor) }, call.input(0))]
}

const seluScale = 1.0507009873554805
const seluScaledAlpha = 1.7580993408473768

/** An error where TensorFlow would give one at run time. */
function checkNumerics(call: KernelCall): Tensor[] {
  const input = call.input(0)
  for (const value of load(input) as Float32Array) {
    if (!Number.isFinite(value)) throw new KernelError(`${call.stringAttr('message')}: the tensor has ${value} in it`)
  }
  return [input]
}

function filled(value: number): (call: KernelCall) => Tensor[] {
  return (call) => {
    const { dtype, shape } = call.input(0)
    const one = resultArray(dtype, 1)
    one[0] = isBigInt(dtype) ? BigInt(value) : value
    const stored = store(dtype, [], one)
    return [splat(dtype, shape, stored.values() as TypedArray)]
  }
}

const clampAtZero: UnaryFunction = {
  float: (value) => (value > 0 || Number.isNaN(value) ? value : 0),
  half: zeroOrMore,
  int: (value) => Math.max(value, 0),
  bigint: (value) => (value > 0n ? value : 0n),
}

export const unaryKernels: readonly Kernel[] = [
  unary(['Neg'], [...floats, 'int8', 'int16', 'int32', 'int64'], {
    float: (value) => -value,
    int: (value) => -value,
    bigint: (value) => -value,
    keepsDenormals: true,
  }),
  unary(['Abs'], [...floats, 'int8', 'int16', 'int32', 'int64'], {
    float: Math.abs,
    int: Math.abs,
    bigint: (value) => (value < 0n ? -value : value),
    keepsDenormals: true,
  }),
  unary(['Sign'], [...floats, 'int8', 'int16', 'int32', 'int64'], {
    float: (value) => signOf(value, 2 ** -1022),
    float32: (value) => signOf(value, 2 ** -126),
    int: Math.sign,
    bigint: (value) => (value > 0n ? 1n : value < 0n ? -1n : 0n),
    keepsDenormals: true,
  }),
  unary(['Square'], numbers, {
    float: (value) => value * value,
    int: (value) => Math.imul(value, value),
    bigint: (value) => value * value,
  }),
  unary(['Sqrt'], floats, { float: Math.sqrt }),
  unary(['Floor'], floats, { float: Math.floor }),
  unary(['Ceil'], floats, { float: Math.ceil }),
  unary(['Rint'], wide, { float: roundEven }),
  // Not int32 and int64, of which TensorFlow 2.21 makes zeros.
  unary(['Round'], floats, { float: roundEven }),
  unary(['Relu'], numbers, clampAtZero),
  unary(['Relu6'], numbers, {
    float: (value) => (value > 6 ? 6 : value > 0 || Number.isNaN(value) ? value : 0),
    half: (value) => (value > 6 ? 6 : zeroOrMore(value)),
    int: (value) => Math.min(Math.max(value, 0), 6),
    bigint: (value) => (value > 6n ? 6n : value > 0n ? value : 0n),
  }),
  { ops: ['LeakyRelu'], dtypes: floats, run: leakyRelu },
  unary(['Softsign'], floats, { steps: (value, round) => value / round(1 + Math.abs(value)) }),
  approximated('Rsqrt', (value) => 1 / Math.sqrt(value)),
  approximated('Reciprocal', (value) => 1 / value),
  approximated('Inv', (value) => 1 / value),
  approximated('Exp', Math.exp),
  keeping('Expm1', Math.expm1),
  approximated('Log', Math.log),
  approximated('Log1p', Math.log1p),
  approximated('Sin', Math.sin),
  approximated('Cos', Math.cos),
  keeping('Tan', Math.tan),
  approximated('Asin', Math.asin),
  approximated('Acos', Math.acos),
  approximated('Atan', Math.atan),
  keeping('Sinh', Math.sinh),
  approximated('Cosh', Math.cosh),
  keeping('Asinh', Math.asinh),
  approximated('Acosh', Math.acosh),
  approximated('Atanh', Math.atanh),
  approximated('Tanh', Math.tanh, floats, 6),
  approximated('Sigmoid', (value) => 1 / (1 + Math.exp(-value)), floats, 6),
  approximated('Erf', erf, floats, 12),
  approximated('Erfc', erfc, floats, 64),
  approximated('Softplus', (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))), floats, 8),
  // TensorFlow takes 1 from a rounded exponential, so that small values lose their last bits.
  unary(
    ['Elu'],
    floats,
    { steps: (value, round) => (value < 0 ? round(Math.exp(value)) - 1 : value) },
    ulpOfLargest(4),
  ),
  unary(
    ['Selu'],
    floats,
    {
      steps: (value, round) =>
        value < 0 ? round(seluScaledAlpha) * round(round(Math.exp(value)) - 1) : round(seluScale) * value,
    },
    ulpOfLargest(4),
  ),
  test('IsNan', Number.isNaN),
  test('IsFinite', Number.isFinite),
  test('IsInf', (value) => Math.abs(value) === Number.POSITIVE_INFINITY),
  { ops: ['CheckNumerics'], dtypes: floats, run: checkNumerics },
  { ops: ['ZerosLike'], dtypes: [...numbers, 'bool'], run: filled(0) },
  { ops: ['OnesLike'], dtypes: [...numbers, 'bool'], run: filled(1) },
]
