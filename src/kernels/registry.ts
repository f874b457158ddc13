import type { DataType } from '../graph/data-type.js'
import { arithmeticKernels } from './arithmetic.js'
import { bitwiseKernels } from './bitwise.js'
import { boxKernels } from './boxes.js'
import { castKernels } from './cast.js'
import { colourKernels } from './colour.js'
import { comparisonKernels } from './comparison.js'
import { complexKernels } from './complex.js'
import { convolutionKernels } from './convolution.js'
import { einsumKernels } from './einsum.js'
import { fillKernels } from './fill.js'
import { fusedConvolutionKernels } from './fused-convolution.js'
import { gatherKernels } from './gather.js'
import { gradientKernels } from './gradients.js'
import type { Kernel } from './kernel.js'
import { linearAlgebraKernels } from './linear-algebra.js'
import { matmulKernels } from './matmul.js'
import { matrixKernels } from './matrix.js'
import { movementKernels } from './movement.js'
import { normalizationKernels } from './normalization.js'
import { orderKernels } from './order.js'
import { patchKernels } from './patches.js'
import { poolingKernels } from './pooling.js'
import { quantizationKernels } from './quantization.js'
import { quantizedArithmeticKernels } from './quantized-arithmetic.js'
import { recurrentKernels } from './recurrent.js'
import { reductionKernels } from './reduction.js'
import { reshapeKernels } from './reshape.js'
import { resizeKernels } from './resize.js'
import { scatterKernels } from './scatter.js'
import { segmentKernels } from './segments.js'
import { shapeArithmeticKernels } from './shape-arithmetic.js'
import { sparseKernels } from './sparse.js'
import { specialKernels } from './special.js'
import { textKernels } from './text.js'
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
  ...scatterKernels,
  ...segmentKernels,
  ...resizeKernels,
  ...colourKernels,
  ...boxKernels,
  ...patchKernels,
  ...recurrentKernels,
  ...specialKernels,
  ...linearAlgebraKernels,
  ...einsumKernels,
  ...orderKernels,
  ...gradientKernels,
  ...shapeArithmeticKernels,
  ...textKernels,
  ...sparseKernels,
  ...fusedConvolutionKernels,
  ...complexKernels,
]

const byOp: ReadonlyMap<string, readonly Kernel[]> = groupByOp()

function groupByOp(): Map<string, Kernel[]> {
  const grouped = new Map<string, Kernel[]>()
  for (const kernel of kernels) {
    for (const op of kernel.ops) {
      const known = grouped.get(op)
      if (known) known.push(kernel)
      else grouped.set(op, [kernel])
    }
  }
  return grouped
}

/** The kernels of an op, each for other dtypes of the same input. */
export function kernelsOf(op: string): readonly Kernel[] {
  return byOp.get(op) ?? []
}

/** The kernel of an op that computes a dtype; whichever comes first where the dtype is not said. */
export function kernelFor(op: string, dtype?: DataType): Kernel | undefined {
  const known = kernelsOf(op)
  return dtype === undefined ? known[0] : known.find((kernel) => kernel.dtypes.includes(dtype))
}
