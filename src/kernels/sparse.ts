import { newElements } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { type Kernel, type KernelCall, KernelError, movable } from './kernel.js'
import { rowStrides } from './strided.js'

function longs(shape: readonly number[], values: readonly number[]): Tensor {
  return Tensor.of('int64', shape, BigInt64Array.from(values, BigInt))
}

/** The indices of a sparse tensor under another dense shape, of which one size may be left open. */
function reshape(call: KernelCall): Tensor[] {
  const [indices, from, to] = [call.input(0), call.ints(1), call.ints(2)]
  const total = elementCount(from)
  const open = to.indexOf(-1)
  if (open >= 0) to[open] = total / elementCount(to.filter((_, axis) => axis !== open))
  if (elementCount(to) !== total || !to.every(Number.isInteger))
    throw new KernelError('the dense shapes differ in size')
  const [own, other] = [rowStrides(from), rowStrides(to)]
  const values = indices.numbers()
  const rows = indices.shape[0]!
  const moved: number[] = []
  for (let row = 0; row < rows; row++) {
    let flat = 0
    for (const [axis, stride] of own.entries()) flat += values[row * from.length + axis]! * stride
    for (const [axis, stride] of other.entries()) moved.push(Math.floor(flat / stride) % to[axis]!)
  }
  return [longs([rows, to.length], moved), longs([to.length], to)]
}

/** A default value in the first column of each row that has none; rows are put in order. */
function fillEmptyRows(call: KernelCall): Tensor[] {
  const [indices, values, filler] = [call.input(0), call.input(1), call.input(3)]
  const dense = call.ints(2)
  const rank = dense.length
  const count = dense[0]!
  const places = indices.numbers()
  const rows: number[][] = Array.from({ length: count }, () => [])
  for (let at = 0; at < indices.shape[0]!; at++) {
    const row = rows[places[at * rank]!]
    if (!row) throw new KernelError(`there is no row ${places[at * rank]}`)
    row.push(at)
  }
  const order = rows.flatMap((row) => (row.length > 0 ? row : [-1]))
  const isText = values.dtype === 'string'
  const cells: Numeric = isText ? values.strings() : values.values()
  const other: Numeric = isText ? filler.strings() : filler.values()
  const lanes = values.size === 0 ? other.length : cells.length / values.size
  const result: Numeric = isText ? new Array(order.length) : newElements(values.dtype, order.length)
  const reverse = new Array<number>(values.size).fill(0)
  const moved: number[] = []
  let row = 0
  for (const [at, from] of order.entries()) {
    for (let lane = 0; lane < lanes; lane++)
      result[at * lanes + lane] = from < 0 ? other[lane] : cells[from * lanes + lane]
    if (from >= 0) reverse[from] = at
    while (from < 0 && rows[row]!.length > 0) row++
    if (from < 0) moved.push(row++, ...new Array<number>(rank - 1).fill(0))
    else moved.push(...places.slice(from * rank, (from + 1) * rank))
  }
  const isEmpty = Uint8Array.from(rows, (each) => (each.length === 0 ? 1 : 0))
  return [
    longs([order.length, rank], moved),
    isText ? Tensor.ofStrings([order.length], result) : Tensor.of(values.dtype, [order.length], result),
    Tensor.of('bool', [count], isEmpty),
    longs([values.size], reverse),
  ]
}

export const sparseKernels: readonly Kernel[] = [
  { ops: ['SparseReshape'], dtypes: ['int64'], run: reshape },
  {
    ops: ['SparseFillEmptyRows'],
    dtypes: movable.filter((dtype) => !dtype.startsWith('q')),
    dtypeInput: 1,
    run: fillEmptyRows,
  },
]
