import { elementCount } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import type { Numeric } from './broadcast.js'
import { loadFlushed, resultArray, storeFlushed } from './elements.js'
import { floats, isBigInt, type Kernel, type KernelCall, KernelError, ulpOfLargest } from './kernel.js'
import { eachRow, rowStrides } from './strided.js'

/** An equation's letters: what axes of an input or of the result stand for. */
interface Equation {
  inputs: string[][]
  output: string[]
}

/** `ab,bc->ac`; the axes that `...` stands for get names of their own, counted from the last. */
function readEquation(text: string, ranks: readonly number[]): Equation {
  const [left, right] = text.replaceAll(' ', '').split('->')
  const parts = left!.split(',')
  if (right === undefined || parts.length !== ranks.length)
    throw new KernelError(`"${text}" is no equation of the inputs`)
  let widest = 0
  const inputs = parts.map((part, index) => {
    const open = ranks[index]! - part.replace('...', '').length
    if (open < 0 || (open > 0 && !part.includes('...')))
      throw new KernelError(`"${part}" has not the axes of its input`)
    widest = Math.max(widest, part.includes('...') ? open : 0)
    return lettersOf(part, open)
  })
  return { inputs, output: lettersOf(right, widest) }
}

function lettersOf(part: string, open: number): string[] {
  const at = part.indexOf('...')
  if (at < 0) return [...part]
  const names = Array.from({ length: open }, (_, index) => `.${open - index}`)
  return [...part.slice(0, at), ...names, ...part.slice(at + 3)]
}

/** Products of elements, summed over the letters that the result does not have; in double. */
function einsum(call: KernelCall): Tensor[] {
  const { dtype } = call.input(0)
  const equation = readEquation(
    call.stringAttr('equation'),
    call.inputs.map(({ shape }) => shape.length),
  )
  const sizes = new Map<string, number>()
  for (const [index, letters] of equation.inputs.entries()) {
    for (const [axis, letter] of letters.entries()) {
      const size = call.input(index).shape[axis]!
      const known = sizes.get(letter) ?? 1
      // Only the axes of "..." are broadcast.
      if (known !== size && known !== 1 && (size !== 1 || !letter.startsWith('.'))) {
        throw new KernelError(`"${letter}" is ${known} and ${size}`)
      }
      sizes.set(letter, Math.max(known, size))
      if (size === 0) sizes.set(letter, 0)
    }
  }
  const letters = [...sizes.keys()].sort((a, b) => place(equation.output, a) - place(equation.output, b))
  const grid = letters.map((letter) => sizes.get(letter)!)
  const shape = equation.output.map((letter) => sizes.get(letter) ?? 1)
  const big = isBigInt(dtype)
  const totals: Numeric = big ? new BigInt64Array(elementCount(shape)) : new Float64Array(elementCount(shape))
  const values: Numeric[] = call.inputs.map(loadFlushed)
  const strides = [
    stridesOf(letters, equation.output, shape),
    ...equation.inputs.map((own, index) => stridesOf(letters, own, call.input(index).shape)),
  ]
  eachRow(grid, strides, (starts, steps, length) => {
    for (let count = 0; count < length; count++) {
      let product: Numeric = big ? 1n : 1
      for (const [index, each] of values.entries()) product *= each[starts[index + 1]! + count * steps[index + 1]!]
      totals[starts[0]! + count * steps[0]!] += product
    }
  })
  const result: Numeric = resultArray(dtype, totals.length)
  result.set(totals)
  return [storeFlushed(dtype, shape, result)]
}

function place(output: readonly string[], letter: string): number {
  const at = output.indexOf(letter)
  return at < 0 ? output.length : at
}

/** How far an array moves on with each letter; a letter that comes twice walks a diagonal. */
function stridesOf(letters: readonly string[], own: readonly string[], shape: readonly number[]): number[] {
  const strides = rowStrides(shape)
  return letters.map((letter) => {
    let total = 0
    for (const [axis, each] of own.entries()) if (each === letter && shape[axis] !== 1) total += strides[axis]!
    return total
  })
}

export const einsumKernels: readonly Kernel[] = [
  { ops: ['Einsum'], dtypes: [...floats, 'int32', 'int64'], bound: ulpOfLargest(16), run: einsum },
]
