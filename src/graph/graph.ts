import { GraphdefError } from '../errors.js'
import type { Node } from './node.js'
import { controlPort, isControl, type TensorName } from './tensor-name.js'

/** Which TensorFlow wrote a graph and which may read it. */
export interface Versions {
  producer: number
  minConsumer: number
}

/** One place where a node is read: `reader.inputs[index]`. */
export interface Edge {
  reader: Node
  index: number
  input: TensorName
}

/** What of a graph is not nodes: carried from reading to writing untouched. */
export interface GraphEnvelope {
  versions: Versions
  /** Functions that nodes may call, by name. */
  functionNames: ReadonlySet<string>
  /** Every other field of GraphDef as encoded records (tag included), ordered by field number. */
  otherFields: readonly Uint8Array[]
}

const emptyEnvelope: GraphEnvelope = {
  versions: { producer: 0, minConsumer: 0 },
  functionNames: new Set(),
  otherFields: [],
}

/**
 * A graph: nodes in order, their names, and who reads whom. All changes of order, names and inputs go through
 * it, so that nobody scans the nodes for readers. Everything is constant time but `nodes` and bulk edits.
 */
export class Graph {
  envelope: GraphEnvelope
  readonly #nodes = new Map<string, Node>()
  readonly #readers = new Map<string, Set<Node>>()
  /** Neighbours in the order; the map of nodes alone could not insert in the middle. */
  readonly #next = new Map<Node, Node | undefined>()
  readonly #previous = new Map<Node, Node | undefined>()
  #first: Node | undefined
  #last: Node | undefined

  constructor(nodes: Iterable<Node> = [], envelope: GraphEnvelope = emptyEnvelope) {
    this.envelope = envelope
    for (const node of nodes) this.add(node)
  }

  get size(): number {
    return this.#nodes.size
  }

