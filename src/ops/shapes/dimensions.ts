import type { Shape } from '../../graph/shape.js'

/** A size of a dimension; null where it is unknown. */
export type Dim = number | null

/** Thrown by a shape function for inputs that cannot go together; the node's shapes are then unknown. */
export class ShapeMismatch extends Error {}

export function dimAt(shape: Shape, axis: number): Dim {
  if (shape === null) return null
  const size = shape[axis < 0 ? shape.length + axis : axis]
  if (size === undefined) throw new ShapeMismatch(`no axis ${axis} in a shape of rank ${shape.length}`)
  return size
}

/** What is known of two sizes that must be equal. */
export function mergeDims(a: Dim, b: Dim): Dim {
  if (a === null) return b
  if (b !== null && a !== b) throw new ShapeMismatch(`${a} and ${b} differ`)
  return a
}

/** What is known of two shapes that must be equal. */
export function mergeShapes(a: Shape, b: Shape): Shape {
  if (a === null) return b
  if (b === null) return a
  if (a.length !== b.length) throw new ShapeMismatch('ranks differ')
  return a.map((size, axis) => mergeDims(size, b[axis]!))
}

/** What is known of shapes that must be equal but for scalars, which go with everything. */
export function mergeButScalars(shapes: readonly Shape[]): Shape {
  const known = shapes.filter((shape) => shape !== null)
  const others = known.filter((shape) => shape.length > 0)
  if (others.length > 0) return others.reduce<Shape>(mergeShapes, null)
  return known.length === shapes.length ? [] : null
}

export function addDims(a: Dim, b: Dim): Dim {
  return a === null || b === null ? null : a + b
}

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0
  return a === null || b === null ? null : a * b
}

/** The shape with one size replaced; negative axes count from the end. */
export function withDim(shape: Shape, axis: number, size: Dim): Shape {
  if (shape === null) return null
  dimAt(shape, axis)
  const replaced = [...shape]
  replaced[axis < 0 ? shape.length + axis : axis] = size
  return replaced
}

/** The shape where it has that rank or none is known, then with unknown sizes. */
export function withRank(shape: Shape, rank: number): readonly Dim[] {
  if (shape === null) return unknownOfRank(rank)
  if (shape.length !== rank) throw new ShapeMismatch(`rank ${shape.length} where ${rank} is needed`)
  return shape
}

export function unknownOfRank(rank: number): Dim[] {
  return new Array<Dim>(rank).fill(null)
}

/** Shapes of known rank joined one behind the other; unknown where one is. */
export function concatShapes(...parts: readonly Shape[]): Shape {
  const joined: Dim[] = []
  for (const part of parts) {
    if (part === null) return null
    joined.push(...part)
  }
  return joined
}

/** The axis as a number from 0. */
export function resolveAxis(axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis
  if (resolved < 0 || resolved >= rank) throw new ShapeMismatch(`no axis ${axis} in rank ${rank}`)
  return resolved
}

/** Numpy's broadcasting as TensorFlow infers it: an unknown size beside one above 1 is taken to be that. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  if (a === null || b === null) return null
  const rank = Math.max(a.length, b.length)
  const sizes: Dim[] = []
  for (let axis = 0; axis < rank; axis++) {
    const left = axis < rank - a.length ? 1 : a[axis - rank + a.length]!
    const right = axis < rank - b.length ? 1 : b[axis - rank + b.length]!
    sizes.push(broadcastDims(left, right))
  }
  return sizes
}

function broadcastDims(a: Dim, b: Dim): Dim {
  if (a === 1) return b
  if (b === 1) return a
  if (a !== null && b !== null) return mergeDims(a, b)
  const known = a ?? b
  return known !== null && known > 1 ? known : null
}

/** The number of elements of a shape; null where a size is unknown. */
export function countOf(shape: readonly Dim[]): Dim {
  return shape.reduce<Dim>(multiplyDims, 1)
}
