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

/** What the graph knows of a name: its node, the node's neighbours in the order, what it reads and who reads it. */
interface Entry {
  /** Undefined where the name is only read. */
  node: Node | undefined
  previous: Entry | undefined
  next: Entry | undefined
  /** One for each input of the node. */
  producers: readonly Entry[]
  /** In the order they came to read it. Most nodes have one, and a set of one takes as much memory as the node. */
  readers: Node | Set<Node> | undefined
  /** The node's place in the order when it was last numbered. */
  number: number
}

/** A graph by numbers, for what looks at every edge: nodes are numbered in the graph's order. */
export interface NumberedGraph {
  nodes: readonly Node[]
  /** Where in `producers` the inputs of each node begin, and behind the last node where they end. */
  firstInput: Int32Array
  /** The number of the node that each input reads; -1 where there is none. */
  producers: Int32Array
}

const nothing: readonly Entry[] = []

/**
 * A graph: nodes in order, their names, and who reads whom. All changes of order, names and inputs go through
 * it, so that nobody scans the nodes for readers. Everything is constant time but `nodes` and bulk edits.
 *
 * One map, and an object a name that knows those it reads: with a map each for nodes, neighbours and readers, and a look into it
 * for every edge, 100,000 nodes took several times as long a node as 1,000.
 */
export class Graph {
  envelope: GraphEnvelope
  readonly #entries = new Map<string, Entry>()
  #size = 0
  #first: Entry | undefined
  #last: Entry | undefined
  /** The nodes in order, until one comes, goes or moves. */
  #nodes: readonly Node[] | undefined

  constructor(nodes: Iterable<Node> = [], envelope: GraphEnvelope = emptyEnvelope) {
    this.envelope = envelope
    for (const node of nodes) this.add(node)
  }

  get size(): number {
    return this.#size
  }

  /** The nodes in order, as they are now: editing the graph does not disturb a loop over them. */
  get nodes(): readonly Node[] {
    if (!this.#nodes) {
      const nodes: Node[] = []
      for (let entry = this.#first; entry; entry = entry.next) nodes.push(entry.node!)
      this.#nodes = nodes
    }
    return this.#nodes
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  get(name: string): Node | undefined {
    return this.#entries.get(name)?.node
  }

  /** The node that an input reads; undefined where it dangles. */
  producer(input: TensorName | undefined): Node | undefined {
    return input && this.get(input.node)
  }

  /** Appends a node, or puts it right before another. */
  add(node: Node, { before }: { before?: Node } = {}): Node {
    const entry = this.#entryOf(node.name)
    if (entry.node) {
      throw new GraphdefError('invalid-graph', {
        what: `two nodes have the name "${node.name}"`,
        node: node.name,
        remedy: 'A graph names each node once. Freeze the model again, or rename one of the two.',
      })
    }
    entry.node = node
    this.#size++
    this.#link(entry, before && this.#entries.get(before.name))
    this.#read(entry, node)
    return node
  }

  /** Takes a node out. Its readers keep their inputs and must be given others. */
  remove(node: Node): void {
    const entry = this.#entries.get(node.name)
    if (entry?.node !== node) return
    this.#unread(entry, node)
    this.#unlink(entry)
    entry.node = undefined
    this.#size--
    this.#forget(entry, node.name)
  }

  /** Puts nodes in another's place; one of them may take over its name. */
  replace(node: Node, replacements: readonly Node[]): void {
    const following = this.#entries.get(node.name)?.next?.node
    this.remove(node)
    for (const replacement of replacements) this.add(replacement, { before: following })
  }

  setInputs(node: Node, inputs: readonly TensorName[]): void {
    const entry = this.#entries.get(node.name)!
    this.#unread(entry, node)
    node.replaceInputs(inputs)
    this.#read(entry, node)
  }

  /** The nodes that have this one among their inputs, control inputs included, in the order they came to read it. */
  readers(name: string): readonly Node[] {
    return [...readersOf(this.#entries.get(name))]
  }

  /** Every input that reads the node, control inputs included. */
  edgesFrom(name: string): Edge[] {
    const edges: Edge[] = []
    for (const reader of readersOf(this.#entries.get(name))) {
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
    for (const node of nodes) this.#link(this.#entries.get(node.name)!, undefined)
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
    for (let count = 1; this.has(name); count++) name = `${wish}_${count}`
    return name
  }

  /** Every node from which one of the starting nodes is reached, going from readers to what they read; `stop` is not passed. */
  reachableFrom(starts: Iterable<string>, stop: (node: Node) => boolean = () => false): Set<Node> {
    const reached = new Set<Node>()
    const open: Entry[] = []
    const reach = (entry: Entry | undefined): void => {
      const node = entry?.node
      if (!node || reached.has(node)) return
      reached.add(node)
      if (!stop(node)) open.push(entry)
    }
    for (const start of starts) reach(this.#entries.get(start))
    for (let entry = open.pop(); entry; entry = open.pop()) for (const producer of entry.producers) reach(producer)
    return reached
  }

  /** The graph as it is now, by numbers. */
  numbered(): NumberedGraph {
    const { nodes } = this
    let edges = 0
    let number = 0
    for (let entry = this.#first; entry; entry = entry.next) {
      entry.number = number++
      edges += entry.producers.length
    }
    const firstInput = new Int32Array(nodes.length + 1)
    const producers = new Int32Array(edges)
    let edge = 0
    for (let entry = this.#first; entry; entry = entry.next) {
      for (const producer of entry.producers) producers[edge++] = producer.node ? producer.number : -1
      firstInput[entry.number + 1] = edge
    }
    return { nodes, firstInput, producers }
  }

  #entryOf(name: string): Entry {
    let entry = this.#entries.get(name)
    if (!entry) {
      entry = {
        node: undefined,
        previous: undefined,
        next: undefined,
        producers: nothing,
        readers: undefined,
        number: -1,
      }
      this.#entries.set(name, entry)
    }
    return entry
  }

  /** Notes what a node reads. */
  #read(entry: Entry, { inputs }: Node): void {
    entry.producers = inputs.length === 0 ? nothing : inputs.map((input) => this.#entryOf(input.node))
    const node = entry.node!
    for (const producer of entry.producers) {
      const { readers } = producer
      if (readers === undefined) producer.readers = node
      else if (readers instanceof Set) readers.add(node)
      else if (readers !== node) producer.readers = new Set([readers, node])
    }
  }

  #unread(entry: Entry, node: Node): void {
    for (const [index, producer] of entry.producers.entries()) {
      if (producer.readers instanceof Set) producer.readers.delete(node)
      else if (producer.readers === node) producer.readers = undefined
      this.#forget(producer, node.inputs[index]!.node)
    }
    entry.producers = nothing
  }

  /** Drops what stands for a name that no node has and no node reads. */
  #forget(entry: Entry, name: string): void {
    const isRead = entry.readers instanceof Set ? entry.readers.size > 0 : entry.readers !== undefined
    if (!entry.node && !isRead) this.#entries.delete(name)
  }

  #link(entry: Entry, before: Entry | undefined): void {
    this.#nodes = undefined
    const previous = before ? before.previous : this.#last
    entry.previous = previous
    entry.next = before
    if (previous) previous.next = entry
    else this.#first = entry
    if (before) before.previous = entry
    else this.#last = entry
  }

  #unlink(entry: Entry): void {
    this.#nodes = undefined
    const { previous, next } = entry
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    entry.previous = entry.next = undefined
  }
}

function readersOf(entry: Entry | undefined): Iterable<Node> {
  const readers = entry?.readers
  if (readers === undefined) return []
  return readers instanceof Set ? readers : [readers]
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
