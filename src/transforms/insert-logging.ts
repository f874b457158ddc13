import type { DataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { outputTypes } from '../ops/op-defs.js'
import { switchOps } from './conditional-nodes.js'
import { bool, int, type OptionsOf, string, strings } from './options.js'
import { cannotTransform, defineTransform, type Transform } from './transform.js'

const options = {
  op: strings({ help: 'only nodes of these ops' }),
  prefix: strings({ help: 'only nodes whose names begin so' }),
  message: string({ default: '', help: 'stands before the values' }),
  show_name: bool({ default: false, help: 'write the name before the message' }),
  show_op: bool({ default: false, help: 'write the op before the message' }),
  first_n: int({ default: -1, help: 'log so many times only; -1 for always' }),
  summarize: int({ default: 1024, help: 'how many values of each tensor to write' }),
} as const

/**
 * Logs what nodes compute whenever they run, by a Print behind each.
 *
 *     y = Relu(x)   →   x__print__ = Print(x, x); y = Relu(x__print__)
 */
export const insertLogging: Transform = defineTransform({
  name: 'insert_logging',
  summary: 'logs the tensors that nodes compute',
  fidelity: 'exact',
  // A second run logs the first one's Print nodes too.
  idempotent: false,
  options,
  differences: [
    {
      test: 'unused-output',
      historical: 'gives Print the dtypes of all outputs, also of unused ones, and the graph does not load',
      here: 'only of the outputs that it prints',
    },
    {
      test: 'later-port-read',
      historical: 'reads output 0 where only later ones are used, so that Print never runs',
      here: 'Print passes on the first output that is used',
    },
    {
      test: 'control-readers',
      historical: 'prints output 0 of nodes that are read as control inputs only, even if they have none',
      here: 'they are not logged',
    },
    {
      test: 'switch',
      historical: 'waits for both outputs of a Switch, of which one never comes: a branch never runs',
      here: 'a Switch both of whose outputs are used is left, with a reason',
    },
    {
      test: 'loop',
      historical: 'stands between NextIteration and Merge, and the loop does not load',
      here: 'NextIteration is left, with a reason',
    },
    {
      test: 'references',
      historical: 'stands between a variable and who assigns to it, and the graph does not load',
      here: 'references to variables are left, with a reason',
    },
    {
      test: 'static-shapes',
      historical: 'hides constants that tell the shapes a ParallelConcat must know, and the graph does not load',
      here: 'what a ParallelConcat depends on is left, with a reason',
    },
    {
      test: 'default-attributes',
      historical: 'fails where an attribute is missing that has a default',
      here: "the op's default",
    },
    { test: 'name-taken', historical: 'gives two nodes one name where the name is taken', here: 'another name' },
  ],
  run(graph, { op, prefix, ...form }, { report }) {
    const needed = neededForShapes(graph)
    for (const node of graph.nodes) {
      if (op.length > 0 && !op.includes(node.op)) continue
      if (prefix.length > 0 && !prefix.some((start) => node.name.startsWith(start))) continue
      const ports = usedPorts(graph, node)
      if (ports.length === 0) {
        if (op.length + prefix.length > 0)
          report.skip(node, 'nobody reads it, so that nothing would run a Print behind it')
        continue
      }
      const types = typesOf(node)
      const obstacle = needed.has(node)
        ? 'a ParallelConcat must know the shapes that it helps to tell'
        : obstacleOf(node, ports, types)
      if (obstacle === undefined) report.add(log(graph, node, ports, types, form))
      else report.skip(node, obstacle)
    }
  },
})

/** The one op that loads only where the shapes of its inputs are known; a Print hides what constants say of them. */
function neededForShapes(graph: Graph): ReadonlySet<Node> {
  const concats = graph.nodes.filter((node) => node.op === 'ParallelConcat')
  return graph.reachableFrom(concats.flatMap((node) => node.dataInputs.map((input) => input.node)))
}

/** The outputs that are read as data, ascending. */
function usedPorts(graph: Graph, node: Node): number[] {
  const ports = new Set<number>()
  for (const { input } of graph.edgesFrom(node.name)) if (!isControl(input)) ports.add(input.port)
  return [...ports].sort((a, b) => a - b)
}

function typesOf(node: Node): readonly DataType[] {
  const types = outputTypes(node)
  if (types) return types
  throw cannotTransform(
    node,
    `nobody knows the dtypes of what ${node.op} computes`,
    'Log other nodes, by the parameters op and prefix; or give the node its attributes, e.g. by add_default_attributes.',
  )
}

function obstacleOf({ op }: Node, ports: readonly number[], types: readonly DataType[]): string | undefined {
  if (op === 'NextIteration') return 'a loop closes through it'
  if (switchOps.has(op) && ports.length > 1) return 'of its outputs only one is computed at a time'
  return ports.some((port) => types[port]?.endsWith('_ref')) ? 'it gives a reference to a variable' : undefined
}

type Form = Omit<OptionsOf<typeof options>, 'op' | 'prefix'>

/** Puts a Print behind a node. It passes on the first output that is read, and its readers read it there. */
function log(
  graph: Graph,
  node: Node,
  ports: readonly number[],
  types: readonly DataType[],
  { message, show_name, show_op, first_n, summarize }: Form,
): Node {
  const first = ports[0]!
  const print = new Node({
    name: graph.freeName(`${node.name}__print__`),
    op: 'Print',
    inputs: [first, ...ports].map((port) => tensorName(node.name, port)),
  })
  print.attrs.setType('T', types[first]!)
  print.attrs.set('U', { kind: 'list', value: { type: ports.map((port) => types[port]!) } })
  print.attrs.setString('message', `${show_op ? `;${node.op};` : ''}${show_name ? `;${print.name};` : ''}${message}`)
  print.attrs.setInt('first_n', first_n)
  print.attrs.setInt('summarize', summarize)
  const follow = (input: TensorName): TensorName =>
    input.node === node.name && input.port === first ? tensorName(print.name) : input
  for (const reader of graph.readers(node.name)) graph.setInputs(reader, reader.inputs.map(follow))
  graph.replace(node, [node, print])
  return print
}
