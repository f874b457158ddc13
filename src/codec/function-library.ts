import type { AttrValue } from '../graph/attr.js'
import { type DataType, dataTypeFromNumber } from '../graph/data-type.js'
import type { GraphEnvelope } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { parseTensorName, type TensorName } from '../graph/tensor-name.js'
import type { ArgDef } from '../ops/op-defs.js'
import { decodeAttrValue } from './attr-value.js'
import { joinSlices, readNode } from './graphdef.js'
import { WireReader } from './wire-reader.js'
import { bytesType } from './wire-types.js'
import { WireWriter } from './wire-writer.js'

/** Field number of GraphDef.library (tensorflow/core/framework/graph.proto). */
const libraryField = 2
/** Field numbers of FunctionDefLibrary, FunctionDef and OpDef (function.proto, op_def.proto). */
const libraryFields = { function: 1, gradient: 2 } as const
const functionField = { signature: 1, node: 3, ret: 4, controlRet: 6 } as const
const signatureField = { name: 1, input: 2, output: 3, attr: 4 } as const
const argField = { name: 1, type: 3, typeAttr: 4, numberAttr: 5, typeListAttr: 6, isRef: 16 } as const

/** A function that a graph carries along: its signature as an op, and its body. */
export interface FunctionDef {
  name: string
  inputs: readonly ArgDef[]
  outputs: readonly ArgDef[]
  /** Defaults of the attributes that the function is called with. */
  attrDefaults: ReadonlyMap<string, AttrValue>
  /** The body. Its nodes' inputs are read by {@link bodyReference}. */
  nodes: readonly Node[]
  /** What each output is, by the output's name; read by {@link bodyReference}. */
  returns: ReadonlyMap<string, TensorName>
  /** The names of the body's nodes that a call always runs, whatever of its outputs is read. */
  controlReturns: readonly string[]
}

/** What an input within a function's body names: an argument, or one tensor of a node's output argument. */
export interface BodyReference {
  /** The argument's or the node's name. */
  name: string
  /** The name of the node's output argument; undefined for a function's argument. */
  output: string | undefined
  /** Which tensor of an argument that is a list. */
  index: number
}

/** Reads `arg`, `arg:1`, `node:output` and `node:output:1`, as they stand in a body. */
export function bodyReference({ node, port }: TensorName): BodyReference {
  const colon = node.indexOf(':')
  if (colon < 0) return { name: node, output: undefined, index: port }
  return { name: node.slice(0, colon), output: node.slice(colon + 1), index: port }
}

/** The functions of a graph, each decoded when it is first asked for. */
export class FunctionLibrary {
  readonly #bodies = new Map<string, Uint8Array>()
  readonly #decoded = new Map<string, FunctionDef>()

  constructor(envelope: GraphEnvelope) {
    for (const library of libraries(envelope)) {
      for (const { number, body } of fieldsOf(library)) {
        if (number === libraryFields.function) this.#bodies.set(functionName(body), body)
      }
    }
  }

  get names(): Iterable<string> {
    return this.#bodies.keys()
  }

  has(name: string): boolean {
    return this.#bodies.has(name)
  }

  get(name: string): FunctionDef | undefined {
    const body = this.#bodies.get(name)
    if (!body) return undefined
    let decoded = this.#decoded.get(name)
    if (!decoded) this.#decoded.set(name, (decoded = readFunction(body)))
    return decoded
  }

  /** Bytes of a function in the file. */
  byteLength(name: string): number {
    return this.#bodies.get(name)?.length ?? 0
  }
}

/** The envelope with some functions only. The gradients of the others go with them. */
export function keepFunctions(envelope: GraphEnvelope, kept: ReadonlySet<string>): GraphEnvelope {
  if ([...envelope.functionNames].every((name) => kept.has(name))) return envelope
  const otherFields: Uint8Array[] = []
  for (const record of envelope.otherFields) {
    const library = libraryOf(record)
    const reduced = library ? reduceLibrary(library, kept) : record
    if (reduced) otherFields.push(reduced)
  }
  const functionNames = new Set([...envelope.functionNames].filter((name) => kept.has(name)))
  return { ...envelope, functionNames, otherFields }
}

