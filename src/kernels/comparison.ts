import { type DataType, storageOf } from '../graph/data-type.js'
import { elementCount, sameShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { broadcastShape, broadcastStrides, combine, type Numeric } from './broadcast.js'
import { load, loadFlushed } from './elements.js'
import { type Kernel, type KernelCall, KernelError, movable, numbers, quantized } from './kernel.js'
import { type Cells, eachRow, rowStrides } from './strided.js'

function compare(ops: string[], dtypes: readonly DataType[], test: (a: Numeric, b: Numeric) => boolean): Kernel {
  return {
    ops,
    dtypes,
    run(call) {
      const [a, b] = [call.input(0), call.input(1)]
      const shape = broadcastShape(a.shape, b.shape)
      const result = new Uint8Array(elementCount(shape))
      combine(
        result,
        shape,
        { values: loadFlushed(a), shape: a.shape },
        { values: loadFlushed(b), shape: b.shape },
        (left, right) => (test(left, right) ? 1 : 0),
      )
      return [Tensor.of('bool', shape, result)]
    },
  }
}

/** Strings are equal where their bytes are. */
function equal(call: KernelCall, wanted: boolean): Tensor[] {
  const [a, b] = [call.input(0), call.input(1)]
  const shape = broadcastShape(a.shape, b.shape)
  const result = new Uint8Array(elementCount(shape))
  const isText = a.dtype === 'string'
  const same = isText ? sameBytes : (left: Numeric, right: Numeric): boolean => left === right
  const valuesOf = (tensor: Tensor): Numeric => (isText ? tensor.strings() : loadFlushed(tensor))
  combine(result, shape, { values: valuesOf(a), shape: a.shape }, { values: valuesOf(b), shape: b.shape }, (x, y) =>
    same(x, y) === wanted ? 1 : 0,
  )
  return [Tensor.of('bool', shape, result)]
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function logicalNot(call: KernelCall): Tensor[] {
  const input = call.input(0)
  return [
    Tensor.of(
      'bool',
      input.shape,
      Uint8Array.from(input.values() as Uint8Array, (value) => (value ? 0 : 1)),
    ),
  ]
}

/** SelectV2 broadcasts all three inputs. */
function selectBroadcast(call: KernelCall): Tensor[] {
  const shape = broadcastShape(...call.inputs.map((input) => input.shape))
  return [select(call, shape, broadcastStrides(call.input(0).shape, shape))]
}

/** The older Select takes a condition of the same shape, a scalar, or a vector over the first axis. */
function selectRows(call: KernelCall): Tensor[] {
  const { shape } = call.input(1)
  const condition = call.input(0).shape
  if (!sameShape(shape, call.input(2).shape)) throw new KernelError('the two sides have different shapes')
  if (condition.length === 0)
    return [
      select(
        call,
        shape,
        shape.map(() => 0),
      ),
    ]
  if (sameShape(condition, shape)) return [select(call, shape, rowStrides(shape))]
  if (condition.length !== 1 || condition[0] !== shape[0]) throw new KernelError('the condition has another shape')
  return [
    select(
      call,
      shape,
      shape.map((_, axis) => (axis === 0 ? 1 : 0)),
    ),
  ]
}

function select(call: KernelCall, shape: readonly number[], conditionStrides: number[]): Tensor {
  const [condition, yes, no] = [call.input(0), call.input(1), call.input(2)]
  const chosen = condition.values() as Uint8Array
  const isText = yes.dtype === 'string'
  const cellsOf = (tensor: Tensor): Cells => (isText ? [...tensor.strings()] : tensor.values())
  const [left, right] = [cellsOf(yes) as Float32Array, cellsOf(no) as Float32Array]
  // A complex number is two cells, chosen together.
  const lanes = (storageOf(yes.dtype)?.lanes ?? 1) === 2 ? [2] : []
  const grid = [...shape, ...lanes]
  const size = elementCount(grid)
  const result = (isText ? new Array(size) : new (left.constructor as Float32ArrayConstructor)(size)) as Float32Array
  const strides = [
    rowStrides(grid),
    [...conditionStrides, ...lanes.map(() => 0)],
    broadcastStrides([...yes.shape, ...lanes], grid),
    broadcastStrides([...no.shape, ...lanes], grid),
  ]
  eachRow(grid, strides, (starts, steps, length) => {
    let [write, test, i, j] = starts as [number, number, number, number]
    for (let count = 0; count < length; count++) {
      result[write] = chosen[test] ? left[i]! : right[j]!
      write += steps[0]!
      test += steps[1]!
      i += steps[2]!
      j += steps[3]!
    }
  })
  return isText ? Tensor.ofStrings(shape, result as unknown as Uint8Array[]) : Tensor.of(yes.dtype, shape, result)
}

/** |a - b| < tolerance. */
function approximateEqual(call: KernelCall): Tensor[] {
  const [a, b] = [load(call.input(0)) as Float64Array, load(call.input(1)) as Float64Array]
  const tolerance = call.floatAttr('tolerance') ?? Math.fround(1e-5)
  const round = call.input(0).dtype === 'float32' ? Math.fround : (value: number): number => value
  const result = Uint8Array.from(a, (value, index) => (Math.abs(round(value - b[index]!)) < tolerance ? 1 : 0))
  return [Tensor.of('bool', call.input(0).shape, result)]
}

export const comparisonKernels: readonly Kernel[] = [
  compare(['Less'], numbers, (a, b) => a < b),
  compare(['LessEqual'], numbers, (a, b) => a <= b),
  compare(['Greater'], numbers, (a, b) => a > b),
  compare(['GreaterEqual'], numbers, (a, b) => a >= b),
  compare(['LogicalAnd'], ['bool'], (a, b) => a && b),
  compare(['LogicalOr'], ['bool'], (a, b) => a || b),
  { ops: ['Equal'], dtypes: [...numbers, ...quantized, 'bool', 'string'], run: (call) => equal(call, true) },
  { ops: ['NotEqual'], dtypes: [...numbers, ...quantized, 'bool', 'string'], run: (call) => equal(call, false) },
  { ops: ['LogicalNot'], dtypes: ['bool'], run: logicalNot },
  { ops: ['SelectV2'], dtypes: movable, dtypeInput: 1, run: selectBroadcast },
  { ops: ['Select'], dtypes: movable, dtypeInput: 1, run: selectRows },
  { ops: ['ApproximateEqual'], dtypes: ['float32', 'float64'], run: approximateEqual },
]
