import { storageOf } from '../graph/data-type.js'
import type { Tensor } from '../graph/tensor.js'
import { applyBinary, type BinaryFunction, binaryKernel } from './binary.js'
import { resultArray, store } from './elements.js'
import { integers, isBigInt, type Kernel, type KernelCall } from './kernel.js'

/** Shifts by less than nothing count as none, those beyond the width as all bits but one: what TensorFlow defines. */
function shift(by: (value: bigint, bits: bigint) => bigint): (call: KernelCall) => Tensor[] {
  return (call) => {
    const { dtype } = call.input(0)
    const width = BigInt(storageOf(dtype)!.array.BYTES_PER_ELEMENT * 8)
    const clamped = (bits: bigint): bigint => (bits < 0n ? 0n : bits >= width ? width - 1n : bits)
    const functions: BinaryFunction = {
      int: (a, b) => Number(BigInt.asIntN(32, by(BigInt(a), clamped(BigInt(b))))),
      bigint: (a, b) => by(a, clamped(b)),
    }
    return [applyBinary(functions, call.input(0), call.input(1))]
  }
}

function invert(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const result = resultArray(input.dtype, input.size)
  if (isBigInt(input.dtype)) {
    for (const [index, value] of (input.values() as BigInt64Array).entries()) result[index] = ~value
  } else {
    for (const [index, value] of (input.values() as Int32Array).entries()) result[index] = ~value
  }
  return [store(input.dtype, input.shape, result)]
}

export const bitwiseKernels: readonly Kernel[] = [
  binaryKernel({
    ops: ['BitwiseAnd'],
    dtypes: integers,
    functions: { int: (a, b) => a & b, bigint: (a, b) => a & b },
  }),
  binaryKernel({ ops: ['BitwiseOr'], dtypes: integers, functions: { int: (a, b) => a | b, bigint: (a, b) => a | b } }),
  binaryKernel({ ops: ['BitwiseXor'], dtypes: integers, functions: { int: (a, b) => a ^ b, bigint: (a, b) => a ^ b } }),
  { ops: ['LeftShift'], dtypes: integers, run: shift((value, bits) => value << bits) },
  { ops: ['RightShift'], dtypes: integers, run: shift((value, bits) => value >> bits) },
  { ops: ['Invert'], dtypes: integers, run: invert },
]
