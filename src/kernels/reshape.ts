import { elementCount } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { reshaped } from './elements.js'
import { axisOf, type Kernel, type KernelCall, KernelError, movable } from './kernel.js'

function identity({ inputs }: KernelCall): readonly Tensor[] {
  return inputs
}

/** At most one size may be -1: it is what is left. */
function reshape(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const sizes = call.ints(1)
  const open = sizes.indexOf(-1)
  if (open >= 0) {
    const known = elementCount(sizes.filter((_, axis) => axis !== open))
    if (known <= 0 || input.size % known !== 0) throw new KernelError('the size that is left open cannot be found')
    sizes[open] = input.size / known
  }
  if (sizes.some((size) => size < 0)) throw new KernelError('a size is negative')
  return [reshaped(input, sizes)]
}

function expandDims(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const axis = axisOf(call.scalar(1), input.shape.length + 1)
  return [reshaped(input, input.shape.toSpliced(axis, 0, 1))]
}

function squeeze(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const axes = call.intsAttr('squeeze_dims').map((axis) => axisOf(axis, input.shape.length))
  if (axes.some((axis) => input.shape[axis] !== 1)) throw new KernelError('an axis to squeeze is not of size 1')
  const dropped = (size: number, axis: number): boolean => (axes.length > 0 ? axes.includes(axis) : size === 1)
  return [
    reshaped(
      input,
      input.shape.filter((size, axis) => !dropped(size, axis)),
    ),
  ]
}

function integerTensor(call: KernelCall, shape: readonly number[], values: readonly number[]): Tensor {
  if (call.typeAttr('out_type') === 'int64') return Tensor.of('int64', shape, BigInt64Array.from(values, BigInt))
  return Tensor.of('int32', shape, Int32Array.from(values))
}

function shapeOf(call: KernelCall): Tensor[] {
  return call.inputs.map(({ shape }) => integerTensor(call, [shape.length], shape))
}

function ensureShape(call: KernelCall): Tensor[] {
  const input = call.input(0)
  const wanted = call.shapeAttr('shape')
  const fits = (size: number | null, axis: number): boolean => size === null || size === input.shape[axis]
  if (wanted !== null && !(wanted.length === input.shape.length && wanted.every(fits)))
    throw new KernelError('the tensor does not have the shape that is demanded')
  return [input]
}

/** The common shape of two shapes that are broadcast together. */
function broadcastArgs(call: KernelCall): Tensor[] {
  const [a, b] = [call.ints(0), call.ints(1)]
  const rank = Math.max(a.length, b.length)
  const common = Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1
    const right = b[axis - rank + b.length] ?? 1
    if (left !== right && left !== 1 && right !== 1) throw new KernelError('the shapes cannot be broadcast')
    return left === 1 ? right : left
  })
  const isLong = call.input(0).dtype === 'int64'
  return [Tensor.of(call.input(0).dtype, [rank], isLong ? BigInt64Array.from(common, BigInt) : Int32Array.from(common))]
}

/** Where each of several tensors starts when they are concatenated. */
function concatOffset(call: KernelCall): Tensor[] {
  const axis = axisOf(call.scalar(0), call.input(1).size)
  let start = 0
  return call.inputs.slice(1).map((shape) => {
    const offsets = new Int32Array(shape.size)
    offsets[axis] = start
    start += shape.numbers()[axis]!
    return Tensor.of('int32', shape.shape, offsets)
  })
}

/** Ops that give their input's elements under another shape, or its shape. Nothing is copied. */
export const reshapeKernels: readonly Kernel[] = [
  {
    ops: ['Identity', 'IdentityN', 'StopGradient', 'PreventGradient', 'Snapshot', 'DeepCopy', 'PlaceholderWithDefault'],
    dtypes: movable,
    run: identity,
  },
  { ops: ['Reshape'], dtypes: movable, run: reshape },
  { ops: ['ExpandDims'], dtypes: movable, run: expandDims },
  { ops: ['Squeeze'], dtypes: movable, run: squeeze },
  { ops: ['EnsureShape'], dtypes: movable, run: ensureShape },
  { ops: ['Shape', 'ShapeN'], dtypes: movable, run: shapeOf },
  { ops: ['Size'], dtypes: movable, run: (call) => [integerTensor(call, [], [call.input(0).size])] },
  { ops: ['Rank'], dtypes: movable, run: (call) => [integerTensor(call, [], [call.input(0).shape.length])] },
  { ops: ['BroadcastArgs'], dtypes: ['int32', 'int64'], run: broadcastArgs },
  { ops: ['ConcatOffset'], dtypes: ['int32'], run: concatOffset },
]
