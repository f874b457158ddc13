import { GraphdefError } from '../errors.js'
import type { DataType } from '../graph/data-type.js'
import { elementSize } from '../graph/data-type.js'
import { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { elementCount, isStatic } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { encodeGraphDef, readGraphDef } from './graphdef.js'
import { directoryBytes, directoryOf, encodeDirectory, type Region, regionPrefix } from './memmapped-directory.js'
import { Slices } from './slices.js'

/** The region that holds the GraphDef. */
const graphRegion = `${regionPrefix}.`

/** Where tensors begin: a multiple of this satisfies every TensorFlow (1.x asked for 32). */
const alignment = 64
const padding = new Uint8Array(alignment)

/** What `convert_graphdef_memmapped_format` moves out of the graph; strings and quantized types stay in it. */
const mappedTypes: ReadonlySet<DataType> = new Set([
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'bool',
  'complex64',
  'complex128',
])

export interface MemmappedOptions {
  /** Constants of fewer bytes stay in the graph; at least 1. */
  minimumSize?: number
}

/** `--min_conversion_tensor_size` of the historical tool. */
export const defaultMinimumSize = 10_000

/**
 * The constants that {@link writeMemmapped} moves out of the graph, with their tensors, in order.
 * @throws GraphdefError `missing-attr` (a constant without value), `bad-tensor`, `bad-option`
 */
export function mappedConstants(
  graph: Graph,
  { minimumSize = defaultMinimumSize }: MemmappedOptions = {},
): ReadonlyMap<Node, Tensor> {
  if (!Number.isSafeInteger(minimumSize) || minimumSize < 1) {
    throw new GraphdefError('bad-option', {
      what: `the smallest constant to convert has ${minimumSize} bytes, and that must be a whole number above 0`,
      remedy: `Leave it out: it is ${defaultMinimumSize} then.`,
    })
  }
  const mapped = new Map<Node, Tensor>()
  for (const node of graph.nodes) {
    if (node.op !== 'Const') continue
    const tensor = mappableTensor(node)
    if (tensor && tensor.byteLength >= minimumSize) mapped.set(node, tensor)
  }
  return mapped
}

function mappableTensor(node: Node): Tensor | undefined {
  const tensor = node.attrs.tensor('value')
  if (!tensor) {
    throw new GraphdefError('missing-attr', {
      what: 'a constant has no value',
      node: node.name,
      remedy: 'Freeze the model again.',
    })
  }
  if (!mappedTypes.has(tensor.dtype)) return undefined
  if (tensor.problem !== undefined) {
    throw new GraphdefError('bad-tensor', {
      what: `a tensor cannot be decoded: ${tensor.problem}`,
      node: node.name,
      remedy: 'The file is damaged: freeze the model again.',
    })
  }
  return tensor
}

/**
 * Writes a graph as memory-mapped package, as `convert_graphdef_memmapped_format` does: each constant of `minimumSize` bytes
 * or more becomes an ImmutableConst that names its region of the file. Regions are views of the tensors; the graph
 * itself is not changed.
 * @throws GraphdefError those of {@link mappedConstants}
 */
export function writeMemmapped(graph: Graph, options?: MemmappedOptions): Slices {
  const mapped = mappedConstants(graph, options)
  const file = new Slices()
  const regions: Region[] = []
  const taken = takenNames(graph)
  const nodes = graph.nodes.map((node) => {
    const tensor = mapped.get(node)
    if (!tensor) return node
    const name = regionName(node.name, taken)
    file.push(padding.subarray(0, -file.length & (alignment - 1)))
    regions.push({ name, offset: file.length, length: tensor.byteLength })
    file.push(tensor.storage.kind === 'content' ? tensor.storage.bytes : tensor.bytes())
    return immutableConst(node, tensor, name)
  })
  const message = encodeGraphDef(new Graph(nodes, graph.envelope))
  regions.push({ name: graphRegion, offset: file.length, length: message.length })
  file.append(message)
  file.append(encodeDirectory(regions, file.length))
  return file
}

/** Names that no region may get: the graph's own, and those that the graph refers to already. */
function takenNames(graph: Graph): Set<string> {
  const taken = new Set([graphRegion])
  for (const node of graph.nodes) {
    if (node.op === 'ImmutableConst') taken.add(node.attrs.string('memory_region_name') ?? '')
  }
  return taken
}

/** `a/b` → `memmapped_package://a_b`; one `_` a byte that may not stand in a name, and more where the name is taken. */
function regionName(nodeName: string, taken: Set<string>): string {
  const characters = [...new TextEncoder().encode(nodeName)].map((byte) => String.fromCharCode(byte))
  let name = regionPrefix + characters.join('').replace(/[^A-Za-z0-9_.]/g, '_')
  while (taken.has(name)) name += '_'
  taken.add(name)
  return name
}

function immutableConst({ name, inputs, device, otherFields }: Node, tensor: Tensor, region: string): Node {
  const node = new Node({ name, op: 'ImmutableConst', inputs, device })
  node.attrs.setType('dtype', tensor.dtype)
  node.attrs.setString('memory_region_name', region)
  node.attrs.setShape('shape', tensor.shape)
  node.otherFields = otherFields
  return node
}

/**
 * Reads a memory-mapped package, of TensorFlow 1.x as well (which has no lengths). Its ImmutableConst nodes become constants
 * again, whose tensors are views of the file.
 * @throws GraphdefError `bad-memmapped`, and those of {@link readGraphDef}
 */
export function readMemmapped(file: Uint8Array): Graph {
  const regions = readRegions(file)
  const graph = readGraphDef(regions.get(graphRegion)!)
  for (const node of graph.nodes) {
    if (node.op === 'ImmutableConst') graph.replace(node, [constant(node, regions)])
  }
  return graph
}

/** The bytes of each region, by full name; the graph's is among them. */
function readRegions(file: Uint8Array): Map<string, Uint8Array> {
  if (!directoryBytes(file)) throw damaged('its last eight bytes point to no directory within the file')
  const directory = directoryOf(file)
  if (!directory) throw damaged('its directory cannot be read')
  const regions = new Map<string, Uint8Array>()
  let next = file.length - 8 - directoryBytes(file)!.length
  for (const { name, offset, length } of directory.reverse()) {
    const end = length === undefined ? next : offset + length
    if (offset >= next || end > next) throw damaged(`the region "${name}" runs into the next one`)
    if (regions.has(name)) throw damaged(`there are two regions "${name}"`)
    regions.set(name, file.subarray(offset, end))
    next = offset
  }
  if (!regions.has(graphRegion)) throw damaged('it has no region with the graph')
  return regions
}

function constant({ name, inputs, device, otherFields, attrs }: Node, regions: ReadonlyMap<string, Uint8Array>): Node {
  const region = attrs.string('memory_region_name')
  const dtype = attrs.type('dtype')
  const shape = attrs.shape('shape')
  const bytes = region === undefined ? undefined : regions.get(region)
  const size = dtype && isStatic(shape) ? elementSize(dtype) * elementCount(shape) : 0
  if (!dtype || !isStatic(shape) || !elementSize(dtype)) {
    throw damaged('an ImmutableConst lacks its dtype or shape', name)
  }
  if (!bytes) throw damaged(`there is no region "${region ?? ''}"`, name)
  if (bytes.length < size) throw damaged(`the region "${region}" has ${bytes.length} of ${size} bytes`, name)
  const node = new Node({ name, op: 'Const', inputs, device })
  node.attrs.setType('dtype', dtype)
  node.attrs.setTensor('value', new Tensor(dtype, shape, { kind: 'content', bytes: bytes.subarray(0, size) }))
  node.otherFields = otherFields
  return node
}

function damaged(why: string, node?: string): GraphdefError {
  return new GraphdefError('bad-memmapped', {
    what: `the memory-mapped package is damaged: ${why}`,
    node,
    remedy: 'Download or copy the file again and compare its size with the original, or convert the graph again.',
  })
}
