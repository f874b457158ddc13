import { Checkpoint } from '../codec/checkpoint.js'
import type { DataType } from '../graph/data-type.js'
import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { controlInput, type TensorName, tensorName } from '../graph/tensor-name.js'
import { NodeAttrs } from '../ops/node-attrs.js'
import { outputTypes } from '../ops/op-defs.js'
import { conditionalNodes } from './conditional-nodes.js'
import { constNode } from './const-node.js'
import { optionalCheckpoint, string } from './options.js'
import { savedValue } from './saved-variable.js'
import { cannotTransform, defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnneeded } from './unneeded-nodes.js'

/** Weights nearer to zero than this are left out; compared in double precision. */
const smallest = 1e-5

const variableOps: ReadonlySet<string> = new Set(['Variable', 'VariableV2'])

/**
 * Puts tables of the weights that are not zero in the place of weights of which most are: those of a linear model, of which a
 * Gather reads one number for each id.
 *
 *     r = Identity(w); y = Gather(r, ids)
 *     →   InitializeTable(w/HashTable, w/indices, w/values); y = ExpandDims(LookupTableFind(w/HashTable, ids, 0), -1)
 */
export const sparsifyGather: Transform = defineTransform({
  name: 'sparsify_gather',
  summary: 'puts tables of what is not zero in the place of weights that a Gather reads by id',
  fidelity: 'lossy',
  options: {
    input_checkpoint: optionalCheckpoint({
      help: 'the prefix of the checkpoint that has the weights where these are variables',
    }),
    group_init_node: string({
      default: 'group_deps',
      help: 'the NoOp that is to be run once before anything else, which fills the tables; made where there is none',
    }),
  },
  differences: [
    {
      test: 'no-gather',
      historical: 'adds an empty NoOp to a graph in which it found nothing',
      here: 'the graph stays as it is',
    },
    {
      test: 'other-reader-needed',
      historical:
        'removes the weights although an output reads them as well: the output goes too, or a ConcatV2 loses an input',
      here: 'the weights stay beside their table, with a reason',
    },
    {
      test: 'concat',
      historical:
        'takes the weights out of a ConcatV2 that nobody needs, as of a saver, whose op then does not fit its attributes',
      here: 'what nobody needs is removed with the weights that it reads',
    },
    {
      test: 'int32-ids',
      historical: 'int32 ids meet keys that are int64, and TensorFlow does not load the graph',
      here: 'they are cast',
    },
    {
      test: 'shared-weights',
      historical: 'two Gathers of the same weights make two tables of one name, and the run fails',
      here: 'one table serves both',
    },
    {
      test: 'wrong-weights',
      historical: 'weights of another type or shape, or another axis, end the run',
      here: 'such a Gather is left, with a reason',
    },
    {
      test: 'control-inputs',
      historical: 'drops the control inputs of what it replaces, and leaves some on it dangling',
      here: 'the lookup waits for what they waited for',
    },
    {
      test: 'not-a-number',
      historical: 'NaN becomes 0',
      here: 'stays in the table',
    },
    {
      test: 'without-identity',
      historical: 'finds nothing once remove_nodes(op=Identity) ran',
      here: 'weights may be read through an Identity or not',
    },
    {
      test: 'in-a-loop',
      historical: 'puts a table, which is outside, into a loop',
      here: 'such a Gather is left, with a reason',
    },
    {
      test: 'no-saver',
      historical: 'ends the run at any variable that no saver restores, needed or not',
      here: 'a variable without one is looked up by its own name',
    },
    {
      test: 'no-checkpoint',
      historical: 'ends the run where the weights are a variable and no checkpoint is given',
      here: 'such a Gather is left, with a reason',
    },
    {
      test: 'output-shapes',
      historical: 'removes the attribute _output_shapes from all nodes',
      here: 'no shape changes, and the attribute stays',
    },
    {
      test: 'shared-axis',
      historical: 'removes the axis of a GatherV2 that other nodes read too',
      here: 'it stays',
    },
    {
      test: 'name-taken',
      historical: 'takes names that other nodes have',
      here: 'a free name',
    },
    {
      test: 'colocation',
      historical: 'leaves the names of removed nodes in _class attributes',
      here: 'they go',
    },
  ],
  run(graph, { input_checkpoint: prefix, group_init_node }, context) {
    const groups = lookupsByWeights(graph, context)
    const checkpoint = prefix === undefined ? undefined : new Checkpoint(prefix, context.file)
    const filled: Node[] = []
    const replaced: Lookup[] = []
    for (const [weights, lookups] of groups) {
      const value = weightsOf(graph, weights, checkpoint)
      const sparse = typeof value === 'string' ? value : nonZero(value)
      if (typeof sparse === 'string') {
        for (const { gather } of lookups) context.report.skip(gather, sparse)
        continue
      }
      const table = addTable(graph, weights, sparse, lookups[0]!.gather, context)
      for (const lookup of lookups) replaceGather(graph, lookup, table.table, context)
      filled.push(table.initializer)
      replaced.push(...lookups)
      context.report.note(`${weights.name}: ${sparse.indices.length} of ${sparse.of} weights are in a table`)
    }
    if (filled.length === 0) return
    const initializer = waitForTables(graph, group_init_node, filled, context)
    context.report.note(`"${initializer.name}" must be run once before anything else: it fills the tables`)
    clearAway(graph, replaced, { initializer, filled }, context)
  },
})

/** A Gather that can be replaced. */
interface Lookup {
  gather: Node
  weights: Node
  /** The Identity through which it reads the weights, where there is one. */
  read: Node | undefined
  ids: TensorName
  /** Of a GatherV2. */
  axis: Node | undefined
}

