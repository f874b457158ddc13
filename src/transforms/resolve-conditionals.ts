import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { isControl, printTensorName, type TensorName, tensorName } from '../graph/tensor-name.js'
import { isPlaceholder } from './bind-placeholder.js'
import { conditionalNodes, switchOps } from './conditional-nodes.js'
import { constNode } from './const-node.js'
import { ConstantValues } from './constant-value.js'
import { isMerge, type LiveTensors, liveTensors, loopNodes } from './live-tensors.js'
import { dropLostColocations } from './lost-colocations.js'
import { originOf } from './tensor-origin.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnreadProducers } from './unread-producers.js'
import { waitFor } from './wait-for.js'

/**
 * Decides Switches whose predicate is constant: who reads the branch that is taken reads what the Switch read, the other branch
 * goes, and so does the Merge that joined both. What only told which branch runs goes too. Loops stay as they are.
 *
 *     s = Switch(x, true); m = Merge(Neg(s), Relu(s:1)); y = Abs(m)   →   y = Abs(Relu(x))
 */
export const resolveConditionals: Transform = defineTransform({
  name: 'resolve_conditionals',
  summary: 'takes the branch of Switch and Merge that a constant predicate chooses, and removes the other',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'branch-is-taken',
      historical: 'has nothing of the kind: both branches of a condition stay, and so does its Merge',
      here: 'a step of the deploy chain',
    },
  ],
  run(graph, _options, context) {
    // A condition within a branch may have its constant predicate only when the outer one is decided.
    for (let edits = -1; edits !== context.report.edits; ) {
      edits = context.report.edits
      dropLostColocations(graph, () => decide(graph, context))
    }
    tellWhatIsOpen(graph, context)
  },
})

function decide(graph: Graph, context: TransformContext): void {
  const loops = loopNodes(graph)
  const taken = takenOutputs(graph, loops, context)
  if (taken.size === 0) return
  const live = liveTensors(graph, taken, context)
  tellOfDeadOutputs(graph, live, context)
  const gone = new Set(graph.nodes.filter((node) => taken.has(node) || !live.nodes.has(node)))
  const joined = new Map<Node, number>()
  for (const node of graph.nodes) {
    if (!isMerge(node) || loops.has(node) || !live.nodes.has(node)) continue
    const index = onlyLiveInput(node, live, context)
    if (index !== undefined) joined.set(node, index)
  }
  const pivots = [...taken.keys()].flatMap((node) => graph.readers(node.name)).filter(({ op }) => op === 'Identity')
  for (const [node, port] of taken) passBy(graph, node, port, live, context)
  for (const [merge, index] of joined) replaceMerge(graph, merge, index, gone, context)
  removeUnneeded(graph, gone, context)
  dropPivots(graph, pivots, context)
}

/** The output that a constant predicate chooses, of each Switch outside loops. */
function takenOutputs(graph: Graph, loops: ReadonlySet<Node>, context: TransformContext): Map<Node, number> {
  const values = new ConstantValues(graph, context)
  const taken = new Map<Node, number>()
  for (const node of graph.nodes) {
    if (!switchOps.has(node.op) || loops.has(node) || context.isPinned(node)) continue
    const predicate = values.scalar(node.dataInputs[1])
    if (predicate === undefined) continue
    if (node.op === '_SwitchN') {
      const last = (node.attrs.int('num_outs') ?? 1) - 1
      taken.set(node, predicate < 0 || predicate > last ? last : predicate)
    } else taken.set(node, predicate ? 1 : 0)
  }
  return taken
}

function tellOfDeadOutputs(graph: Graph, live: LiveTensors, { outputs, report }: TransformContext): void {
  for (const output of outputs) {
    if (!graph.has(output.node) || live.has(output)) continue
    report.skip(output.node, 'it is an output in a branch that is never taken')
  }
}

/** Which input of a Merge is the only one that comes; undefined where the Merge stays. */
function onlyLiveInput(merge: Node, live: LiveTensors, context: TransformContext): number | undefined {
  const { inputs, outputs, report } = context
  const coming = merge.dataInputs.map((input, index) => (live.has(input) ? index : -1)).filter((index) => index >= 0)
  if (coming.length === merge.dataInputs.length || inputs.some(({ node }) => node === merge.name)) return undefined
  if (coming.length > 1) report.skip(merge, `${coming.length} of its inputs may come`)
  else if (outputs.some(({ node, port }) => node === merge.name && port > 0)) {
    report.skip(merge, 'its output 1 is an output of the graph')
  } else return coming[0]
  return undefined
}

/** Who reads what a Switch gives reads what it is given. */
function passBy(graph: Graph, node: Node, port: number, live: LiveTensors, { report }: TransformContext): void {
  const data = node.dataInputs[0]!
  for (const reader of graph.readers(node.name)) {
    if (!live.nodes.has(reader)) continue
    const inputs = reader.inputs.flatMap((input): TensorName[] => {
      if (input.node !== node.name || (!isControl(input) && input.port !== port)) return [input]
      const read = isControl(input) ? waitFor(graph, data, { wish: `${node.name}/pivot`, before: node, report }) : data
      return [read, ...node.controlInputs]
    })
    graph.setInputs(reader, tidyInputs(inputs))
    report.change(reader)
  }
}

