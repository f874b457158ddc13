import { type DataType, storageOf } from '../../src/graph/data-type.js'
import { Node } from '../../src/graph/node.js'
import { elementCount } from '../../src/graph/shape.js'
import { Tensor } from '../../src/graph/tensor.js'
import { load } from '../../src/kernels/elements.js'

type GoldenAttr =
  | boolean
  | number
  | string
  | number[]
  | { type: DataType }
  | { f: number }
  | { shape: (number | null)[] }

/** One row of a golden file, as test/kernels/record/record.py describes it. */
export interface GoldenCase {
  op: string
  attrs: Record<string, GoldenAttr>
  inputs: string[]
  /** Absent where TensorFlow gives an error; null where it leaves open what an output holds. */
  outputs?: (string | null)[]
  error?: string
}

export function goldenNode({ op, attrs }: GoldenCase): Node {
  const node = new Node({ name: 'n', op })
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === 'boolean') node.attrs.setBool(name, value)
    else if (typeof value === 'number') node.attrs.setInt(name, value)
    else if (typeof value === 'string') node.attrs.setString(name, value)
    else if (Array.isArray(value)) node.attrs.set(name, { kind: 'list', value: { i: value.map(BigInt) } })
    else if ('type' in value) node.attrs.setType(name, value.type)
    else if ('f' in value) node.attrs.setFloat(name, value.f)
    else node.attrs.setShape(name, value.shape)
  }
  return node
}

export function goldenTensor(text: string): Tensor {
  const [, dtype, sizes, body] = /^(\w+) \[([\d,]*)\] (.*)$/.exec(text)!
  const shape = sizes === '' ? [] : sizes!.split(',').map(Number)
  if (dtype === 'string') {
    return Tensor.ofStrings(shape, elementCount(shape) === 0 ? [] : body!.split(',').map(fromHex))
  }
  const held = storageOf(dtype as DataType)!
  return Tensor.of(dtype as DataType, shape, new held.array(fromHex(body!).buffer as ArrayBuffer))
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** A tensor as something that can be compared: -0 is not 0, and one not-a-number is as good as another. */
export function describeTensor(tensor: Tensor): unknown {
  const { dtype, shape } = tensor
  if (dtype === 'string') return { dtype, shape, values: tensor.strings().map((value) => [...value]) }
  return { dtype, shape, values: [...(load(tensor) as Float32Array)] }
}