/** The library's record with some functions only; undefined where nothing is left of it. */
function reduceLibrary(library: Uint8Array, kept: ReadonlySet<string>): Uint8Array | undefined {
  const writer = new WireWriter()
  let functions = 0
  for (const { number, body, record } of fieldsOf(library)) {
    if (number === libraryFields.function && !kept.has(functionName(body))) continue
    if (number === libraryFields.gradient && ![1, 2].every((field) => kept.has(textField(body, field)))) continue
    if (number === libraryFields.function) functions++
    writer.reference(record)
  }
  if (functions === 0) return undefined
  const outer = new WireWriter()
  outer.messageField(libraryField, writer.finish())
  return joinSlices(outer.finish().list)
}

function* libraries({ otherFields }: GraphEnvelope): Iterable<Uint8Array> {
  for (const record of otherFields) {
    const library = libraryOf(record)
    if (library) yield library
  }
}

/** The message of a record of GraphDef, where it is the library. */
function libraryOf(record: Uint8Array): Uint8Array | undefined {
  const reader = new WireReader(record)
  return reader.varint() === libraryField * 8 + bytesType ? reader.view() : undefined
}

interface Field {
  number: number
  /** The content of a length-delimited field; empty for others. */
  body: Uint8Array
  /** The field as it stands in the message. */
  record: Uint8Array
}

const nothing = new Uint8Array(0)

function* fieldsOf(message: Uint8Array): Iterable<Field> {
  const reader = new WireReader(message)
  while (!reader.atEnd) {
    const start = reader.position
    const tag = reader.varint()
    const isBytes = (tag & 7) === bytesType
    const body = isBytes ? reader.view() : nothing
    if (!isBytes) reader.skip(tag & 7)
    yield { number: tag >>> 3, body, record: reader.since(start) }
  }
}

const text = new TextDecoder()

/** The last field of that number as text; empty where it is missing. */
function textField(message: Uint8Array, wanted: number): string {
  let found = ''
  for (const { number, body } of fieldsOf(message)) if (number === wanted) found = text.decode(body)
  return found
}

function functionName(body: Uint8Array): string {
  let name = ''
  for (const field of fieldsOf(body)) {
    if (field.number === functionField.signature) name = textField(field.body, signatureField.name) || name
  }
  return name
}

function readFunction(body: Uint8Array): FunctionDef {
  const nodes: Node[] = []
  const returns = new Map<string, TensorName>()
  const controlReturns: string[] = []
  let signature = readSignature(nothing)
  for (const { number, body: field, record } of fieldsOf(body)) {
    if (number === functionField.signature) signature = readSignature(field)
    else if (number === functionField.node) nodes.push(readNode(record))
    else if (number === functionField.ret) returns.set(textField(field, 1), parseTensorName(textField(field, 2)))
    else if (number === functionField.controlRet) controlReturns.push(textField(field, 2))
  }
  for (const node of nodes) node.touch()
  return { ...signature, nodes, returns, controlReturns }
}

type Signature = Pick<FunctionDef, 'name' | 'inputs' | 'outputs' | 'attrDefaults'>

function readSignature(message: Uint8Array): Signature {
  const inputs: ArgDef[] = []
  const outputs: ArgDef[] = []
  const attrDefaults = new Map<string, AttrValue>()
  for (const { number, body } of fieldsOf(message)) {
    if (number === signatureField.input) inputs.push(readArg(body))
    else if (number === signatureField.output) outputs.push(readArg(body))
    else if (number === signatureField.attr) readAttrDefault(body, attrDefaults)
  }
  return { name: textField(message, signatureField.name), inputs, outputs, attrDefaults }
}

/** OpDef.AttrDef: name = 1, default_value = 3. */
function readAttrDefault(message: Uint8Array, into: Map<string, AttrValue>): void {
  for (const { number, body } of fieldsOf(message)) {
    if (number === 3) into.set(textField(message, 1), decodeAttrValue(body))
  }
}

function readArg(message: Uint8Array): ArgDef {
  const reader = new WireReader(message)
  const arg: ArgDef = { name: '', isRef: false }
  while (!reader.atEnd) {
    const tag = reader.varint()
    const number = tag >>> 3
    if (number === argField.name) arg.name = reader.string()
    else if (number === argField.type) arg.type = dataTypeFromNumber(reader.varint()) as DataType
    else if (number === argField.typeAttr) arg.typeAttr = reader.string()
    else if (number === argField.numberAttr) arg.numberAttr = reader.string()
    else if (number === argField.typeListAttr) arg.typeListAttr = reader.string()
    else if (number === argField.isRef) arg.isRef = reader.varint() !== 0
    else reader.skip(tag & 7)
  }
  return arg
}