/** Who reads a Merge of which one input comes reads that input. */
function replaceMerge(
  graph: Graph,
  merge: Node,
  index: number,
  gone: ReadonlySet<Node>,
  context: TransformContext,
): void {
  const { report } = context
  const data = merge.dataInputs[index]!
  const held = merge.controlInputs.filter((input) => !gone.has(graph.producer(input)!))
  const place = { wish: `${merge.name}/pivot`, before: merge, report }
  const readers = graph.edgesFrom(merge.name)
  const indexRead = readers.some(({ input }) => input.port > 0)
  const position = indexRead ? tensorName(placeIndex(graph, merge, index, data, context).name) : undefined
  const isOutput = context.isPinned(merge)
  for (const reader of new Set(readers.map((edge) => edge.reader))) {
    const inputs = reader.inputs.flatMap((input): TensorName[] => {
      if (input.node !== merge.name) return [input]
      if (input.port > 0) return [position!]
      if (isOutput) return [input]
      return [isControl(input) ? waitFor(graph, data, place) : data, ...held]
    })
    graph.setInputs(reader, tidyInputs(inputs))
    report.change(reader)
  }
  if (isOutput) {
    graph.setInputs(merge, tidyInputs([data, ...held]))
    merge.op = 'Identity'
    merge.attrs.delete('N')
    report.change(merge)
    return
  }
  const producers = merge.inputs.map((input) => graph.producer(input))
  graph.remove(merge)
  for (const node of [merge, ...removeUnreadProducers(graph, producers, context.isPinned)]) report.remove(node)
}

/** What a Merge says of which input came, as a constant. In a branch that is open still it comes with that input. */
function placeIndex(graph: Graph, merge: Node, index: number, data: TensorName, { report }: TransformContext): Node {
  const producer = graph.producer(data)
  const isOpen = producer && (switchOps.has(producer.op) || conditionalNodes(graph).has(producer.name))
  const place = { wish: `${merge.name}/pivot`, before: merge, report }
  const controlInputs = isOpen ? [waitFor(graph, data, place)] : []
  const value = Tensor.ofList('int32', [], Int32Array.of(index))
  const constant = constNode(graph.freeName(`${merge.name}/value_index`), value, {
    device: merge.device,
    controlInputs,
  })
  graph.add(constant, { before: merge })
  report.add(constant)
  return constant
}

/** Removes what is decided or never runs, but for what an output needs all the same, and what only that read. */
function removeUnneeded(graph: Graph, gone: ReadonlySet<Node>, { isPinned, report }: TransformContext): void {
  const going = new Set([...gone].filter((node) => graph.get(node.name) === node && !isPinned(node)))
  const needed = graph.reachableFrom(graph.nodes.filter((node) => !going.has(node)).map(({ name }) => name))
  const removed = [...going].filter((node) => !needed.has(node))
  const producers = removed.flatMap((node) => node.inputs.map((input) => graph.producer(input)))
  for (const node of removed) graph.remove(node)
  for (const node of [...removed, ...removeUnreadProducers(graph, producers, isPinned)]) report.remove(node)
}

/** A control input on what told which branch runs says nothing where that is a constant now. */
function dropPivots(graph: Graph, pivots: readonly Node[], context: TransformContext): void {
  const values = new ConstantValues(graph, context)
  for (const pivot of pivots) {
    if (graph.get(pivot.name) !== pivot || !values.isConstant(pivot)) continue
    for (const reader of graph.readers(pivot.name)) {
      const kept = reader.inputs.filter((input) => !isControl(input) || input.node !== pivot.name)
      if (kept.length === reader.inputs.length) continue
      graph.setInputs(reader, kept)
      context.report.change(reader)
    }
    for (const node of removeUnreadProducers(graph, [pivot], context.isPinned)) context.report.remove(node)
  }
}

/** Says of each predicate that is not constant why, once. */
function tellWhatIsOpen(graph: Graph, context: TransformContext): void {
  const values = new ConstantValues(graph, context)
  const loops = loopNodes(graph)
  const told = new Set<string>()
  for (const node of graph.nodes) {
    if (!switchOps.has(node.op) || loops.has(node) || !node.dataInputs[1]) continue
    const predicate = originOf(graph, node.dataInputs[1])
    if (told.has(printTensorName(predicate))) continue
    told.add(printTensorName(predicate))
    if (values.scalar(predicate) !== undefined) continue
    const setting = [...graph.reachableFrom([predicate.node])].find(
      (other) => isPlaceholder(other) && other.attrs.type('dtype') === 'bool',
    )
    const advice = setting ? `: it depends on "${setting.name}", which feed=${setting.name}:false binds` : ''
    context.report.skip(node, `its predicate "${predicate.node}" is not constant${advice}`)
  }
}
