import { newElements } from '../graph/data-type.js'
import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { type Kernel, type KernelCall, KernelError, movable, ulpOfLargest, wide } from './kernel.js'

/** Zeros but for the diagonal, which the input gives. */
function matrixDiag(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const size = input.shape.at(-1)!
  const values = input.values() as Float32Array
  const result = newElements(input.dtype, input.size * size) as Float32Array
  for (const [index, value] of values.entries()) {
    result[Math.floor(index / size) * size * size + (index % size) * (size + 1)] = value
  }
  return [Tensor.of(input.dtype, [...input.shape, size], result)]
}

function matrixDiagPart(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [rows, columns] = input.shape.slice(-2) as [number, number]
  const size = Math.min(rows, columns)
  const values = input.values() as Float32Array
  const shape = [...input.shape.slice(0, -2), size]
  const result = newElements(input.dtype, elementCount(shape)) as Float32Array
  for (let index = 0; index < result.length; index++) {
    result[index] = values[Math.floor(index / size) * rows * columns + (index % size) * (columns + 1)]!
  }
  return [Tensor.of(input.dtype, shape, result)]
}

/** A matrix with another diagonal. */
function matrixSetDiag(call: KernelCall): Tensor[] {
  const [input, diagonal] = [call.input(0), call.input(1)]
  const [rows, columns] = input.shape.slice(-2) as [number, number]
  const size = Math.min(rows, columns)
  const result = input.copyValues() as Float32Array
  for (const [index, value] of (diagonal.values() as Float32Array).entries()) {
    result[Math.floor(index / size) * rows * columns + (index % size) * (columns + 1)] = value
  }
  return [Tensor.of(input.dtype, input.shape, result)]
}

/** Zeros outside of so many diagonals below and above the main one; negative for all of them. */
function matrixBandPart(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const [rows, columns] = input.shape.slice(-2) as [number, number]
  const [below, above] = [call.scalar(1), call.scalar(2)]
  const result = input.copyValues() as Float32Array
  const zero = typeof result[0] === 'bigint' ? (0n as unknown as number) : 0
  for (let index = 0; index < result.length; index++) {
    const column = index % columns
    const row = Math.floor(index / columns) % rows
    const inside = (below < 0 || row - column <= below) && (above < 0 || column - row <= above)
    if (!inside) result[index] = zero
  }
  return [Tensor.of(input.dtype, input.shape, result)]
}

/** The lower triangular factor of a symmetric positive definite matrix. */
function cholesky(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const size = input.shape.at(-1)!
  const values = loadFlushed(input) as Float32Array
  const factor = new Float64Array(input.size)
  for (let base = 0; base < input.size; base += size * size) {
    for (let row = 0; row < size; row++) {
      for (let column = 0; column <= row; column++) {
        let rest = values[base + row * size + column]!
        for (let k = 0; k < column; k++) {
          rest -= factor[base + row * size + k]! * factor[base + column * size + k]!
        }
        if (row === column && !(rest > 0)) throw new KernelError('the matrix is not positive definite')
        factor[base + row * size + column] =
          row === column ? Math.sqrt(rest) : rest / factor[base + column * (size + 1)]!
      }
    }
  }
  const result = resultArray(input.dtype, input.size) as Float32Array
  result.set(factor)
  return [storeFlushed(input.dtype, input.shape, result)]
}

/** Solves with a triangular matrix by substitution; one matrix and one right side. */
function triangularSolve(call: KernelCall): Tensor[] {
  const [matrix, right] = [call.input(0), call.input(1)]
  if (matrix.shape.length !== 2 || right.shape.length !== 2) throw new KernelError('batches are not computed')
  const [size, columns] = right.shape as [number, number]
  const flipped = call.boolAttr('adjoint')
  const lower = call.attr('lower')
  const forward = (lower?.kind === 'b' && lower.value) !== flipped
  const values = loadFlushed(matrix) as Float32Array
  const at = (row: number, column: number): number => values[flipped ? column * size + row : row * size + column]!
  const solved = Float64Array.from(loadFlushed(right) as Float32Array)
  for (let step = 0; step < size; step++) {
    const row = forward ? step : size - 1 - step
    if (at(row, row) === 0) throw new KernelError('the matrix cannot be inverted')
    for (let column = 0; column < columns; column++) {
      let rest = solved[row * columns + column]!
      for (let done = 0; done < step; done++) {
        const other = forward ? done : size - 1 - done
        rest -= at(row, other) * solved[other * columns + column]!
      }
      solved[row * columns + column] = rest / at(row, row)
    }
  }
  const result = resultArray(right.dtype, right.size) as Float32Array
  result.set(solved)
  return [storeFlushed(right.dtype, right.shape, result)]
}

const plain = movable.filter((dtype) => dtype !== 'string' && !dtype.startsWith('complex'))

export const matrixKernels: readonly Kernel[] = [
  { ops: ['MatrixDiag'], dtypes: plain, run: matrixDiag },
  { ops: ['MatrixDiagPart'], dtypes: plain, run: matrixDiagPart },
  { ops: ['MatrixSetDiag'], dtypes: plain, run: matrixSetDiag },
  { ops: ['MatrixBandPart'], dtypes: plain, run: matrixBandPart },
  { ops: ['Cholesky'], dtypes: wide, bound: ulpOfLargest(4, wide), run: cholesky },
  { ops: ['MatrixTriangularSolve'], dtypes: wide, bound: ulpOfLargest(4, wide), run: triangularSolve },
]
