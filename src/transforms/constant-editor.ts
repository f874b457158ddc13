import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { StaticShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { isControl, tensorName } from '../graph/tensor-name.js'
import { constNode } from './const-node.js'
import type { TransformContext } from './transform.js'

/** Where a constant is read whose value is to be another one; `wish` names the new constant if there must be one. */
export interface ConstantUse {
  reader: Node
  index: number
  constant: Node
  wish: string
}

/**
 * Gives readers of constants other values, during one run of a transform. A constant that something else reads, or that
 * is an output, stays as it is and the reader gets one of its own; readers that come to need the same values share it.
 */
export class ConstantEditor {
  readonly #graph: Graph
  readonly #context: TransformContext
  /** Constants that were made in a shared one's stead, by its tensor. */
  readonly #made = new Map<Tensor, Node[]>()
  /** Constants that may have lost their last reader. */
  readonly left: Set<Node> = new Set()

  constructor(graph: Graph, context: TransformContext) {
    this.#graph = graph
    this.#context = context
  }

  /** Gives one reader of a float32 constant other values. The shape stays, unless another is given. */
  replace(use: ConstantUse, values: Float32Array, shape?: StaticShape): void {
    const { reader, index, constant, wish } = use
    const graph = this.#graph
    const { isPinned, report } = this.#context
    const old = constant.attrs.tensor('value')!
    const tensor = Tensor.owning('float32', shape ?? old.shape, values)
    const made = this.#made.get(old) ?? []
    const same = made.find((each) => graph.get(each.name) === each && holds(each, tensor))
    if (same) {
      this.#read(reader, index, same)
      this.left.add(constant)
      return
    }
    const dataReaders = graph.edgesFrom(constant.name).filter(({ input }) => !isControl(input))
    if (dataReaders.length === 1 && !isPinned(constant)) {
      constant.attrs.setTensor('value', tensor)
      report.change(constant)
      return
    }
    const place = { device: constant.device, controlInputs: constant.inputs }
    const own = graph.add(constNode(graph.freeName(wish), tensor, place), { before: reader })
    this.#read(reader, index, own)
    this.#made.set(old, [...made, own])
    report.add(own)
  }

  #read(reader: Node, index: number, constant: Node): void {
    this.#graph.setInputs(
      reader,
      reader.inputs.map((input, at) => (at === index ? tensorName(constant.name) : input)),
    )
  }
}

function holds(node: Node, wanted: Tensor): boolean {
  const tensor = node.attrs.tensor('value')!
  const sameShape = tensor.shape.length === wanted.shape.length && tensor.shape.every((n, at) => n === wanted.shape[at])
  return sameShape && Buffer.compare(tensor.bytes(), wanted.bytes()) === 0
}
