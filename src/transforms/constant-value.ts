import { storageOf } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { elementCount } from '../graph/shape.js'
import type { Tensor } from '../graph/tensor.js'
import type { TensorName } from '../graph/tensor-name.js'
import { fromBfloat16, fromFloat16 } from '../kernels/half-precision.js'
import { opDef } from '../ops/op-defs.js'
import { findConstantNodes, isShapeOp } from './constant-nodes.js'
import type { TransformContext } from './transform.js'

/** Larger results are not computed to decide something. */
const largestBytes = 1 << 20

/**
 * Computes single tensors that do not depend on what is fed: predicates, rates. Nothing is computed for a tensor that some
 * placeholder or op with state stands behind. Holds for the graph as it was when a tensor was asked for.
 */
export class ConstantValues {
  readonly #graph: Graph
  readonly #fed: ReadonlySet<Node>
  /** Whether a node may be constant; undefined while that is being found out, so that a loop is not. */
  readonly #maybe = new Map<Node, boolean | undefined>()

  constructor(graph: Graph, { inputs }: Pick<TransformContext, 'inputs'>) {
    this.#graph = graph
    this.#fed = new Set(inputs.map((input) => graph.get(input.node)).filter((node) => node !== undefined))
  }

  /** A tensor's value, or undefined where it is not constant. */
  of(tensor: TensorName | undefined): Tensor | undefined {
    const producer = this.#graph.producer(tensor)
    if (!tensor || !producer || !this.isConstant(producer)) return undefined
    if (producer.op === 'Const') return producer.attrs.tensor('value')
    // Only what is read is computed.
    const reader = new Node({ name: '', op: 'NoOp', inputs: [tensor] })
    const cone = this.#graph.reachableFrom([producer.name], isShapeOp)
    const found = findConstantNodes(this.#graph, [...cone, reader], {
      fed: this.#fed,
      excludedOps: new Set(),
      excludedNodes: new Set(),
      largestBytes,
      declaredShapes: false,
      skip: () => {},
    })
    return found.get(producer)?.outputs?.[tensor.port]
  }

  /** The same for a tensor of one number or truth value. */
  scalar(tensor: TensorName | undefined): number | undefined {
    const value = this.of(tensor)
    if (!value || value.problem !== undefined || value.storage.kind === 'strings') return undefined
    if (elementCount(value.shape) !== 1 || !storageOf(value.dtype)) return undefined
    const values = value.values()
    if (value.dtype === 'float16') return fromFloat16(values as Uint16Array)[0]
    return value.dtype === 'bfloat16' ? fromBfloat16(values as Uint16Array)[0] : Number(values[0])
  }

  /** Whether nothing but constants and ops without state stands behind a node. Shapes count, as they may be known. */
  isConstant(start: Node): boolean {
    const open = [start]
    for (let node = open.at(-1); node; node = open.at(-1)) {
      const unknown = this.#maybe.get(node) === undefined ? this.#firstUnknown(node) : undefined
      if (!unknown) {
        open.pop()
        continue
      }
      this.#maybe.set(unknown, undefined)
      open.push(unknown)
    }
    return this.#maybe.get(start) === true
  }

  /** A producer that has to be known first; undefined where the node itself is known now. */
  #firstUnknown(node: Node): Node | undefined {
    if (!this.#mayCompute(node)) {
      this.#maybe.set(node, false)
      return undefined
    }
    if (node.op === 'Const' || isShapeOp(node)) {
      this.#maybe.set(node, true)
      return undefined
    }
    let constant = true
    for (const input of node.dataInputs) {
      const producer = this.#graph.producer(input)
      if (producer && !this.#maybe.has(producer)) return producer
      constant &&= producer !== undefined && this.#maybe.get(producer) === true
    }
    this.#maybe.set(node, constant)
    return undefined
  }

  #mayCompute(node: Node): boolean {
    if (this.#fed.has(node)) return false
    if (node.op === 'Const') return true
    const def = opDef(node.op)
    if (!def?.cpuKernel || def.stateful) return false
    return node.dataInputs.length > 0 && !controlFlow.has(node.op)
  }
}

const controlFlow: ReadonlySet<string> = new Set(
  'Switch Merge Enter Exit NextIteration LoopCond _SwitchN RefSwitch RefMerge PlaceholderWithDefault'.split(' '),
)
