import type { DataType } from '../graph/data-type.js'
import { arithmeticKernels } from './arithmetic.js'
import { bitwiseKernels } from './bitwise.js'
import { castKernels } from './cast.js'
import { comparisonKernels } from './comparison.js'
import { convolutionKernels } from './convolution.js'
import { fillKernels } from './fill.js'
import { gatherKernels } from './gather.js'
import type { Kernel } from './kernel.js'
import { matmulKernels } from './matmul.js'
import { matrixKernels } from './matrix.js'
import { movementKernels } from './movement.js'
import { normalizationKernels } from './normalization.js'
import { poolingKernels } from './pooling.js'
import { quantizationKernels } from './quantization.js'
import { quantizedArithmeticKernels } from './quantized-arithmetic.js'
import { reductionKernels } from './reduction.js'
import { reshapeKernels } from './reshape.js'
import { unaryKernels } from './unary.js'

/** Every kernel, by family. */
export const kernels: readonly Kernel[] = [
  ...arithmeticKernels,
  ...unaryKernels,
  ...comparisonKernels,
  ...bitwiseKernels,
  ...castKernels,
  ...reshapeKernels,
  ...movementKernels,
  ...fillKernels,
  ...reductionKernels,
  ...matmulKernels,
  ...convolutionKernels,
  ...poolingKernels,
  ...normalizationKernels,
  ...gatherKernels,
  ...matrixKernels,
  ...quantizationKernels,
  ...quantizedArithmeticKernels,
]

const byOp: ReadonlyMap<string, Kernel> = new Map(kernels.flatMap((kernel) => kernel.ops.map((op) => [op, kernel])))

/** The kernel of an op, whatever the dtype. */
export function kernelFor(op: string): Kernel | undefined {
  return byOp.get(op)
}

/** Whether results of an op in a dtype are TensorFlow's, bit by bit. */
export function isExact(kernel: Kernel, dtype: DataType): boolean {
  return !kernel.approximate?.includes(dtype)
}
