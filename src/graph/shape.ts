/** A partial shape: null where the rank is unknown, null for each unknown dimension. */
export type Shape = readonly (number | null)[] | null

/** A shape whose every dimension is known. */
export type StaticShape = readonly number[]

export function isStatic(shape: Shape | undefined): shape is StaticShape {
  return shape?.every((size) => size !== null) ?? false
}

/** The number of elements; 1 for a scalar. */
export function elementCount(shape: StaticShape): number {
  let count = 1
  for (const size of shape) count *= size
  return count
}

export function sameShape(a: StaticShape, b: StaticShape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis])
}

/** `[1,?,3]`, or `<unknown rank>`. */
export function printShape(shape: Shape): string {
  return shape === null ? '<unknown rank>' : `[${shape.map((size) => size ?? '?').join(',')}]`
}
