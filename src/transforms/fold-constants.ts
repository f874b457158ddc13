import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { controlInput, isControl, tensorName } from '../graph/tensor-name.js'
import { giveDefaults } from './add-default-attributes.js'
import { constNode } from './const-node.js'
import { type ConstantNode, findConstantNodes, isShapeOp, tooLarge } from './constant-nodes.js'
import { bool, int, type OptionsOf, strings } from './options.js'
import { defineTransform, type Reporter, type Transform, type TransformContext } from './transform.js'

const options = {
  clear_output_shapes: bool({
    default: true,
    help: 'whether _output_shapes is only removed; otherwise its shapes are used before',
  }),
  exclude_op: strings({ help: 'an op that is not computed' }),
  exclude_node: strings({ help: 'a node that is not computed' }),
  max_constant_size_in_bytes: int({ default: 10485760, help: 'larger results are not folded' }),
  allow_growth: bool({
    default: false,
    help: 'whether to fold what takes more room than the constants it is computed from, and 1 KiB beyond',
  }),
}

type Given = OptionsOf<typeof options>

/** How much larger than the constants behind it a result may be. */
const growthLimit = 1024

/**
 * Computes what does not depend on the inputs and puts constants in its place. An output stays a node of its own; what it
 * reads is folded. Nodes that nothing needs are removed, and those that stay get the defaults of attributes they lack.
 *
 *     y = Mul(x, s); s = Add(a, b); a = Const(); b = Const()   →   y = Mul(x, s/_0__cf__0); s/_0__cf__0 = Const()
 */
export const foldConstants: Transform = defineTransform({
  name: 'fold_constants',
  summary: 'computes what does not depend on the inputs',
  fidelity: 'exact',
  options,
  differences: [
    {
      test: 'no-kernel',
      historical: 'fails where a kernel gives an error, and knows nothing of ops that are not registered',
      here: 'such a node stays, with a reason',
    },
    {
      test: 'input-is-no-placeholder',
      historical: 'fails where an input is no placeholder',
      here: 'the input counts as fed and stays as it is',
    },
    {
      test: 'fed-and-fetched',
      historical: 'fails where an input is an output too',
      here: 'it stays',
    },
    {
      test: 'placeholder-not-listed',
      historical:
        'fails on a placeholder that is not among the inputs where its shape is known, and drops it where only its shape is read',
      here: 'the placeholder stays',
    },
    {
      test: 'growth',
      historical: 'writes out results however much larger they are than what they are computed from',
      here: 'leaves them, with a reason; allow_growth folds them',
    },
    {
      test: 'unknown-shape',
      historical: 'does not fold what gives a tensor of a size that is known only when it is computed',
      here: 'folds it',
    },
    {
      test: 'unused-output',
      historical: 'does not fold a node of several outputs of which one is not read',
      here: 'folds those that are read',
    },
    {
      test: 'identity-output',
      historical:
        'leaves what an Identity, StopGradient, Cast, Less, Shape, Rank or Size reads that is an output and read by nobody',
      here: 'folds it, as for every other output',
    },
    {
      test: 'waits-for-a-constant',
      historical: 'a result waits for what is computed from constants too, where only control inputs read that',
      here: 'it does not',
    },
    {
      test: 'output-that-is-read',
      historical:
        'leaves what an output, or a node that others wait for, is computed from as it is where others read its result',
      here: 'folds it',
    },
    {
      test: 'colocation',
      historical: 'leaves "_class" naming nodes that are gone, so that TensorFlow refuses the graph',
      here: 'such entries go with the node',
    },
  ],
  run(graph, given, context) {
    const { inputs, outputs, report } = context
    for (const output of outputs) {
      if (graph.has(output.node)) continue
      throw new GraphdefError('unknown-output', { what: `the output "${output.node}" is not in the graph` })
    }
    const fed = new Set(inputs.map((input) => graph.get(input.node)).filter((node) => node !== undefined))
    dropDefaults(graph, fed, context)
    const ends = [...outputs, ...inputs].map((name) => name.node)
    const reached = graph.reachableFrom(ends)
    const needed = graph.nodes.filter((node) => reached.has(node))
    const constants = findConstantNodes(graph, needed, {
      fed,
      excludedOps: new Set(given.exclude_op),
      excludedNodes: new Set(given.exclude_node),
      largestBytes: given.max_constant_size_in_bytes,
      declaredShapes: !given.clear_output_shapes,
      skip: (node, reason) => report.skip(node, reason),
    })
    const folding: Folding = { graph, needed, constants, staying: new Set() }
    putInPlace(folding, wantedResults(folding, given, context), report)
    removeUnneeded(graph, ends, context)
    for (const node of graph.nodes) if (!fed.has(node)) tidy(node, context)
  },
})

