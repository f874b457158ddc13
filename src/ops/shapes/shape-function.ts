import type { Node } from '../../graph/node.js'
import type { Shape } from '../../graph/shape.js'
import type { Tensor } from '../../graph/tensor.js'
import { NodeAttrs } from '../node-attrs.js'
import { outputCount } from '../op-defs.js'
import type { Dim } from './dimensions.js'
import type { HeldShapes } from './handles.js'
import type { PartialValue } from './partial-value.js'

/** Gives the shapes of a node's outputs. It may throw: the outputs' shapes are then unknown. */
export type ShapeFunction = (context: ShapeContext) => readonly Shape[]
export type ShapeFunctions = Readonly<Record<string, ShapeFunction>>

/** What is known of one data input. */
export interface InputFacts {
  shape: Shape
  /** The value where it is a small tensor of integers of which something is known. */
  partial: PartialValue | undefined
  /** The value where the input is a constant. */
  constant: Tensor | undefined
  /** The shapes of the tensors that it stands for, where the input is a handle. */
  held: HeldShapes
}

/** What a shape function may ask about its node. */
export class ShapeContext extends NodeAttrs {
  readonly producer: number
  readonly #inputs: readonly InputFacts[]

  constructor(node: Node, inputs: readonly InputFacts[], producer: number) {
    super(node)
    this.producer = producer
    this.#inputs = inputs
  }

  get inputCount(): number {
    return this.#inputs.length
  }

  get outputCount(): number {
    return outputCount(this.node) ?? 0
  }

  get shapes(): readonly Shape[] {
    return this.#inputs.map((input) => input.shape)
  }

  /** The shape of a data input; unknown where the node has no such input. */
  shape(index: number): Shape {
    return this.#inputs[index]?.shape ?? null
  }

  constant(index: number): Tensor | undefined {
    return this.#inputs[index]?.constant
  }

  partial(index: number): PartialValue | undefined {
    return this.#inputs[index]?.partial
  }

  held(index: number): HeldShapes {
    return this.#inputs[index]?.held
  }

  /** The integers of an input, each of them known. */
  ints(index: number): readonly number[] | undefined {
    const values = this.partial(index)?.values
    return values?.every((value) => value !== null) ? (values as number[]) : undefined
  }

  /** The one integer of a scalar input. */
  int(index: number): number | undefined {
    return this.partial(index)?.values[0] ?? undefined
  }

  /** A size that an input gives; null where it is not known or negative. */
  dim(index: number): Dim {
    const value = this.int(index)
    return value === undefined || value < 0 ? null : value
  }

  /** An input's value read as a shape; a negative size is an unknown one. */
  shapeFrom(index: number): Shape {
    const partial = this.partial(index)
    if (partial && partial.shape.length === 1) {
      return partial.values.map((size) => (size === null || size < 0 ? null : size))
    }
    const length = this.shape(index)
    if (length?.length !== 1 || length[0] === null) return null
    return new Array<Dim>(length[0]!).fill(null)
  }
}

/** The same function for several ops, whose names are separated by spaces. */
export function forOps(ops: string, infer: ShapeFunction): ShapeFunctions {
  return Object.fromEntries(
    ops
      .trim()
      .split(/\s+/)
      .map((op) => [op, infer]),
  )
}
