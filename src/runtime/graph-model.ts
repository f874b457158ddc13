import type { ModelManifest, TensorInfos } from '../manifest/types.js'
import {
  type Constant,
  constantFromProto,
  type DecodedConstant,
  decodeConstant,
  quantizedElements,
  staticShape,
  tfjsDataType,
  tfjsTypeNumbers,
} from './constant.js'
import { canDequantize, dequantize } from './dequantize.js'
import { ModelLoadError, type UnsupportedOp } from './errors.js'
import { type AttrValue, type FunctionDef, type GraphDef, graphDef, type NodeDef } from './graphdef.js'
import { readMemmapped } from './memmapped.js'
import { tfjsDataTypeOf } from './tensor-info.js'
import { readMessage } from './wire.js'

/** A graph as `tf.loadGraphModel` takes it, and its weights, not decoded yet. */
export interface GraphModelSource {
  readonly modelTopology: object
  /** So that names and order of inputs and outputs are those of the manifest. */
  readonly signature: object
  readonly weights: ReadonlyMap<string, () => DecodedConstant>
  /** The nodes that compute something, by op: what TensorFlow.js has to know. */
  readonly nodesByOp: ReadonlyMap<string, readonly string[]>
  /** What TensorFlow.js knows by name and computes wrongly. */
  readonly misread: readonly UnsupportedOp[]
}

interface TfjsNode {
  readonly name: string
  readonly op: string
  input: string[]
  readonly attr: Record<string, AttrValue>
}

/** Ops that TensorFlow.js has under another name, or that do nothing when a graph only runs forwards. */
const renamedOps: Record<string, string> = {
  BiasAddV1: 'BiasAdd',
  CheckNumerics: 'Identity',
  DebugGradientIdentity: 'Identity',
  DebugGradientRefIdentity: 'Identity',
  EnsureShape: 'Identity',
  HostConst: 'Const',
  // One that is fed is replaced by a placeholder. TensorFlow.js would give its default's own tensor away.
  PlaceholderWithDefault: 'Identity',
  PlaceholderV2: 'Placeholder',
  PreventGradient: 'Identity',
  _FusedDepthwiseConv2dNative: 'FusedDepthwiseConv2dNative',
}

const nhwc = { s: letters('NHWC') }
const dilations = { list: { i: [1, 1, 1, 1] } }
const epsilon = { f: 1e-4 }

/** Attributes that files may lack and whose default TensorFlow.js doesn't have, or has differently. */
const defaultAttrs: Record<string, Record<string, AttrValue>> = {
  Conv2D: { dilations, data_format: nhwc },
  DepthwiseConv2dNative: { dilations, data_format: nhwc },
  FusedDepthwiseConv2dNative: { dilations, data_format: nhwc },
  Conv3D: { dilations: { list: { i: [1, 1, 1, 1, 1] } }, data_format: { s: letters('NDHWC') } },
  DepthToSpace: { data_format: nhwc },
  FusedBatchNorm: { epsilon },
  FusedBatchNormV2: { epsilon },
  FusedBatchNormV3: { epsilon },
  Range: { Tidx: { type: 3 } },
}

/** A graph or a function's body: where its nodes are, and what its outside gives it. */
interface Body {
  readonly nodes: ReadonlyMap<string, NodeDef>
  /** Whether the value comes from outside: a fed tensor, a function's argument. */
  isGiven(tensor: string): boolean
  /** The name in the message of an error. */
  readonly where: string
}

/**
 * Converts what the outputs need of a GraphDef, or of the GraphDef in a memory-mapped package, to TensorFlow.js's
 * JSON form. Constants leave the graph; so do dequantised constants, whose nodes become weights of float32.
 *
 * Throws a ModelLoadError `format` where the file isn't one or doesn't fit the manifest.
 */
