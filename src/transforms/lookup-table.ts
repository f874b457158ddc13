import type { DataType } from '../graph/data-type.js'
import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { type TensorName, tensorName } from '../graph/tensor-name.js'
import { outputTypes } from '../ops/op-defs.js'
import { constNode } from './const-node.js'
import type { TransformContext } from './transform.js'

/** Weights nearer to zero than this are left out; compared in double precision. */
const smallest = 1e-5

/** A Gather that can be replaced. */
export interface Lookup {
  gather: Node
  weights: Node
  /** The Identity through which it reads the weights, where there is one. */
  read: Node | undefined
  ids: TensorName
  /** Of a GatherV2. */
  axis: Node | undefined
}

/** The weights that are not nearly zero. */
export interface SparseWeights {
  indices: BigInt64Array
  values: Float32Array
  /** How many weights there were. */
  of: number
}

/** The weights that are not nearly zero with their places, or why they cannot be in a table. */
export function nonZero(weights: Tensor): SparseWeights | string {
  const { dtype, shape } = weights
  if (dtype !== 'float32') return `its weights are ${dtype}, not float32`
  if (shape.length !== 2 || shape[1] !== 1) return `its weights are ${printShape(shape)}, not one number for each id`
  const values = weights.values() as Float32Array
  // Written so that NaN stays.
  const stays = (value: number): boolean => !(Math.abs(value) < smallest)
  let count = 0
  for (const value of values) if (stays(value)) count++
  // A table must not be empty: then the first weight is told to be 0.
  const size = Math.max(count, 1)
  const sparse = { indices: new BigInt64Array(size), values: new Float32Array(size), of: values.length }
  let place = 0
  for (let index = 0; index < values.length; index++) {
    if (!stays(values[index]!)) continue
    sparse.indices[place] = BigInt(index)
    sparse.values[place++] = values[index]!
  }
  return sparse
}

/** A table in front of a node, and what fills it. */
export function addTable(
  graph: Graph,
  weights: Node,
  { indices, values }: SparseWeights,
  before: Node,
  { report }: TransformContext,
): { table: Node; initializer: Node } {
  const add = (node: Node): Node => {
    report.add(node)
    return graph.add(node, { before })
  }
  const name = (ending: string): string => graph.freeName(`${weights.name}/${ending}`)
  const keyNode = add(constNode(name('indices'), Tensor.of('int64', [indices.length], indices)))
  const valueNode = add(constNode(name('values'), Tensor.of('float32', [values.length], values)))
  const table = new Node({ name: name('HashTable'), op: 'HashTable' })
  table.attrs.setType('key_dtype', 'int64')
  table.attrs.setType('value_dtype', 'float32')
  add(table)
  const inputs = [table, keyNode, valueNode].map((node) => tensorName(node.name))
  const initializer = new Node({ name: name('InitializeTable'), op: 'InitializeTable', inputs })
  initializer.attrs.setType('Tkey', 'int64')
  initializer.attrs.setType('Tval', 'float32')
  add(initializer)
  return { table, initializer }
}

/** The last of the new nodes takes the name of the Gather, so that nobody's inputs change. */
export function replaceGather(graph: Graph, lookup: Lookup, table: Node, { report }: TransformContext): void {
  const { gather, weights, read, ids } = lookup
  const name = (ending: string): string => graph.freeName(`${gather.name}/${ending}`)
  const nodes: Node[] = []
  const keys = asInt64(graph, gather, ids, name('Cast'))
  if (keys.cast) nodes.push(keys.cast)
  const fallback = constNode(name('Const'), Tensor.of('float32', [], Float32Array.of(0)))
  const waitedFor = [...gather.controlInputs, ...(read?.controlInputs ?? []), ...weights.controlInputs]
  const find = new Node({
    name: name('LookupTableFind'),
    op: 'LookupTableFind',
    inputs: tidyInputs([tensorName(table.name), keys.tensor, tensorName(fallback.name), ...waitedFor]),
  })
  find.attrs.setType('Tin', 'int64')
  find.attrs.setType('Tout', 'float32')
  const lastAxis = constNode(name('ExpandDims/Const'), Tensor.ofList('int32', [], Int32Array.of(-1)))
  const expanded = new Node({
    name: gather.name,
    op: 'ExpandDims',
    inputs: [find, lastAxis].map((node) => tensorName(node.name)),
  })
  expanded.attrs.setType('T', 'float32')
  nodes.push(find, fallback, lastAxis)
  graph.replace(gather, [...nodes, expanded])
  for (const node of nodes) report.add(node)
  report.change(expanded)
}

/** The ids as the keys of a table, which are int64. */
function asInt64(graph: Graph, gather: Node, ids: TensorName, name: string): { tensor: TensorName; cast?: Node } {
  const producer = graph.producer(ids)
  const dtype: DataType | undefined = gather.attrs.type('Tindices') ?? (producer && outputTypes(producer)?.[ids.port])
  if (dtype === undefined || dtype === 'int64') return { tensor: ids }
  const cast = new Node({ name, op: 'Cast', inputs: [ids] })
  cast.attrs.setType('DstT', 'int64')
  cast.attrs.setType('SrcT', dtype)
  return { tensor: tensorName(name), cast }
}
