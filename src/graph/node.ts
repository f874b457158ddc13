import { Attrs } from './attr.js'
import { isControl, type TensorName } from './tensor-name.js'

export interface NodeInit {
  name: string
  op: string
  inputs?: readonly TensorName[]
  device?: string
}

/** A node. Its name and inputs are changed through the graph, which keeps the edges. */
export class Node {
  readonly name: string
  readonly attrs: Attrs
  #op: string
  #device: string
  #inputs: readonly TensorName[]
  /** Fields of NodeDef beyond name, op, input, device and attr, as encoded records (tag included). */
  otherFields: readonly Uint8Array[] = []
  /** The node's record in the file (tag and length included), until something about it changes. */
  source: Uint8Array | undefined

  constructor({ name, op, inputs = [], device = '' }: NodeInit) {
    this.name = name
    this.#op = op
    this.#inputs = inputs
    this.#device = device
    this.attrs = new Attrs(this)
  }

  /** @internal Called by whatever changes the node. */
  touch(): void {
    this.source = undefined
  }

  get op(): string {
    return this.#op
  }
  set op(value: string) {
    this.#op = value
    this.touch()
  }

  get device(): string {
    return this.#device
  }
  set device(value: string) {
    this.#device = value
    this.touch()
  }

  /** Data inputs in order, then control inputs, as in the file. */
  get inputs(): readonly TensorName[] {
    return this.#inputs
  }

  /** @internal Only the graph sets inputs, see `Graph.setInputs`. */
  replaceInputs(inputs: readonly TensorName[]): void {
    this.#inputs = inputs
    this.touch()
  }

  get dataInputs(): readonly TensorName[] {
    return this.#inputs.some(isControl) ? this.#inputs.filter((input) => !isControl(input)) : this.#inputs
  }

  get controlInputs(): readonly TensorName[] {
    return this.#inputs.filter(isControl)
  }

  /** A copy that still stands as this one stood in the file. */
  copy(): Node {
    const copy = this.renamed(this.name)
    copy.source = this.source
    return copy
  }

  /** A copy under another name, with the same op, device, attributes and inputs. */
  renamed(name: string): Node {
    const copy = new Node({ name, op: this.op, inputs: this.inputs, device: this.device })
    copy.attrs.copyAll(this.attrs)
    copy.otherFields = this.otherFields
    return copy
  }
}
