import { FunctionLibrary } from '../codec/function-library.js'
import type { AttrValue, FunctionReference } from '../graph/attr.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import type { TensorName } from '../graph/tensor-name.js'
import { conditionalNodes } from './conditional-nodes.js'
import { ConstantValues } from './constant-value.js'
import { CannotInline } from './function-body.js'
import { dropUnusedFunctions, functionUses, isRecursive } from './function-uses.js'
import { inlineCall } from './inline-call.js'
import { dropLostColocations } from './lost-colocations.js'
import { bool } from './options.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { isNeverEntered, passThrough } from './while-loop.js'

const options = {
  allow_growth: bool({
    default: false,
    help: 'whether to inline a function that several calls share where that makes the file more than 1 KiB bigger',
  }),
}

/** How much larger a function that several calls share may make the file. */
const growthLimit = 1024

/**
 * Puts the bodies of functions where they are called: by PartitionedCall, StatefulPartitionedCall and by name; by If and Case
 * whose condition is constant, the branch that it chooses. A While whose condition is false from the start goes. Functions that
 * nothing calls any more go as well.
 *
 *     y = If[then_branch=@f, else_branch=@g](true, x); f(p) = {n = Neg(p)} → n   →   y/n = Neg(x)
 */
export const inlineFunctions: Transform = defineTransform({
  name: 'inline_functions',
  summary: 'puts the bodies of functions where they are called, and takes the branch of If and Case that is constant',
  fidelity: 'exact',
  options,
  differences: [
    {
      test: 'constant-if',
      historical: 'inlines PartitionedCall only, and not in the deploy chain',
      here: 'a step of the deploy chain',
    },
  ],
  run(graph, { allow_growth }, context) {
    if (graph.envelope.functionNames.size === 0) return
    const library = new FunctionLibrary(graph.envelope)
    for (let edits = -1; edits !== context.report.edits; ) {
      edits = context.report.edits
      dropLostColocations(graph, () => inlineOnce(graph, library, allow_growth, context))
    }
    dropUnusedFunctions(graph, library, context)
  },
})

function inlineOnce(graph: Graph, library: FunctionLibrary, allowGrowth: boolean, context: TransformContext): void {
  const { report } = context
  const fed = new Set(context.inputs.map(({ node }) => node))
  const conditional = conditionalNodes(graph)
  const uses = functionUses(graph, library)
  for (const node of graph.nodes) {
    if (fed.has(node.name)) continue
    const found = findCall(graph, library, node, context)
    if (found === undefined) continue
    const reason =
      typeof found === 'string' ? found : (whyNot(found.name, library, uses, allowGrowth) ?? tryInline(found, node))
    if (reason !== undefined) report.skip(node, reason)
  }

  function tryInline({ name, args, attrs }: FoundCall, node: Node): string | undefined {
    const def = name === undefined ? passThrough(node) : library.get(name)!
    try {
      inlineCall(graph, library, { node, function: def, args, attrs, conditional: conditional.has(node.name) }, context)
      return undefined
    } catch (error) {
      if (error instanceof CannotInline) return error.message
      throw error
    }
  }
}

/** What is put in a node's place. */
interface FoundCall {
  /** The function; undefined where the node only hands its arguments through. */
  name: string | undefined
  args: readonly TensorName[]
  attrs: ReadonlyMap<string, AttrValue>
}

/** The call that a node is, why it cannot be told, or undefined where it is none. */
function findCall(
  graph: Graph,
  library: FunctionLibrary,
  node: Node,
  context: TransformContext,
): FoundCall | string | undefined {
  const data = node.dataInputs
  switch (node.op) {
    case 'PartitionedCall':
    case 'StatefulPartitionedCall':
      return callOf(node.attrs.func('f'), data, library)
    case 'If':
    case 'StatelessIf': {
      const condition = new ConstantValues(graph, context).of(data[0])
      if (!condition) return 'its condition is not constant'
      return callOf(node.attrs.func(isTrue(condition) ? 'then_branch' : 'else_branch'), data.slice(1), library)
    }
    case 'Case':
    case 'StatelessCase': {
      const index = new ConstantValues(graph, context).scalar(data[0])
      if (index === undefined) return 'its branch index is not constant'
      const branches = node.attrs.list('branches')?.func ?? []
      return callOf(branches[index] ?? branches.at(-1), data.slice(1), library)
    }
    case 'While':
    case 'StatelessWhile': {
      if (!isNeverEntered(graph, library, node, context)) return undefined
      return { name: undefined, args: data, attrs: new Map() }
    }
  }
  if (!library.has(node.op)) return undefined
  const attrs = new Map(node.attrs.names().map((name) => [name, node.attrs.get(name)!]))
  return { name: node.op, args: data, attrs }
}

function callOf(
  called: FunctionReference | undefined,
  args: readonly TensorName[],
  library: FunctionLibrary,
): FoundCall | string {
  if (!called) return 'it does not say which function it calls'
  if (!library.has(called.name)) return `the graph has no function "${called.name}"`
  return { name: called.name, args, attrs: called.attrs }
}

/** What If takes for true: a scalar that is not zero or empty, any other tensor that has elements. */
function isTrue(condition: Tensor): boolean {
  if (condition.shape.length > 0) return condition.size > 0
  if (condition.storage.kind === 'strings') return condition.strings()[0]!.length > 0
  return Number(condition.values()[0]) !== 0
}

function whyNot(
  name: string | undefined,
  library: FunctionLibrary,
  uses: ReadonlyMap<string, number>,
  allowGrowth: boolean,
): string | undefined {
  if (name === undefined) return undefined
  if (isRecursive(name, library)) return `the function ${name} calls itself`
  const growth = ((uses.get(name) ?? 1) - 1) * library.byteLength(name)
  if (allowGrowth || growth <= growthLimit) return undefined
  return `${uses.get(name)} calls share the function ${name}, and inlining it takes ${growth} bytes; allow_growth=true does it`
}
