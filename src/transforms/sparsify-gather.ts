import { Checkpoint } from '../codec/checkpoint.js'
import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { controlInput } from '../graph/tensor-name.js'
import { NodeAttrs } from '../ops/node-attrs.js'
import { conditionalNodes } from './conditional-nodes.js'
import { addTable, type Lookup, nonZero, replaceGather } from './lookup-table.js'
import { optionalCheckpoint, string } from './options.js'
import { savedValue } from './saved-variable.js'
import { cannotTransform, defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnneeded } from './unneeded-nodes.js'

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
      historical: 'takes the weights away from all Gathers of them but one',
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
      historical: 'crashes at any variable that no saver restores, needed or not',
      here: 'a variable without one is looked up by its own name',
    },
    {
      test: 'no-checkpoint',
      historical: 'fails where the weights are a variable and no checkpoint is given',
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
    {
      test: 'slice',
      historical: 'crashes where the saver restores a slice of a partitioned variable',
      here: 'the slice is read, as it was saved or across saved ones',
    },
    {
      test: 'another-shape',
      historical: 'takes a tensor of another shape than the one that the saver restores',
      here: 'an error: it is the checkpoint of another graph',
    },
    {
      test: 'pinned-weights',
      historical: 'removes weights that are an input',
      here: 'the Gather is left, with a reason',
    },
    {
      test: 'init-is-no-noop',
      historical: 'adds a second node of the same name where group_init_node is no NoOp',
      here: 'an error',
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
    context.report.note(
      `"${initializer.name}" must be run once before anything else: it fills the tables; strip_unused_nodes, after this step, would remove it`,
    )
    clearAway(graph, replaced, { initializer, filled }, context)
  },
})

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
