import { Attrs } from './attr.js'
import { isControl, type TensorName } from './tensor-name.js'

export interface NodeInit {
  name: string
  op: string
  inputs?: readonly TensorName[]
  device?: string
}

/** A file in which nodes stand. */
export interface NodeFile {
  bytes: Uint8Array
  /** Gives `attrs` the attributes that stand in the record between two places, through {@link Attrs.load}. */
  readAttrs(start: number, end: number, attrs: Attrs): void
}

/** A node's record in a file. */
export interface NodeSource {
  bytes: Uint8Array
  start: number
  end: number
}

const noInputs: readonly TensorName[] = []
const noFields: readonly Uint8Array[] = []

/** A node. Its name and inputs are changed through the graph, which keeps the edges. */
export class Node {
  readonly name: string
  #op: string
  #device: string
  #inputs: readonly TensorName[]
  /** Fields of NodeDef beyond name, op, input, device and attr, as encoded records (tag included). */
  otherFields: readonly Uint8Array[] = noFields
  /** The file that has the node, and its attributes until one is asked for; where the node's record is in it. */
  #file: NodeFile | undefined
  #start = 0
  #end = 0
  /** Whether the record is what would be written. */
  #isAsRead = false
  /** Where it was written since it last changed. */
  #written: NodeSource | undefined
  #attrs: Attrs | undefined

  constructor({ name, op, inputs = noInputs, device = '' }: NodeInit) {
    this.name = name
    this.#op = op
    this.#inputs = inputs
    this.#device = device
  }

  /**
   * @internal The node stands in a file.
   *
   * @param start where its record begins, tag and length included
   * @param isCanonical whether it stands there as it would be written
   */
  standsIn(file: NodeFile, start: number, end: number, isCanonical: boolean): void {
    this.#file = file
    this.#start = start
    this.#end = end
    this.#isAsRead = isCanonical
  }

  /** @internal Called by whatever changes the node. */
  touch(): void {
    this.#isAsRead = false
    this.#written = undefined
  }

  /** @internal The node was written, and stands there until it changes. */
  wasWritten(where: NodeSource): void {
    this.#written = where
  }

  /** Where the node stands as it is, tag and length included: in the file that it was read from, or where it was written. */
  get source(): NodeSource | undefined {
    if (this.#written) return this.#written
    return this.#isAsRead ? { bytes: this.#file!.bytes, start: this.#start, end: this.#end } : undefined
  }

  /** Made when they are first asked for: of most nodes of a large graph nobody looks at them. */
  get attrs(): Attrs {
    if (!this.#attrs) {
      this.#attrs = new Attrs(this)
      this.#file?.readAttrs(this.#start, this.#end, this.#attrs)
    }
    return this.#attrs
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
    copy.#isAsRead = this.#isAsRead
    copy.#written = this.#written
    return copy
  }

  /** A copy under another name, with the same op, device, attributes and inputs. */
  renamed(name: string): Node {
    const copy = new Node({ name, op: this.op, inputs: this.inputs, device: this.device })
    copy.#file = this.#file
    copy.#start = this.#start
    copy.#end = this.#end
    if (this.#attrs) {
      copy.#attrs = new Attrs(copy)
      copy.#attrs.copyAll(this.#attrs)
    }
    copy.otherFields = this.otherFields
    return copy
  }
}