  /** The nodes in order, as they are now: editing the graph does not disturb a loop over them. */
  get nodes(): Node[] {
    const nodes: Node[] = []
    for (let node = this.#first; node; node = this.#next.get(node)) nodes.push(node)
    return nodes
  }

  has(name: string): boolean {
    return this.#nodes.has(name)
  }

  get(name: string): Node | undefined {
    return this.#nodes.get(name)
  }

  /** The node that an input reads; undefined where it dangles. */
  producer(input: TensorName | undefined): Node | undefined {
    return input && this.#nodes.get(input.node)
  }

  /** Appends a node, or puts it right before another. */
  add(node: Node, { before }: { before?: Node } = {}): Node {
    if (this.#nodes.has(node.name)) {
      throw new GraphdefError('invalid-graph', {
        what: `two nodes have the name "${node.name}"`,
        node: node.name,
        remedy: 'A graph names each node once. Freeze the model again, or rename one of the two.',
      })
    }
    this.#nodes.set(node.name, node)
    this.#link(node, before)
    for (const input of node.inputs) this.#readersOf(input.node).add(node)
    return node
  }

  /** Takes a node out. Its readers keep their inputs and must be given others. */
  remove(node: Node): void {
    if (this.#nodes.get(node.name) !== node) return
    this.#nodes.delete(node.name)
    for (const input of node.inputs) this.#readers.get(input.node)?.delete(node)
    this.#unlink(node)
  }

  /** Puts nodes in another's place; one of them may take over its name. */
  replace(node: Node, replacements: readonly Node[]): void {
    const following = this.#next.get(node)
    this.remove(node)
    for (const replacement of replacements) this.add(replacement, { before: following })
  }

  setInputs(node: Node, inputs: readonly TensorName[]): void {
    for (const input of node.inputs) this.#readers.get(input.node)?.delete(node)
    node.replaceInputs(inputs)
    for (const input of inputs) this.#readersOf(input.node).add(node)
  }

  /** The nodes that have this one among their inputs, control inputs included, in the order they came to read it. */
  readers(name: string): readonly Node[] {
    return [...(this.#readers.get(name) ?? [])]
  }

  /** Every input that reads the node, control inputs included. */
  edgesFrom(name: string): Edge[] {
    const edges: Edge[] = []
    for (const reader of this.#readers.get(name) ?? []) {
      reader.inputs.forEach((input, index) => {
        if (input.node === name) edges.push({ reader, index, input })
      })
    }
    return edges
  }

  /** How many inputs read the node, control inputs included. */
  readerCount(name: string): number {
    return this.edgesFrom(name).length
  }

  /**
   * Rewrites every input that reads a node. `to` gets the input and gives what stands in its place, undefined to drop it.
   * A second control input on one node, or one beside a data input of it, says nothing new and is dropped.
   */
  redirect(name: string, to: (input: TensorName, reader: Node) => TensorName | undefined): void {
    for (const reader of this.readers(name)) {
      const inputs: TensorName[] = []
      for (const input of reader.inputs) {
        const replaced = input.node === name ? to(input, reader) : input
        if (replaced) inputs.push(replaced)
      }
      this.setInputs(reader, tidyInputs(inputs))
    }
  }

  /** Puts the nodes in another order: all of them, each once. */
  reorder(nodes: readonly Node[]): void {
    if (nodes.length !== this.size) throw new RangeError('reorder needs every node once')
    this.#first = this.#last = undefined
    this.#next.clear()
    this.#previous.clear()
    for (const node of nodes) this.#link(node, undefined)
  }

  /** The same graph in nodes of its own; attributes and tensors, which never change, are shared. */
  copy(): Graph {
    return new Graph(
      this.nodes.map((node) => node.copy()),
      this.envelope,
    )
  }

  /** A name that is not taken: the wish itself, or with `_1`, `_2`, ... */
  freeName(wish: string): string {
    let name = wish
    for (let count = 1; this.#nodes.has(name); count++) name = `${wish}_${count}`
    return name
  }

  /** Every node from which one of the starting nodes is reached, going from readers to what they read; `stop` is not passed. */
  reachableFrom(starts: Iterable<string>, stop: (node: Node) => boolean = () => false): Set<Node> {
    const reached = new Set<Node>()
    const open: Node[] = []
    const reach = (name: string): void => {
      const node = this.#nodes.get(name)
      if (!node || reached.has(node)) return
      reached.add(node)
      if (!stop(node)) open.push(node)
    }
    for (const start of starts) reach(start)
    for (let node = open.pop(); node; node = open.pop()) for (const input of node.inputs) reach(input.node)
    return reached
  }

  #readersOf(name: string): Set<Node> {
    let readers = this.#readers.get(name)
    if (!readers) this.#readers.set(name, (readers = new Set()))
    return readers
  }

  #link(node: Node, before: Node | undefined): void {
    const previous = before ? this.#previous.get(before) : this.#last
    this.#previous.set(node, previous)
    this.#next.set(node, before)
    if (previous) this.#next.set(previous, node)
    else this.#first = node
    if (before) this.#previous.set(before, node)
    else this.#last = node
  }

  #unlink(node: Node): void {
    const previous = this.#previous.get(node)
    const next = this.#next.get(node)
    if (previous) this.#next.set(previous, next)
    else this.#first = next
    if (next) this.#previous.set(next, previous)
    else this.#last = previous
    this.#previous.delete(node)
    this.#next.delete(node)
  }
}

/** Data inputs as they are, then control inputs: each once, none on a node whose data is read anyway. */
export function tidyInputs(inputs: readonly TensorName[]): TensorName[] {
  const data = inputs.filter((input) => !isControl(input))
  const seen = new Set(data.map((input) => input.node))
  const controls: TensorName[] = []
  for (const input of inputs) {
    if (input.port !== controlPort || seen.has(input.node)) continue
    seen.add(input.node)
    controls.push(input)
  }
  return [...data, ...controls]
}
