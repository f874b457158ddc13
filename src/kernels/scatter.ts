import type { DataType } from '../graph/data-type.js'
import { elementCount, type StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { load, resultArray, rounderOf, store } from './elements.js'
import { isFloat, type Kernel, type KernelCall, KernelError, movable, numbers } from './kernel.js'

/** Where each vector of indices points, as a number of rows. */
export function flatIndices(indices: Tensor, shape: StaticShape): { positions: number[]; rowShape: StaticShape } {
  const depth = indices.shape.at(-1) ?? 0
  const values = indices.numbers()
  const count = elementCount(indices.shape.slice(0, -1))
  const positions = Array.from({ length: count }, (_, row) => {
    let position = 0
    for (let axis = 0; axis < depth; axis++) {
      const index = values[row * depth + axis]!
      const limit = shape[axis]!
      if (index < 0 || index >= limit) throw new KernelError(`index ${index} is outside of an axis of ${limit}`)
      position = position * limit + index
    }
    return position
  })
  return { positions, rowShape: shape.slice(depth) }
}

/** How an element takes an update. */
type Join = (old: Numeric, update: Numeric) => Numeric

const add: Join = (old, update) => old + update
const larger: Join = (old, update) => {
  if (old < update) return update
  return old
}
const smaller: Join = (old, update) => {
  if (old > update) return update
  return old
}
const replace: Join = (_, update) => update

function flushingRounder(dtype: DataType): (value: number) => number {
  const round = rounderOf(dtype)
  const smallest = dtype === 'float64' ? 2 ** -1022 : dtype === 'float16' ? 0 : 2 ** -126
  return (value) => {
    const rounded = round(value)
    return Math.abs(rounded) < smallest ? rounded * 0 : rounded
  }
}

/** Puts updates into a copy of `target`, row by row in their order. */
function scatter(target: Tensor, indices: Tensor, updates: Tensor, join: Join): Tensor {
  const { positions, rowShape } = flatIndices(indices, target.shape)
  const size = elementCount(rowShape)
  if (positions.length * size !== updates.size) throw new KernelError('the updates do not go with the indices')
  const { dtype, shape } = target
  const isText = dtype === 'string'
  const moves = join === replace
  const read = (tensor: Tensor): Numeric => (isText ? tensor.strings() : moves ? tensor.values() : load(tensor))
  const result: Numeric = read(target).slice()
  const values = read(updates)
  // What is only moved, or not touched at all, keeps its denormals.
  const round = isFloat(dtype) ? flushingRounder(dtype) : (value: Numeric): Numeric => value
  for (const [row, position] of positions.entries()) {
    for (let at = 0; at < size; at++) {
      const place = position * size + at
      const update = values[row * size + at]
      result[place] = moves ? update : round(join(round(result[place]), round(update)))
    }
  }
  if (isText) return Tensor.ofStrings(shape, result)
  return moves ? Tensor.of(dtype, shape, result) : store(dtype, shape, result)
}

/** Zeros with updates added at the indices: of booleans, any; strings are joined. */
function scatterNd(call: KernelCall): Tensor[] {
  const updates = call.input(1)
  const { dtype } = updates
  const shape = call.ints(2)
  const size = elementCount(shape)
  if (dtype === 'string') {
    const empty = Tensor.ofStrings(shape, new Array<Uint8Array>(size).fill(new Uint8Array(0)))
    return [scatter(empty, call.input(0), updates, (old, update) => Buffer.concat([old, update]))]
  }
  const zeros = store(dtype, shape, resultArray(dtype, size))
  return [scatter(zeros, call.input(0), updates, dtype === 'bool' ? (old, update) => old | update : add)]
}

/** Of booleans, any. */
function addToAny(call: KernelCall): Tensor[] {
  return scatterInto(call.input(0).dtype === 'bool' ? (old, update) => old | update : add)(call)
}

function scatterInto(join: Join): (call: KernelCall) => Tensor[] {
  return (call) => [scatter(call.input(0), call.input(1), call.input(2), join)]
}

/** A dense tensor of one value, and others at the indices, which are numbers, or rows of an index an axis. */
function sparseToDense(call: KernelCall): Tensor[] {
  const [indices, values, filler] = [call.input(0), call.input(2), call.input(3)]
  const shape = call.ints(1)
  const depth = shape.length
  const rows = indices.shape.length === 2 ? indices.shape[0]! : indices.size / (indices.shape.length === 0 ? 1 : depth)
  const count = indices.shape.length === 2 ? rows : indices.size
  if (indices.shape.length < 2 && depth !== 1) throw new KernelError('the indices have no row an element')
  const listed = new Tensor(indices.dtype, [count, depth], indices.storage)
  const { positions } = flatIndices(listed, shape)
  const isOrdered = positions.every((position, row) => row === 0 || position > positions[row - 1]!)
  const validates = call.attr('validate_indices')
  if (!isOrdered && !(validates?.kind === 'b' && !validates.value))
    throw new KernelError('the indices are out of order')
  const { dtype } = filler
  const size = elementCount(shape)
  const cellsOf = (tensor: Tensor): Numeric => (dtype === 'string' ? tensor.strings() : tensor.values())
  const result: Numeric =
    dtype === 'string' ? new Array(size) : cellsOf(Tensor.ofList(dtype, [size], filler.values())).slice()
  if (dtype === 'string') result.fill(filler.strings()[0])
  const given = cellsOf(values)
  for (const [row, position] of positions.entries()) result[position] = given[values.shape.length === 0 ? 0 : row]
  return [dtype === 'string' ? Tensor.ofStrings(shape, result) : Tensor.of(dtype, shape, result)]
}

/** A sparse tensor added to a dense one. */
function addSparse(call: KernelCall): Tensor[] {
  return [scatter(call.input(3), call.input(0), call.input(1), add)]
}

const texts = [...numbers, 'bool', 'string'] as const
/** TensorFlow has no kernel for qint32. */
const dense = movable.filter((dtype) => !dtype.startsWith('complex') && dtype !== 'qint32')

export const scatterKernels: readonly Kernel[] = [
  { ops: ['ScatterNd'], dtypes: texts, dtypeInput: 1, run: scatterNd },
  { ops: ['TensorScatterUpdate'], dtypes: texts, run: scatterInto(replace) },
  { ops: ['TensorScatterAdd'], dtypes: numbers, run: scatterInto(add) },
  { ops: ['ScatterNdNonAliasingAdd'], dtypes: [...numbers, 'bool'], run: addToAny },
  { ops: ['TensorScatterSub'], dtypes: numbers, run: scatterInto((old, update) => old - update) },
  { ops: ['TensorScatterMax'], dtypes: numbers, run: scatterInto(larger) },
  { ops: ['TensorScatterMin'], dtypes: numbers, run: scatterInto(smaller) },
  { ops: ['SparseToDense'], dtypes: dense, dtypeInput: 3, run: sparseToDense },
  { ops: ['SparseTensorDenseAdd'], dtypes: numbers, dtypeInput: 3, run: addSparse },
]
