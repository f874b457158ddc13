/**
 * How StridedSlice reads its begin, end and strides against a shape, as TensorFlow does
 * (tensorflow/core/util/strided_slice_op.cc): an ellipsis stands for the axes not named, masks drop a bound, a new axis
 * adds a dimension of 1 and a shrunk axis takes one element and disappears.
 */
export interface StridedSliceMasks {
  begin: number
  end: number
  ellipsis: number
  newAxis: number
  shrinkAxis: number
}

/** Begin and end are undefined, or null in places, where they are not known; strides are always known. */
export interface StridedSliceRequest {
  begin: readonly (number | null)[] | undefined
  end: readonly (number | null)[] | undefined
  strides: readonly number[]
  masks: StridedSliceMasks
}

export interface StridedSlicePlan {
  /** Per axis of the input: the first index taken, the step and how many; null where unknown. */
  begin: (number | null)[]
  strides: number[]
  sizes: (number | null)[]
  /** The result's shape, with new and shrunk axes. */
  shape: (number | null)[]
}

interface DenseAxis {
  begin: number | null
  end: number | null
  stride: number
  beginMasked: boolean
  endMasked: boolean
  shrunk: boolean
}

/** @throws RangeError for a slice that TensorFlow refuses: more axes than the input has, a stride of 0, an index out of range. */
export function planStridedSlice(input: readonly (number | null)[], request: StridedSliceRequest): StridedSlicePlan {
  const { axes, result } = expand(input.length, request)
  const plan: StridedSlicePlan = { begin: [], strides: [], sizes: [], shape: [] }
  for (const [axis, dense] of axes.entries()) {
    const { begin, size } = resolve(dense, input[axis]!)
    plan.begin.push(begin)
    plan.strides.push(dense.stride)
    plan.sizes.push(size)
  }
  plan.shape = result.map((axis) => (axis === 'new' ? 1 : plan.sizes[axis]!))
  return plan
}

/** One entry an input axis, and what each axis of the result comes from. */
function expand(rank: number, request: StridedSliceRequest): { axes: DenseAxis[]; result: (number | 'new')[] } {
  const { begin, end, strides, masks } = request
  const axes: DenseAxis[] = []
  const result: (number | 'new')[] = []
  let entries = strides.map((_, index) => index)
  let ellipsis = entries.findIndex((index) => masks.ellipsis & (1 << index))
  if (ellipsis < 0) {
    ellipsis = entries.length
    entries = [...entries, ellipsis]
  }
  const isNew = (index: number): boolean => (masks.newAxis & (1 << index)) !== 0
  const named = entries.filter((index) => index !== ellipsis && !isNew(index)).length
  if (named > rank) throw new RangeError(`slicing takes ${named} axes of a tensor of rank ${rank}`)
  for (const index of entries) {
    if (index === ellipsis) {
      for (let count = rank - named; count > 0; count--) {
        result.push(axes.length)
        axes.push({ begin: 0, end: 0, stride: 1, beginMasked: true, endMasked: true, shrunk: false })
      }
    } else if (isNew(index)) result.push('new')
    else {
      const bit = 1 << index
      const shrunk = (masks.shrinkAxis & bit) !== 0
      if (!shrunk) result.push(axes.length)
      axes.push({
        begin: begin?.[index] ?? null,
        end: end?.[index] ?? null,
        stride: strides[index]!,
        beginMasked: (masks.begin & bit) !== 0,
        endMasked: (masks.end & bit) !== 0,
        shrunk,
      })
    }
  }
  return { axes, result }
}

function resolve(axis: DenseAxis, size: number | null): { begin: number | null; size: number | null } {
  const { stride, shrunk, beginMasked, endMasked } = axis
  if (stride === 0) throw new RangeError('a stride is 0')
  if (shrunk && stride < 0) throw new RangeError('a shrunk axis has a negative stride')
  if (shrunk) {
    if (axis.begin === null || size === null) return { begin: null, size: 1 }
    // The mask of a shrunk axis is not looked at, but for its begin being 0 in that case.
    const begin = axis.begin < 0 ? size + axis.begin : axis.begin
    if (begin < 0 || begin >= size) throw new RangeError(`index ${axis.begin} is outside an axis of ${size}`)
    return { begin, size: 1 }
  }
  if (size === null) return { begin: null, size: null }
  const [low, high] = stride > 0 ? [0, size] : [-1, size - 1]
  const clamp = (index: number): number => Math.min(Math.max(index < 0 ? size + index : index, low), high)
  const begin = beginMasked ? (stride > 0 ? low : high) : axis.begin === null ? null : clamp(axis.begin)
  const end = endMasked ? (stride > 0 ? high : low) : axis.end === null ? null : clamp(axis.end)
  if (begin === null || end === null) return { begin, size: null }
  const length = end - begin
  return { begin, size: length === 0 || length < 0 !== stride < 0 ? 0 : Math.ceil(length / stride) }
}