/** A placeholder that is fed needs no default. */
function dropDefaults(graph: Graph, fed: ReadonlySet<Node>, { report }: TransformContext): void {
  for (const node of fed) {
    if (node.op !== 'PlaceholderWithDefault') continue
    node.op = 'Placeholder'
    graph.setInputs(node, [])
    report.change(node)
  }
}

/** What is known when results are put in place. */
interface Folding {
  graph: Graph
  /** What outputs and inputs need. */
  needed: readonly Node[]
  constants: ReadonlyMap<Node, ConstantNode>
  /** Constant nodes that stay all the same: outputs, and what must not or could not be replaced. */
  staying: Set<Node>
}

/** A tensor that nodes which stay read, and that a constant is to take the place of. */
interface Result {
  node: Node
  port: number
  tensor: Tensor
  waitsFor: ReadonlySet<Node>
}

/** Goes from readers to what they read, as a result is wanted only where a node that stays reads it. */
function wantedResults(folding: Folding, given: Given, { isPinned, report }: TransformContext): Result[] {
  const { graph, needed, constants, staying } = folding
  const wanted = new Map<Node, Set<number>>()
  const readBy = (reader: Node): void => {
    for (const input of reader.inputs) {
      const producer = graph.producer(input)
      if (!producer || !constants.has(producer)) continue
      if (isControl(input)) staying.add(producer)
      else wanted.set(producer, (wanted.get(producer) ?? new Set()).add(input.port))
    }
  }
  for (const node of needed) if (!constants.has(node)) readBy(node)
  const results: Result[] = []
  for (const [node, { outputs, waitsFor }] of [...constants].reverse()) {
    if (isPinned(node)) staying.add(node)
    for (const port of node.op === 'Const' ? [] : (wanted.get(node) ?? [])) {
      const tensor = outputs![port]!
      const reason = whyLeft(folding, node, tensor, given)
      if (reason === undefined) results.push({ node, port, tensor, waitsFor })
      else {
        staying.add(node)
        report.skip(node, reason)
      }
    }
    // A Const that is read stays too, and so does what it waits for.
    if (staying.has(node) || (node.op === 'Const' && wanted.has(node))) readBy(node)
  }
  return results
}

function whyLeft(folding: Folding, node: Node, tensor: Tensor, given: Given): string | undefined {
  const { byteLength } = tensor
  const limit = given.max_constant_size_in_bytes
  // Other results of this size were not even computed.
  if (isShapeOp(node) && byteLength > limit) return tooLarge(byteLength, limit)
  return given.allow_growth ? undefined : growth(folding, node, tensor)
}

/** Folded names count on from the outputs of Shape and the like, which the Graph Transform Tool numbers first. */
function countShapeOutputs(constants: ReadonlyMap<Node, ConstantNode>): number {
  let count = 0
  for (const [node, { outputs }] of constants) if (isShapeOp(node)) count += outputs?.length ?? 1
  return count
}

