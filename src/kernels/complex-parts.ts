import type { DataType } from '../graph/data-type.js'
import { Tensor } from '../graph/tensor.js'
import { complexes, type Kernel, KernelCall } from './kernel.js'

export function isComplex(dtype: DataType): boolean {
  return complexes.includes(dtype)
}

/** The dtype of the two parts of a complex number. */
export function partType(dtype: DataType): DataType {
  return dtype === 'complex64' ? 'float32' : 'float64'
}

/** The real parts (0) or the imaginary parts (1) of a tensor. */
export function partOf(tensor: Tensor, part: 0 | 1): Tensor {
  const values = tensor.values() as Float64Array
  const dtype = partType(tensor.dtype)
  const parts = dtype === 'float32' ? new Float32Array(tensor.size) : new Float64Array(tensor.size)
  for (let at = 0; at < parts.length; at++) parts[at] = values[2 * at + part]!
  return Tensor.of(dtype, tensor.shape, parts)
}

/** Complex numbers of two parts of one shape. */
export function complexOf(real: Tensor, imaginary: Tensor): Tensor {
  const [a, b] = [real.values() as Float64Array, imaginary.values() as Float64Array]
  const single = real.dtype === 'float32'
  const values = single ? new Float32Array(2 * real.size) : new Float64Array(2 * real.size)
  for (let at = 0; at < a.length; at++) {
    values[2 * at] = a[at]!
    values[2 * at + 1] = b[at]!
  }
  return Tensor.of(single ? 'complex64' : 'complex128', real.shape, values)
}

/**
 * Kernels of ops that do the same with the real and with the imaginary parts: adding, moving about, filling up. Each is
 * computed twice by the kernel for floats.
 */
export function byParts(kernels: readonly Kernel[], ops: readonly string[]): Kernel[] {
  return ops.map((op) => {
    const real = kernels.find((kernel) => kernel.ops.includes(op) && kernel.dtypes.includes('float32'))!
    return {
      ops: [op],
      dtypes: complexes,
      ...(real.dtypeInput !== undefined && { dtypeInput: real.dtypeInput }),
      ...(real.bound && { bound: { ...real.bound, dtypes: complexes } }),
      run: (call) => runByParts(real, call),
    }
  })
}

function runByParts(real: Kernel, call: KernelCall): Tensor[] {
  const run = (part: 0 | 1): readonly Tensor[] =>
    real.run(
      new KernelCall(
        call.node,
        call.inputs.map((input) => (isComplex(input.dtype) ? partOf(input, part) : input)),
      ),
    )
  const imaginary = run(1)
  return run(0).map((tensor, port) => complexOf(tensor, imaginary[port]!))
}
