import type { Attrs } from '../graph/attr.js'
import { loaded } from '../graph/deferred-bytes.js'
import { Graph } from '../graph/graph.js'
import { Node, type NodeFile } from '../graph/node.js'
import { parseTensorName, printTensorName, type TensorName } from '../graph/tensor-name.js'
import { decodeAttrValue, encodeAttrValue, passAttrEntry, readAttrEntry } from './attr-value.js'
import type { Slices } from './slices.js'
import { StringTable } from './string-table.js'
import { WireReader } from './wire-reader.js'
import { bytesType } from './wire-types.js'
import { entryFieldSize, stringFieldSize, WireWriter } from './wire-writer.js'

/** Field numbers of GraphDef (tensorflow/core/framework/graph.proto). */
const graphField = { node: 1, library: 2, versions: 4 } as const
/** Field numbers of NodeDef (tensorflow/core/framework/node_def.proto). */
const nodeField = { name: 1, op: 2, input: 3, device: 4, attr: 5 } as const

/**
 * Reads a binary GraphDef. Attributes and tensors are views of the bytes, decoded when first read; fields this reader
 * does not know are carried along as they are.
 * @throws GraphdefError `truncated`, `not-a-graph`, `invalid-graph` (a name stands twice)
 */
export function readGraphDef(bytes: Uint8Array): Graph {
  const file = new GraphDefFile(bytes, new StringTable(bytes.buffer))
  const reader = file.reader(0, bytes.length)
  const nodes: Node[] = []
  const others: { number: number; record: Uint8Array }[] = []
  const functionNames = new Set<string>()
  const versions = { producer: 0, minConsumer: 0 }
  while (!reader.atEnd) {
    const start = reader.position
    const tag = reader.varint()
    const number = tag >>> 3
    if (number === graphField.node && (tag & 7) === bytesType) {
      nodes.push(readNodeAt(reader, start, file))
      continue
    }
    if (number === 0 || number > 0x1fffffff) throw reader.malformed(`there is no field ${number}`)
    if (number === graphField.versions && (tag & 7) === bytesType) Object.assign(versions, readVersions(reader.view()))
    else if (number === graphField.library && (tag & 7) === bytesType) readFunctionNames(reader.view(), functionNames)
    else reader.skip(tag & 7)
    others.push({ number, record: reader.since(start) })
  }
  others.sort((a, b) => a.number - b.number)
  return new Graph(nodes, { versions, functionNames, otherFields: others.map(({ record }) => record) })
}

/** Reads a NodeDef from its record in a file, tag included. */
export function readNode(record: Uint8Array): Node {
  const file = new GraphDefFile(record)
  const reader = file.reader(0, record.length)
  reader.varint()
  return readNodeAt(reader, 0, file)
}

/** The inputs of the node that is read, before they are as many as they are: an array that grows makes room for more than it has. */
const inputs: TensorName[] = []

/**
 * Reads a NodeDef whose tag, which begins at `start`, was read. Its attributes are passed over: most nodes of a large graph are
 * written as they were read, and an object for each attribute would be most of the work.
 */
function readNodeAt(reader: WireReader, start: number, file: GraphDefFile): Node {
  const outer = reader.enter()
  let name = ''
  let op = ''
  let device = ''
  let inputCount = 0
  let others: { number: number; record: Uint8Array }[] | undefined
  // Whether the record is as we would write it: fields ascending, attributes by name. Then it is written by reference.
  let canonical = true
  let lastField = 0
  let lastKey: string | undefined
  while (!reader.atEnd) {
    const fieldStart = reader.position
    const tag = reader.varint()
    const number = tag >>> 3
    if (number < lastField) canonical = false
    lastField = number
    if (number === nodeField.name) name = reader.string()
    else if (number === nodeField.op) op = reader.string()
    else if (number === nodeField.input) {
      inputs[inputCount++] = parseTensorName(reader.string())
    } else if (number === nodeField.device) device = reader.string()
    else if (number === nodeField.attr) {
      const key = passAttrEntry(reader)
      if (key === undefined || (lastKey !== undefined && key <= lastKey)) canonical = false
      lastKey = key ?? lastKey
    } else {
      reader.skip(tag & 7)
      others ??= []
      others.push({ number, record: reader.since(fieldStart) })
    }
  }
  reader.leave(outer)
  const node = new Node({ name, op, device, inputs: inputCount > 0 ? inputs.slice(0, inputCount) : undefined })
  node.standsIn(file, start, reader.position, canonical)
  if (others) node.otherFields = others.sort((a, b) => a.number - b.number).map(({ record }) => record)
  return node
}