/** Puts the constants beside the nodes they come from, and lets the nodes that stay read them. */
function putInPlace({ graph, needed, constants, staying }: Folding, results: Result[], report: Reporter): void {
  const firstId = countShapeOutputs(constants)
  const sortName = ({ node }: Result): string => (isShapeOp(node) ? `${node.name}/_` : node.name)
  results.sort((a, b) => compareBytes(sortName(a), sortName(b)) || a.port - b.port)
  const names = new Map<string, string>()
  for (const [index, { node, port, tensor, waitsFor }] of results.entries()) {
    const name = graph.freeName(`${node.name}/_${index}__cf__${firstId + index}`)
    const waited = [...waitsFor].map((each) => each.name).sort(compareBytes)
    const constant = constNode(name, storable(tensor), { controlInputs: waited.map(controlInput) })
    graph.add(constant, { before: node })
    report.add(constant)
    names.set(`${node.name}:${port}`, name)
  }
  for (const reader of needed) {
    if (constants.has(reader) && !staying.has(reader)) continue
    const inputs = reader.inputs.map((input) => {
      const name = isControl(input) ? undefined : names.get(`${input.node}:${input.port}`)
      return name === undefined ? input : tensorName(name)
    })
    if (inputs.every((input, index) => input === reader.inputs[index])) continue
    graph.setInputs(reader, inputs)
    report.change(reader)
  }
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Results of at most one element go to the typed field of their dtype, others to tensor_content; splats stay short. */
function storable(tensor: Tensor): Tensor {
  const { dtype, shape, storage, size } = tensor
  if (storage.kind === 'strings') return Tensor.ofStrings(shape, tensor.strings().slice(0, size))
  if (size === 1) return Tensor.ofList(dtype, shape, tensor.values())
  if (storage.kind === 'list' && (tensor.isSplat || size === 0)) return new Tensor(dtype, shape, storage)
  return new Tensor(dtype, shape, { kind: 'content', bytes: tensor.bytes() })
}

/** Why a result would make the file larger than the constants that it is computed from do. */
function growth({ graph, constants }: Folding, node: Node, tensor: Tensor): string | undefined {
  const bytes = storedBytes(tensor)
  let allowed = growthLimit
  const seen = new Set<Node>([node])
  const open = [node]
  for (let next = open.pop(); next && bytes > allowed; next = open.pop()) {
    if (next.op === 'Const') allowed += storedBytes(constants.get(next)!.outputs![0]!)
    for (const input of next.dataInputs) {
      const producer = graph.producer(input)!
      if (seen.has(producer) || !constants.has(producer)) continue
      seen.add(producer)
      open.push(producer)
    }
  }
  if (bytes <= allowed) return undefined
  return `the result takes ${bytes} bytes and what it is computed from ${allowed - growthLimit}; allow_growth=true folds it`
}

function storedBytes({ storage, byteLength }: Tensor): number {
  if (storage.kind === 'content') return storage.bytes.length
  return storage.kind === 'list' ? storage.values.byteLength : byteLength
}

function removeUnneeded(graph: Graph, ends: readonly string[], { report }: TransformContext): void {
  const needed = graph.reachableFrom(ends)
  const gone = new Set<string>()
  for (const node of graph.nodes) {
    if (needed.has(node)) continue
    graph.remove(node)
    gone.add(node.name)
    report.remove(node)
  }
  if (gone.size > 0) for (const node of graph.nodes) dropColocation(node, gone)
}

/** `_class` names nodes to share a device with. TensorFlow does not load a graph in which one of them is missing. */
function dropColocation(node: Node, gone: ReadonlySet<string>): void {
  const names = node.attrs.list('_class')?.s
  if (!names) return
  const text = new TextDecoder()
  const kept = names.filter((name) => !gone.has(text.decode(name).replace(/^loc:@/, '')))
  if (kept.length === names.length) return
  if (kept.length === 0) node.attrs.delete('_class')
  else node.attrs.set('_class', { kind: 'list', value: { s: kept } })
}

function tidy(node: Node, { report }: TransformContext): void {
  const cleared = node.attrs.delete('_output_shapes')
  if (giveDefaults(node) || cleared) report.change(node)
}