function lookupsByWeights(graph: Graph, context: TransformContext): Map<Node, Lookup[]> {
  const groups = new Map<Node, Lookup[]>()
  const conditional = conditionalNodes(graph)
  for (const gather of graph.nodes) {
    if (gather.op !== 'Gather' && gather.op !== 'GatherV2') continue
    const [params, ids, axis] = gather.dataInputs
    const source = graph.producer(params)
    const read = source?.op === 'Identity' ? source : undefined
    const weights = read ? graph.producer(read.dataInputs[0]) : source
    if (!ids || !weights || (weights.op !== 'Const' && !variableOps.has(weights.op))) continue
    const reason = conditional.has(gather.name)
      ? 'it may be in a loop or branch, in which a table cannot be read'
      : obstacle(graph, gather, weights, read, context)
    if (reason !== undefined) {
      context.report.skip(gather, reason)
      continue
    }
    const lookup = { gather, weights, read, ids, axis: graph.producer(axis) }
    const known = groups.get(weights)
    if (known) known.push(lookup)
    else groups.set(weights, [lookup])
  }
  return groups
}

function obstacle(
  graph: Graph,
  gather: Node,
  weights: Node,
  read: Node | undefined,
  { isPinned }: TransformContext,
): string | undefined {
  const pinned = [weights, read].find((node) => node && isPinned(node))
  if (pinned) return `"${pinned.name}" is an input or output of the graph`
  const dtype = weights.attrs.type('dtype')
  if (dtype !== 'float32') return `its weights are ${dtype ?? 'of no type'}, not float32`
  if (gather.op === 'Gather') return undefined
  if (new NodeAttrs(gather).intAttr('batch_dims')) return 'it has batch dimensions'
  const axis = graph.producer(gather.dataInputs[2])
  const tensor = axis?.op === 'Const' ? axis.attrs.tensor('value') : undefined
  if (tensor?.dtype !== 'int32' && tensor?.dtype !== 'int64') return 'its axis is no constant'
  const [value] = tensor.numbers()
  return value === 0 ? undefined : `its axis is ${value}, not 0`
}

/** The weights' values, or why they are not known. */
function weightsOf(graph: Graph, weights: Node, checkpoint: Checkpoint | undefined): Tensor | string {
  if (weights.op !== 'Const') {
    return checkpoint
      ? savedValue(graph, weights, checkpoint)
      : 'its weights are a variable, and no input_checkpoint is given'
  }
  return weights.attrs.tensor('value') ?? 'its weights have no value'
}

interface Sparse {
  indices: BigInt64Array
  values: Float32Array
  /** How many weights there were. */
  of: number
}

/** The weights that are not nearly zero with their places, or why they cannot be in a table. */
function nonZero(weights: Tensor): Sparse | string {
  const { dtype, shape } = weights
  if (dtype !== 'float32') return `its weights are ${dtype}, not float32`
  if (shape.length !== 2 || shape[1] !== 1) return `its weights are ${printShape(shape)}, not one number for each id`
  const values = weights.values() as Float32Array
  const kept: number[] = []
  for (let index = 0; index < values.length; index++) {
    // Written so that NaN is kept.
    if (!(Math.abs(values[index]!) < smallest)) kept.push(index)
  }
  // A table must not be empty.
  if (kept.length === 0) return { indices: BigInt64Array.of(0n), values: Float32Array.of(0), of: values.length }
  return {
    indices: BigInt64Array.from(kept, BigInt),
    values: Float32Array.from(kept, (index) => values[index]!),
    of: values.length,
  }
}

function addTable(
  graph: Graph,
  weights: Node,
  { indices, values }: Sparse,
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
function replaceGather(graph: Graph, lookup: Lookup, table: Node, { report }: TransformContext): void {
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
  const lastAxis = constNode(name('ExpandDims/Const'), Tensor.of('int32', [], Int32Array.of(-1)))
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

/** The node that fills all tables when it is run. */
function waitForTables(graph: Graph, name: string, filled: readonly Node[], { report }: TransformContext): Node {
  const known = graph.get(name)
  if (known && known.op !== 'NoOp') throw cannotTransform(known, `group_init_node names a ${known.op}, not a NoOp`)
  const initializer = known ?? graph.add(new Node({ name, op: 'NoOp' }))
  graph.setInputs(initializer, [...initializer.inputs, ...filled.map((node) => controlInput(node.name))])
  if (known) report.change(initializer)
  else report.add(initializer)
  return initializer
}

/** Removes what the lookups made superfluous, and what still reads the weights unless it is needed. */
function clearAway(
  graph: Graph,
  lookups: readonly Lookup[],
  { initializer, filled }: { initializer: Node; filled: readonly Node[] },
  context: TransformContext,
): void {
  const { inputs, outputs, report } = context
  const kept = [...inputs, ...outputs].map(({ node }) => node)
  const needed = graph.reachableFrom([...kept, ...filled.map(({ name }) => name)])
  needed.add(initializer)
  const weights = [...new Set(lookups.map((lookup) => lookup.weights))]
  for (const node of weights.filter((one) => needed.has(one))) {
    report.skip(node, 'it stays beside its table: something else that is needed reads it')
  }
  const reads = lookups.flatMap(({ read }) => read ?? [])
  const axes = lookups.flatMap(({ axis }) => axis ?? []).filter(({ name }) => graph.readers(name).length === 0)
  removeUnneeded(graph, [...weights, ...reads, ...axes], needed, context)
}
