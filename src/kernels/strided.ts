import type { TypedArray } from '../graph/data-type.js'
import type { StaticShape } from '../graph/shape.js'

/** Elements an index apart along each axis, of a tensor stored row by row. */
export function rowStrides(shape: StaticShape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

/**
 * Walks several arrays over one grid. Axes along which all of them run on are joined first, so that equal shapes are
 * one row and a trailing vector two axes. `visit` gets where each array's row starts, how far an element is from the
 * next in it, and the row's length.
 */
export function eachRow(
  sizes: StaticShape,
  strides: readonly (readonly number[])[],
  visit: (starts: readonly number[], steps: readonly number[], length: number) => void,
): void {
  if (sizes.includes(0)) return
  const grid = joinAxes(sizes, strides)
  const length = grid.sizes.pop() ?? 1
  const steps = grid.strides.map((stride) => stride.pop() ?? 0)
  const rank = grid.sizes.length
  const position = new Array<number>(rank).fill(0)
  const starts = new Array<number>(strides.length).fill(0)
  for (;;) {
    visit(starts, steps, length)
    let axis = rank - 1
    for (; axis >= 0; axis--) {
      position[axis]!++
      for (let array = 0; array < starts.length; array++) starts[array]! += grid.strides[array]![axis]!
      if (position[axis]! < grid.sizes[axis]!) break
      for (let array = 0; array < starts.length; array++) {
        starts[array]! -= grid.strides[array]![axis]! * grid.sizes[axis]!
      }
      position[axis] = 0
    }
    if (axis < 0) return
  }
}

function joinAxes(
  sizes: StaticShape,
  strides: readonly (readonly number[])[],
): { sizes: number[]; strides: number[][] } {
  const joined = { sizes: [] as number[], strides: strides.map(() => [] as number[]) }
  for (const [axis, size] of sizes.entries()) {
    if (size === 1) continue
    const last = joined.sizes.length - 1
    const runsOn = last >= 0 && strides.every((stride, array) => joined.strides[array]![last] === stride[axis]! * size)
    if (runsOn) joined.sizes[last]! *= size
    else joined.sizes.push(size)
    for (const [array, stride] of strides.entries()) {
      if (runsOn) joined.strides[array]![last] = stride[axis]!
      else joined.strides[array]!.push(stride[axis]!)
    }
  }
  return joined
}

/** Elements of a tensor, or strings: what is only moved may be either. */
export type Cells = TypedArray | Uint8Array[]

/** A grid of cells within an array: an offset, and how far apart neighbours are along each axis. */
export interface View {
  cells: Cells
  offset: number
  strides: readonly number[]
}

/** Copies a grid of cells from one array into another. */
export function copyView(sizes: StaticShape, from: View, to: View): void {
  const source = from.cells as Float64Array
  const target = to.cells as Float64Array
  const plain = !Array.isArray(source) && !Array.isArray(target)
  eachRow(sizes, [from.strides, to.strides], ([sourceStart, targetStart], [sourceStep, targetStep], length) => {
    let read = from.offset + sourceStart!
    let write = to.offset + targetStart!
    if (plain && sourceStep === 1 && targetStep === 1 && length > 8) {
      target.set(source.subarray(read, read + length), write)
      return
    }
    for (let count = 0; count < length; count++) {
      target[write] = source[read]!
      read += sourceStep!
      write += targetStep!
    }
  })
}
