import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { movable } from '../../src/kernels/kernel.js'
import { kernels, kernelsOf } from '../../src/kernels/registry.js'
import { opDef } from '../../src/ops/op-defs.js'

type Recorded = Record<string, Record<string, 'any' | string[]>>

const recorded = JSON.parse(
  readFileSync(fileURLToPath(new URL('tensorflow-dtypes.json', import.meta.url)), 'utf8'),
) as Recorded

const complex = 'complex64 complex128'

/** What TensorFlow has a kernel for and is not computed here. Whoever adds one takes it off. */
const notComputed: Record<string, string> = {
  Cholesky: complex,
  ClipByValue: complex,
  // TensorFlow 2.21 gives zeros for most channels.
  DepthwiseConv2dNative: 'bfloat16',
  Einsum: complex,
  // The squares of small integers wrap, and the root of a negative sum is left to the processor.
  EuclideanNorm: `int8 int16 int32 int64 uint8 uint16 uint32 uint64 ${complex}`,
  FusedPadConv2D: 'bfloat16',
  FusedResizeAndPadConv2D: 'float64 float16',
  InvGrad: complex,
  LogMatrixDeterminant: complex,
  Lu: complex,
  MatrixDeterminant: complex,
  MatrixInverse: complex,
  MatrixSolve: complex,
  MatrixTriangularSolve: complex,
  QuantizedAvgPool: 'qint8',
  QuantizedBiasAdd: 'qint8',
  // Its own shape inference refuses it.
  Range: 'float16',
  ReciprocalGrad: complex,
  // TensorFlow 2.21 gives zeros.
  Round: 'int32 int64',
  RsqrtGrad: complex,
  SegmentProd: complex,
  SigmoidGrad: complex,
  SqrtGrad: complex,
  Svd: complex,
  TanhGrad: complex,
  UnsortedSegmentProd: complex,
  // It fails when it runs.
  Where: 'float16',
  Xdivy: complex,
  Xlog1py: complex,
  Xlogy: complex,
}

test('each op that is computed is computed in every dtype for which TensorFlow has a kernel, but for those listed', () => {
  const missing: Record<string, string> = {}
  for (const op of new Set(kernels.flatMap(({ ops }) => ops))) {
    const own = kernelsOf(op)
    const input = opDef(op)!.inputs[own[0]!.dtypeInput ?? 0]
    const attr = input?.typeAttr ?? input?.typeListAttr
    const known = attr && recorded[op]?.[attr]
    if (!known) continue
    const computed = new Set(own.flatMap(({ dtypes }) => dtypes))
    const left = movable.filter((dtype) => (known === 'any' || known.includes(dtype)) && !computed.has(dtype))
    if (left.length > 0) missing[op] = left.join(' ')
  }
  const sorted = (text: string): string => text.split(' ').sort().join(' ')
  const sortAll = (rows: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(rows).map(([op, text]) => [op, sorted(text)]))
  expect(sortAll(missing)).toEqual(sortAll(notComputed))
})