export function convertGraph(file: Uint8Array, manifest: Omit<ModelManifest, 'sha256' | 'bytes'>): GraphModelSource {
  const { graph, regions } =
    manifest.format === 'memmapped' ? readMemmapped(file) : { graph: file, regions: new Map<string, Uint8Array>() }
  const definition = readMessage<GraphDef>(graph, graphDef)
  const converter = new Converter(regions, definition.library?.function ?? [])
  const nodes = byName(definition.node)
  const inputs = Object.values(manifest.inputs)
  const fed = new Set(inputs.map(({ name }) => tensorOf(name)))
  const outputs = Object.values(manifest.outputs).map(({ name }) => tensorOf(name))
  const converted = converter.convert({ nodes, isGiven: (tensor) => fed.has(tensor), where: 'the graph' }, outputs)

  // A fed tensor becomes a placeholder of its node's name, unless another port keeps the node itself alive.
  const placeholders = new Map<string, string>()
  for (const tensor of fed) {
    let name = tensor
    if (tensor.includes(':') || converted.has(tensor)) {
      name = tensor.replace(':', '_')
      do name += '_'
      while (nodes.has(name))
    }
    placeholders.set(tensor, name)
  }
  const rename = (tensor: string): string => placeholders.get(tensor) ?? tensor
  const live = [...converted.values()]
  for (const node of live) node.input = node.input.map(rename)
  for (const { name, dtype, shape } of inputs) {
    const tensorShape = shape ? { dim: shape.map((size) => ({ size: size ?? -1 })) } : { unknownRank: true }
    const attr = { dtype: { type: tfjsTypeNumbers[tfjsDataTypeOf(dtype)] }, shape: { shape: tensorShape } }
    live.push({ name: rename(tensorOf(name)), op: 'Placeholder', input: [], attr })
  }
  const named = (infos: TensorInfos): object =>
    Object.fromEntries(Object.entries(infos).map(([key, { name }]) => [key, { name: rename(tensorOf(name)) }]))
  return {
    modelTopology: {
      node: live,
      library: { function: converter.convertFunctions() },
      // Never absent: TensorFlow.js reads both without asking.
      versions: { producer: 0, minConsumer: 0, ...definition.versions },
    },
    signature: { inputs: named(manifest.inputs), outputs: named(manifest.outputs) },
    weights: converter.weights,
    nodesByOp: converter.nodesByOp,
    misread: converter.misread,
  }
}

class Converter {
  readonly weights: Map<string, () => DecodedConstant> = new Map()
  readonly nodesByOp: Map<string, string[]> = new Map()
  readonly misread: UnsupportedOp[] = []
  private readonly regions: ReadonlyMap<string, Uint8Array>
  private readonly library: Map<string, FunctionDef>
  /** The functions that the nodes converted so far call. */
  private readonly called: Set<string> = new Set()

  constructor(regions: ReadonlyMap<string, Uint8Array>, library: readonly FunctionDef[]) {
    this.regions = regions
    this.library = new Map(library.map((definition) => [definition.signature?.name ?? '', definition]))
  }

  /** The nodes that the roots need, by name. With a prefix, all of them and their weights are renamed. */
  convert(body: Body, roots: readonly string[], prefix = ''): Map<string, TfjsNode> {
    const converted = new Map<string, TfjsNode>()
    const open: [tensor: string, reader: string][] = roots.map((tensor) => [tensor, 'an output'])
    for (let next = open.pop(); next; next = open.pop()) {
      const [tensor, reader] = next
      const source = nodeOf(tensor)
      if (body.isGiven(tensor) || converted.has(source)) continue
      const node = body.nodes.get(source)
      if (!node) throw new ModelLoadError('format', `In ${body.where}, ${reader} needs ${source}, which isn't there.`)
      const result = this.convertNode(body, node, prefix + source)
      converted.set(source, result)
      for (const input of result.input) open.push([input, `the node ${source}`])
    }
    return converted
  }

  /** The functions that the graph calls, and those they call. */
  convertFunctions(): object[] {
    const functions: object[] = []
    for (const name of this.called) {
      const definition = this.library.get(name)
      if (!definition) throw new ModelLoadError('format', `The graph calls the function ${name}, which isn't there.`)
      const { signature = {}, nodeDef, ret = {} } = definition
      const { inputArg = [], outputArg = [] } = signature
      const given = new Set(inputArg.map((arg) => arg.name))
      const body: Body = {
        nodes: byName(nodeDef),
        isGiven: (tensor) => given.has(nodeOf(tensor)),
        where: `the function ${name}`,
      }
      // One flat map holds the weights of the graph and of all functions: each gets its function's name before its own.
      const prefix = `${name}/`
      const rename = (tensor: string): string => (body.isGiven(tensor) ? tensor : prefix + tensor)
      const results = outputArg.map((arg) => ret[arg.name ?? ''] ?? '')
      const nodes = [...this.convert(body, results, prefix).values()]
      for (const node of nodes) node.input = node.input.map(rename)
      functions.push({
        signature: { name, inputArg: inputArg.map(argument), outputArg: outputArg.map(argument) },
        nodeDef: nodes,
        ret: Object.fromEntries(outputArg.map((arg, index) => [arg.name, rename(results[index]!)])),
      })
    }
    return functions
  }

  private convertNode(body: Body, node: NodeDef, name: string): TfjsNode {
    const weight = this.weightOf(body, node)
    if (weight) {
      this.weights.set(name, weight.decode)
      return { name, op: 'Const', input: [], attr: { dtype: { type: weight.type } } }
    }
    const op = renamedOps[node.op ?? ''] ?? node.op ?? ''
    if (op === 'Placeholder') {
      throw new ModelLoadError('format', `The outputs need the placeholder ${name}, which isn't an input of the model.`)
    }
    const attr = { ...defaultAttrs[op] }
    for (const [key, value] of Object.entries(node.attr ?? {})) {
      if (key[0] !== '_' && !value.tensor) attr[key] = convertAttr(value)
      if (value.func?.name) this.called.add(value.func.name)
    }
    const reason = misreading(op, node.attr)
    if (reason) this.misread.push({ op, nodes: [name], reason })
    const nodes = this.nodesByOp.get(op)
    if (nodes) nodes.push(name)
    else this.nodesByOp.set(op, [name])
    // Control edges order side effects; here they would only keep dead nodes alive.
    const input = (node.input ?? []).filter((tensor) => tensor[0] !== '^').map(tensorOf)
    return { name, op, input, attr }
  }

