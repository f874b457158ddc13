import type { DataType } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { broadcastShape, combine, type Numeric } from './broadcast.js'
import { load, loadFlushed, resultArray, rounderOf, store, storeFlushed } from './elements.js'
import { type Bound, halves, isBigInt, isFloat, type Kernel, type KernelCall } from './kernel.js'

/**
 * A function of two elements. `float` sees numbers that are rounded to the dtype when stored; `float32` replaces it where
 * TensorFlow rounds in between. `int` sees integers below 2^32 in magnitude, and its result wraps; `int32` replaces it
 * where a double cannot hold the result.
 */
export interface BinaryFunction {
  float?: (a: number, b: number) => number
  float32?: (a: number, b: number) => number
  /** Replaces both, and is given how the dtype rounds. */
  steps?: (a: number, b: number, round: (value: number) => number) => number
  /** Replaces all of these for float16 and bfloat16. */
  half?: (a: number, b: number) => number
  int?: (a: number, b: number) => number
  int32?: (a: number, b: number) => number
  bigint?: (a: bigint, b: bigint) => bigint
  /** Whether denormals are computed with. */
  keepsDenormals?: boolean
}

function functionFor(dtype: DataType, functions: BinaryFunction): (a: Numeric, b: Numeric) => Numeric {
  if (isBigInt(dtype)) return functions.bigint!
  const { steps } = functions
  if (steps && isFloat(dtype) && !(functions.half && halves.includes(dtype))) {
    const round = rounderOf(dtype)
    return (a: number, b: number) => steps(a, b, round)
  }
  if (dtype === 'float64') return functions.float!
  if (dtype === 'float32') return functions.float32 ?? functions.float!
  if (isFloat(dtype)) return functions.half ?? functions.float32 ?? functions.float!
  return (dtype === 'int32' || dtype === 'uint32' ? functions.int32 : undefined) ?? functions.int!
}

/** Applies a function under broadcasting; the result has the inputs' dtype. */
export function applyBinary(functions: BinaryFunction, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShape(a.shape, b.shape)
  const result = resultArray(a.dtype, elementCount(shape))
  const [read, write] = functions.keepsDenormals ? [load, store] : [loadFlushed, storeFlushed]
  const left = { values: read(a), shape: a.shape }
  const right = { values: read(b), shape: b.shape }
  combine(result, shape, left, right, functionFor(a.dtype, functions))
  return write(a.dtype, shape, result)
}

interface BinaryDeclaration {
  ops: readonly string[]
  dtypes: readonly DataType[]
  bound?: Bound
  functions: BinaryFunction
}

/** A kernel of an op on two tensors of one dtype, which are broadcast together. */
export function binaryKernel({ functions, ...declared }: BinaryDeclaration): Kernel {
  return { ...declared, run: (call: KernelCall) => [applyBinary(functions, call.input(0), call.input(1))] }
}
