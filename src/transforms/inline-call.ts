import type { FunctionLibrary } from '../codec/function-library.js'
import type { DataType } from '../graph/data-type.js'
import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { type Call, FunctionBody } from './function-body.js'
import type { TransformContext } from './transform.js'
import { waitFor } from './wait-for.js'

/**
 * Puts the body of a function in the place of a call. Its nodes are named `call/node`, as the Graph Transform Tool names them.
 * Who read an output reads what the function returns there; who waited for the call waits for all that it runs. A call that is
 * an output of the graph stays as an Identity.
 *
 * @throws CannotInline before anything is changed
 */
export function inlineCall(
  graph: Graph,
  library: FunctionLibrary,
  call: Call,
  context: Pick<TransformContext, 'isPinned' | 'report'>,
): void {
  const body = new FunctionBody(graph, library, call)
  const { copies, returns, effects } = body.instantiate()
  const { node } = call
  const { report } = context
  const anchor = new Node({ name: graph.freeName(`${node.name}/end`), op: 'NoOp' })
  graph.replace(node, [...copies, anchor])
  report.remove(node)
  for (const copy of copies) report.add(copy)
  const place = { wish: `${node.name}/pivot`, before: copies[0] ?? anchor, report }
  startWithCall(graph, call, copies, place)
  const results = returns.map((tensor, index) => {
    const isBody = copies.some(({ name }) => name === tensor.node)
    // An argument that is handed through, or a result beside which something else must run, needs a node to wait with.
    const waits = isBody ? effects : [...effects, ...controlsOf(graph, call, tensor, place)]
    if (waits.length === 0) return tensor
    const wish = `${node.name}/${call.function.outputs[index]!.name}`
    return tensorName(addIdentity(graph, wish, [tensor, ...waits], body.outputType(index), anchor, report).name)
  })
  if (context.isPinned(node)) {
    addOutput(graph, node, results, effects, body.outputTypes(), anchor, report)
  } else {
    const finished = (): TensorName[] => [...results.map((tensor) => waitFor(graph, tensor, place)), ...effects]
    for (const reader of graph.readers(node.name)) {
      const inputs = reader.inputs.flatMap((input): readonly TensorName[] => {
        if (input.node !== node.name) return [input]
        return isControl(input) ? finished() : [results[input.port] ?? input]
      })
      graph.setInputs(reader, tidyInputs(inputs))
      report.change(reader)
    }
  }
  graph.remove(anchor)
}

type Place = Parameters<typeof waitFor>[2]

/** What must be there before the call runs, beside the data that a node reads itself. */
function controlsOf(graph: Graph, { node, args, conditional }: Call, own: TensorName, place: Place): TensorName[] {
  const others = conditional ? args.filter((arg) => arg.node !== own.node || arg.port !== own.port) : []
  return [...node.controlInputs, ...others.map((arg) => waitFor(graph, arg, place))]
}

/** Nodes of the body that wait for no other of it wait for what the call waited for. */
function startWithCall(graph: Graph, call: Call, copies: readonly Node[], place: Place): void {
  const { node, args, conditional } = call
  if (node.controlInputs.length === 0 && !conditional) return
  const names = new Set(copies.map(({ name }) => name))
  let pivots: TensorName[] | undefined
  for (const copy of copies) {
    if (copy.inputs.some((input) => names.has(input.node))) continue
    if (conditional) pivots ??= args.map((arg) => waitFor(graph, arg, place))
    graph.setInputs(copy, tidyInputs([...copy.inputs, ...node.controlInputs, ...(pivots ?? [])]))
  }
}

function addIdentity(
  graph: Graph,
  wish: string,
  inputs: readonly TensorName[],
  type: DataType,
  before: Node,
  report: TransformContext['report'],
): Node {
  const identity = new Node({ name: graph.freeName(wish), op: 'Identity', inputs: tidyInputs(inputs) })
  identity.attrs.setType('T', type)
  graph.add(identity, { before })
  report.add(identity)
  return identity
}

/** A node of the call's name that gives what it gave. */
function addOutput(
  graph: Graph,
  call: Node,
  results: readonly TensorName[],
  effects: readonly TensorName[],
  types: readonly DataType[],
  before: Node,
  report: TransformContext['report'],
): void {
  if (results.length === 1) {
    addIdentity(graph, call.name, [...results, ...effects], types[0]!, before, report)
    return
  }
  const op = results.length === 0 ? 'NoOp' : 'IdentityN'
  const node = new Node({ name: call.name, op, inputs: tidyInputs([...results, ...effects]) })
  if (results.length > 0) node.attrs.set('T', { kind: 'list', value: { type: types } })
  graph.add(node, { before })
  report.add(node)
}