/** The bytes of nodes. Their strings are kept as long as one of the nodes, where there are many. */
class GraphDefFile implements NodeFile {
  readonly bytes: Uint8Array
  readonly #strings: StringTable | undefined

  constructor(bytes: Uint8Array, strings?: StringTable) {
    this.bytes = bytes
    this.#strings = strings
  }

  reader(start: number, end: number): WireReader {
    return new WireReader(this.bytes, { start, end, strings: this.#strings })
  }

  readAttrs(start: number, end: number, attrs: Attrs): void {
    const reader = this.reader(start, end)
    reader.varint()
    reader.enter()
    while (!reader.atEnd) {
      const tag = reader.varint()
      if (tag >>> 3 !== nodeField.attr) {
        reader.skip(tag & 7)
        continue
      }
      const outer = reader.enter()
      const { key, value } = readAttrEntry(reader)
      reader.leave(outer)
      attrs.load(key, { encoded: value, decode: decodeAttrValue })
    }
  }
}

function readVersions(bytes: Uint8Array): { producer: number; minConsumer: number } {
  const reader = new WireReader(bytes)
  const versions = { producer: 0, minConsumer: 0 }
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === 1) versions.producer = reader.int32()
    else if (tag >>> 3 === 2) versions.minConsumer = reader.int32()
    else reader.skip(tag & 7)
  }
  return versions
}

/** FunctionDefLibrary.function = 1, FunctionDef.signature = 1, OpDef.name = 1. */
function readFunctionNames(library: Uint8Array, names: Set<string>): void {
  for (const definition of fieldsOf(library, 1)) {
    for (const signature of fieldsOf(definition, 1)) {
      for (const name of fieldsOf(signature, 1)) names.add(new TextDecoder().decode(name))
    }
  }
}

function* fieldsOf(message: Uint8Array, wanted: number): Iterable<Uint8Array> {
  const reader = new WireReader(message)
  while (!reader.atEnd) {
    const tag = reader.varint()
    if (tag >>> 3 === wanted && (tag & 7) === bytesType) yield reader.view()
    else reader.skip(tag & 7)
  }
}

/**
 * Writes a graph as slices that together are the file: untouched nodes and tensors are views of what was read, nothing
 * is joined. The same graph gives the same bytes: fields ascend, attributes are ordered by name.
 */
export function encodeGraphDef(graph: Graph): Slices {
  const writer = new WireWriter()
  for (const node of graph.nodes) {
    const source = node.source
    if (source) writer.referencePart(source.bytes, source.start, source.end)
    else writeNode(writer, node)
  }
  for (const record of graph.envelope.otherFields) writer.reference(record)
  return writer.finish()
}

/** Writes a node's record. Where it is in one piece, the node will stand there until it changes again. */
function writeNode(writer: WireWriter, node: Node): void {
  const { name, op, device, otherFields } = node
  const inputs = node.inputs.map(printTensorName)
  const attrs: { key: string; value: Uint8Array | Slices }[] = []
  for (const key of node.attrs.names().sort()) {
    attrs.push({ key, value: node.attrs.encoded(key) ?? encodeAttrValue(node.attrs.get(key)!) })
  }
  let size = 0
  for (const text of [name, op, device]) if (text) size += stringFieldSize(text)
  for (const input of inputs) size += stringFieldSize(input)
  for (const { key, value } of attrs) size += entryFieldSize(key, value)
  for (const record of otherFields) size += record.length

  const before = writer.place
  writer.tag(graphField.node, bytesType)
  writer.varint(size)
  const header = writer.place.at - before.at
  if (name) writer.stringField(nodeField.name, name)
  if (op) writer.stringField(nodeField.op, op)
  for (const input of inputs) writer.stringField(nodeField.input, input)
  if (device) writer.stringField(nodeField.device, device)
  for (const { key, value } of attrs) writer.entryField(nodeField.attr, key, value)
  for (const record of otherFields) writer.reference(record)
  const { bytes, at } = writer.place
  if (bytes === before.bytes && at - before.at === header + size) {
    node.wasWritten({ bytes, start: before.at, end: at })
  }
}

/** Joins slices into one array, where somebody needs the file in one piece. */
export function joinSlices(slices: readonly Uint8Array[]): Uint8Array {
  if (slices.length === 1) return loaded(slices[0]!)
  const joined = new Uint8Array(slices.reduce((sum, slice) => sum + slice.length, 0))
  let position = 0
  for (const slice of slices) {
    joined.set(loaded(slice), position)
    position += slice.length
  }
  return joined
}