  /** What the node is worth before the graph runs, if it is a constant or a constant dequantised. */
  private weightOf(body: Body, node: NodeDef): { type: number; decode: () => DecodedConstant } | undefined {
    const constant = this.constantOf(node)
    if (constant) {
      const dtype = tfjsDataType(constant.type)
      return { type: dtype ? tfjsTypeNumbers[dtype] : constant.type, decode: () => decodeConstant(constant) }
    }
    if (node.op !== 'Dequantize') return undefined
    const [values, minimum, maximum] = (node.input ?? []).map((tensor) => this.follow(body, tensor))
    const { mode, axis, dtype } = node.attr ?? {}
    const modeName = textOf(mode) || 'MIN_COMBINED'
    if (!values || !minimum || !maximum || !canDequantize(values.type, modeName) || (axis?.i ?? -1) !== -1)
      return undefined
    if ((dtype?.type ?? 1) !== 1) return undefined
    return {
      type: 1,
      decode: () => ({
        dtype: 'float32',
        shape: values.shape,
        values: dequantize(quantizedElements(values), values.type, modeName, scalarOf(minimum), scalarOf(maximum)),
      }),
    }
  }

  private constantOf(node: NodeDef): Constant | undefined {
    const name = node.name ?? ''
    const attr = node.attr ?? {}
    if (node.op === 'Const' || node.op === 'HostConst') {
      if (!attr.value?.tensor) throw new ModelLoadError('format', `The constant ${name} has no value.`)
      return constantFromProto(name, attr.value.tensor)
    }
    if (node.op !== 'ImmutableConst') return undefined
    const region = textOf(attr.memory_region_name)
    const content = this.regions.get(region)
    if (!content) throw new ModelLoadError('format', `The constant ${name} lies in ${region}, which isn't in the file.`)
    return {
      node: name,
      type: attr.dtype?.type ?? 0,
      shape: staticShape(name, attr.shape?.shape),
      content,
      mapped: true,
    }
  }

  /** The constant behind a tensor, through nodes that pass it on. */
  private follow(body: Body, tensor: string): Constant | undefined {
    for (let source = tensorOf(tensor); !body.isGiven(source); ) {
      const node = body.nodes.get(nodeOf(source))
      const constant = node && this.constantOf(node)
      if (constant || node?.op !== 'Identity') return constant
      source = tensorOf(node.input?.[0] ?? '')
    }
    return undefined
  }
}

function convertAttr(value: AttrValue): AttrValue {
  const { type, list } = value
  if (type) return { type: convertType(type) }
  return list?.type ? { list: { ...list, type: list.type.map(convertType) } } : value
}

/** The type that TensorFlow.js computes in. */
function convertType(type: number): number {
  const dtype = tfjsDataType(type)
  return dtype ? tfjsTypeNumbers[dtype] : type
}

/** What TensorFlow.js leaves out of account, so that it would give wrong values without a word. */
function misreading(op: string, { axis, data_format }: Record<string, AttrValue> = {}): string | undefined {
  if (op === 'FakeQuantWithMinMaxVars') return 'it passes the values through unchanged'
  if (op === 'OneHot' && (axis?.i ?? -1) !== -1) return 'it ignores the axis'
  const layout = textOf(data_format)
  if (/^((Max|Avg)Pool|FusedBatchNorm)/.test(op) && layout.startsWith('NC')) return `it ignores ${layout}`
  return undefined
}

function argument({ name, type = 0 }: { name?: string; type?: number }): object {
  return { name, type: convertType(type) }
}

function byName(nodes: readonly NodeDef[] = []): Map<string, NodeDef> {
  return new Map(nodes.map((node) => [node.name ?? '', node]))
}

/** `node` for its first output, `node:1` for a later one, and as it is in a function (`node:output:0`). */
function tensorOf(input: string): string {
  return input.replace(/^([^:]*):0$/, '$1')
}

function nodeOf(tensor: string): string {
  return tensor.split(':', 1)[0]!
}

function scalarOf(constant: Constant): number {
  return (decodeConstant(constant).values as ArrayLike<number>)[0] ?? 0
}

function textOf(value: AttrValue | undefined): string {
  return String.fromCharCode(...(value?.s ?? []))
}

function letters(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0))
}
