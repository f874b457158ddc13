import type { Node } from '../graph/node.js'
import { isControl } from '../graph/tensor-name.js'
import { dropLostColocations } from './lost-colocations.js'
import { spliceAll } from './splice.js'
import { defineTransform, type Transform } from './transform.js'

const passThroughOps: ReadonlySet<string> = new Set(['Identity', 'StopGradient'])

/**
 * Takes out what only training needs: CheckNumerics, and Identity and StopGradient that order nothing. The
 * `remove_training_nodes` of TensorFlow's Python tools.
 *
 *     c = CheckNumerics(x); i = Identity(x, ^c); y = Relu(i)   →   y = Relu(x)
 */
export const removeTrainingNodes: Transform = defineTransform({
  name: 'remove_training_nodes',
  summary: 'takes out CheckNumerics, and Identity and StopGradient that order nothing',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'check-numerics-read',
      historical: 'drops the inputs that read a CheckNumerics, so that its readers lack one',
      here: 'they read what it read',
    },
    {
      test: 'check-with-control-inputs',
      historical: 'drops the control inputs of a CheckNumerics with it',
      here: 'they move to its readers',
    },
    {
      test: 'port-written-out',
      historical: 'leaves i:0 dangling where it removes i',
      here: 'i and i:0 are the same',
    },
    {
      test: 'control-input-says-nothing',
      historical: 'leaves an Identity for a control input on what is read anyway, once another Identity is gone',
      here: 'such a control input goes, and the Identity with it',
    },
    {
      test: 'input-stays',
      historical: 'removes an Identity that is an input of the graph',
      here: 'it stays, with a reason',
    },
    {
      test: 'placed-with-itself',
      historical: 'leaves an Identity that says of itself in "_class" that it is placed with itself',
      here: 'it goes like any other',
    },
    {
      test: 'placed-with-a-check',
      historical: 'leaves "_class" naming a CheckNumerics that is gone, so that TensorFlow refuses the graph',
      here: 'such entries go with the node',
    },
  ],
  run(graph, _options, context) {
    for (const node of graph.nodes) {
      if (node.op !== 'CheckNumerics' || context.isPinned(node)) continue
      // That a check has run is no reason to wait for it.
      graph.redirect(node.name, (input) => (isControl(input) ? undefined : input))
    }
    dropLostColocations(graph, () => {
      spliceAll(
        graph,
        context,
        ({ op }) => op === 'CheckNumerics',
        () => undefined,
      )
    })
    const colocated = colocationTargets(graph.nodes)
    spliceAll(
      graph,
      context,
      ({ op }) => passThroughOps.has(op),
      (node) => {
        if (node.controlInputs.length > 0) return 'it has control inputs'
        const waiting = graph.edgesFrom(node.name).find(({ input }) => isControl(input))
        if (waiting) return `"${waiting.reader.name}" has a control input on it`
        return colocated.has(node.name) ? 'another node is placed with it (_class)' : undefined
      },
    )
  },
})

/** Names in the `_class` attributes: `loc:@name`, each in a node of another name. */
function colocationTargets(nodes: readonly Node[]): Set<string> {
  const targets = new Set<string>()
  for (const node of nodes) {
    for (const place of node.attrs.strings('_class') ?? []) {
      const target = place.startsWith('loc:@') ? place.slice(5) : place
      if (target !== node.name) targets.add(target)
    }
  }
  return targets
}
