import { FunctionLibrary } from '../codec/function-library.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { conditionalNodes } from './conditional-nodes.js'
import { CannotInline } from './function-body.js'
import { dropUnusedFunctions, isRecursive } from './function-uses.js'
import { inlineCall } from './inline-call.js'
import { dropLostColocations } from './lost-colocations.js'
import { cannotTransform, defineTransform, type Transform, type TransformContext } from './transform.js'

/**
 * Puts the bodies of functions in the places where PartitionedCall calls them. See inline_functions for every other call, and for
 * a guard against files that grow.
 *
 *     c = PartitionedCall[f=@f](x); f(p) = {n = Neg(p)} → n   →   c/n = Neg(x)
 */
export const inlinePartitionedcall: Transform = defineTransform({
  name: 'inline_partitionedcall',
  summary: 'puts the bodies of functions where PartitionedCall calls them',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'control-input-of-call',
      historical: 'counts the control inputs of a call as arguments, and fails',
      here: 'what of the body waits for nothing else waits for them',
    },
    {
      test: 'control-input-in-body',
      historical: 'leaves control inputs within a function dangling, and fails',
      here: 'they are followed',
    },
    {
      test: 'control-input-on-call',
      historical: 'leaves control inputs on the call dangling, and fails',
      here: 'they become control inputs on what the call ran',
    },
    {
      test: 'argument-handed-through',
      historical: 'fails where a function returns one of its arguments',
      here: 'the readers read what the call read',
    },
    {
      test: 'later-output-argument',
      historical: 'takes the first output of a node for each of its output arguments',
      here: 'reads the right one',
    },
    {
      test: 'attribute-of-call',
      historical: "leaves placeholders in the attributes of the function's nodes",
      here: 'they become the values that the call has for them',
    },
    {
      test: 'in-a-branch',
      historical: 'takes what of the body reads no argument out of the loop or branch of the call',
      here: 'a control input keeps it in',
    },
    {
      test: 'nested',
      historical: 'leaves the calls within a function, for another run',
      here: 'repeats until nothing is left to inline',
    },
    {
      test: 'call-is-output',
      historical: 'removes a call that is an output',
      here: 'an Identity of its name stays',
    },
    {
      test: 'name-taken',
      historical: 'gives two nodes one name',
      here: 'the second name gets a number',
    },
    {
      test: 'colocation',
      historical: 'leaves "_class" naming nodes of the function, so that TensorFlow refuses the graph',
      here: 'it names the nodes that came of them',
    },
    {
      test: 'calls-itself',
      historical: 'inlines one turn of a function that calls itself',
      here: 'leaves the call, with a reason',
    },
    {
      test: 'unused-function',
      historical: 'keeps functions that nothing calls any more',
      here: 'they go',
    },
  ],
  run(graph, _options, context) {
    const library = new FunctionLibrary(graph.envelope)
    for (let calls = openCalls(graph, context); calls.length > 0; calls = openCalls(graph, context)) {
      const conditional = conditionalNodes(graph)
      const before = context.report.edits
      dropLostColocations(graph, () => {
        for (const node of calls) inline(graph, library, node, conditional.has(node.name), context)
      })
      if (context.report.edits === before) break
    }
    dropUnusedFunctions(graph, library, context)
  },
})

function openCalls(graph: Graph, { inputs }: TransformContext): Node[] {
  const fed = new Set(inputs.map(({ node }) => node))
  return graph.nodes.filter((node) => node.op === 'PartitionedCall' && !fed.has(node.name))
}

function inline(
  graph: Graph,
  library: FunctionLibrary,
  node: Node,
  conditional: boolean,
  context: TransformContext,
): void {
  if (!node.attrs.has('f')) throw cannotTransform(node, 'the call has no attribute "f", which names its function')
  const called = node.attrs.func('f')
  if (!called) throw cannotTransform(node, 'the attribute "f" of the call is no function')
  const def = library.get(called.name)
  if (!def) throw cannotTransform(node, `the graph has no function "${called.name}"`)
  if (isRecursive(called.name, library)) {
    context.report.skip(node, `the function ${called.name} calls itself`)
    return
  }
  try {
    const call = { node, function: def, args: node.dataInputs, attrs: called.attrs, conditional }
    inlineCall(graph, library, call, context)
  } catch (error) {
    throw error instanceof CannotInline ? cannotTransform(node, `the call cannot be inlined: ${error.message}`) : error
  }
}
