import type { DataType, TypedArray } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import { broadcastShape, broadcastStrides, type Numeric } from './broadcast.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { floats, isBigInt, type Kernel, type KernelCall, KernelError, ulpOfLargest } from './kernel.js'
import { eachRow } from './strided.js'

/** A matrix within an array; transposing it is exchanging its strides. */
interface Matrix {
  values: Numeric
  offset: number
  rows: number
  columns: number
  rowStride: number
  columnStride: number
}

/** Adds a product of matrices row by row, in double: `total` has `left.rows` × `right.columns` elements. */
function multiply(left: Matrix, right: Matrix, total: Numeric): void {
  const { columns } = right
  for (let row = 0; row < left.rows; row++) {
    for (let inner = 0; inner < left.columns; inner++) {
      const factor = left.values[left.offset + row * left.rowStride + inner * left.columnStride]!
      addRow(total, row * columns, right, inner, factor)
    }
  }
}

function addRow(total: Numeric, at: number, right: Matrix, row: number, factor: Numeric): void {
  const { values, columns, columnStride } = right
  let read = right.offset + row * right.rowStride
  for (let column = 0; column < columns; column++) {
    total[at + column]! += factor * values[read]!
    read += columnStride
  }
}

function matrixAt(tensor: Tensor, values: TypedArray, offset: number, transposed: boolean): Matrix {
  const [rows, columns] = tensor.shape.slice(-2) as [number, number]
  const common = { values: values as Numeric, offset }
  return transposed
    ? { ...common, rows: columns, columns: rows, rowStride: 1, columnStride: columns }
    : { ...common, rows, columns, rowStride: columns, columnStride: 1 }
}

/** Products over the last two axes; the axes before them are broadcast. */
function matMul(call: KernelCall, flipLeft: boolean, flipRight: boolean): Tensor[] {
  const [a, b] = [call.input(0), call.input(1)]
  if (a.shape.length < 2 || b.shape.length < 2) throw new KernelError('a factor is no matrix')
  const [left, right] = [loadFlushed(a), loadFlushed(b)]
  const [first, second] = [matrixAt(a, left, 0, flipLeft), matrixAt(b, right, 0, flipRight)]
  if (first.columns !== second.rows) {
    throw new KernelError(`${first.rows}×${first.columns} cannot be multiplied by ${second.rows}×${second.columns}`)
  }
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
  const batch = broadcastShape(batchA, batchB)
  const size = first.rows * second.columns
  const result = resultArray(a.dtype, elementCount(batch) * size)
  const big = isBigInt(a.dtype)
  const total: Numeric = big ? new BigInt64Array(size) : new Float64Array(size)
  let at = 0
  const strides = [broadcastStrides(batchA, batch), broadcastStrides(batchB, batch)]
  eachRow(batch, strides, ([startA, startB], [stepA, stepB], length) => {
    for (let count = 0; count < length; count++) {
      total.fill(big ? 0n : 0)
      const offsetA = (startA! + count * stepA!) * first.rows * first.columns
      const offsetB = (startB! + count * stepB!) * second.rows * second.columns
      multiply({ ...first, offset: offsetA }, { ...second, offset: offsetB }, total)
      ;(result as Float32Array).set(total, at)
      at += size
    }
  })
  return [storeFlushed(a.dtype, [...batch, first.rows, second.columns], result)]
}

const dtypes: readonly DataType[] = [...floats, 'int32', 'int64']

export const matmulKernels: readonly Kernel[] = [
  {
    ops: ['MatMul'],
    dtypes,
    bound: ulpOfLargest(16, floats),
    run: (call) => matMul(call, call.boolAttr('transpose_a'), call.boolAttr('transpose_b')),
  },
  {
    ops: ['BatchMatMulV2'],
    dtypes: [...dtypes, 'int16'],
    bound: ulpOfLargest(16),
    run: (call) => matMul(call, call.boolAttr('adj_x'), call.boolAttr('adj_y')),
  },
  {
    ops: ['BatchMatMul'],
    dtypes,
    bound: ulpOfLargest(16, floats),
    run: (call) => matMul(call, call.boolAttr('adj_x'), call.boolAttr('adj_y')),
  },
]
