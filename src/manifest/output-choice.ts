import type { Graph } from '../graph/graph.js'
import { type TensorName, tensorName } from '../graph/tensor-name.js'
import type { ShapeMap } from '../ops/shapes/infer.js'
import type { Choice } from './candidate.js'
import { chooseInputs } from './input-candidates.js'
import { findSinks, type Sink } from './output-candidates.js'

/** More outputs than this no model has without somebody saying so. */
const mostOutputs = 32

/**
 * Which of the nodes that nobody reads are the outputs. Several are all outputs where each is a result as good as the others
 * and they have to do with each other.
 *
 * @param inputs the tensors that are fed, where they are known: what does not depend on them is no output
 */
export function chooseOutputs(graph: Graph, shapes: () => ShapeMap, inputs?: readonly TensorName[]): Choice {
  const sinks = findSinks(
    graph,
    shapes,
    inputs?.map(({ node }) => graph.get(node)!),
  )
  const of = (standing: Sink['standing']): Sink[] => sinks.filter((sink) => sink.standing === standing)
  const best = [of('plain'), of('doubtful'), of('head'), of('leftover')].find(({ length }) => length > 0) ?? []
  const taken = new Set(best)
  const judged = sinks.flatMap((sink) =>
    sink.ports.map((port) => ({
      tensor: tensorName(sink.node.name, port),
      taken: taken.has(sink),
      reason: sink.reason,
    })),
  )
  return { judged, unclear: whyUnclear(graph, best, of) }
}

function whyUnclear(
  graph: Graph,
  best: readonly Sink[],
  of: (standing: Sink['standing']) => Sink[],
): string | undefined {
  if (best.length === 0) return 'no node looks like one'
  const { standing } = best[0]!
  const doubtful = of('doubtful').length
  if (standing === 'plain' && doubtful > 0) {
    return `nobody reads ${best.length + doubtful} nodes, and some of them look like parts of training`
  }
  if (standing === 'head' || (standing === 'leftover' && of('training').length > 0))
    return 'only training reads the results'
  if (best.length === 1) return undefined
  if (best.length > mostOutputs) return `nobody reads ${best.length} nodes`
  if (standing === 'leftover') return `none of the ${best.length} nodes that nobody reads looks like one`
  return areApart(graph, best) ? `nobody reads ${best.length} nodes, and they have no input in common` : undefined
}

/** Whether outputs fall into groups that share no input: then the graph holds several models. */
function areApart(graph: Graph, sinks: readonly Sink[]): boolean {
  const names = sinks.map(({ node }) => node.name)
  const inputs = new Set(
    chooseInputs(graph, names)
      .judged.filter(({ taken }) => taken)
      .map(({ tensor }) => tensor.node),
  )
  let groups: Set<string>[] = []
  for (const name of names) {
    const reached = [...graph.reachableFrom([name], (node) => inputs.has(node.name))].map((node) => node.name)
    const own = reached.filter((node) => inputs.has(node))
    if (own.length === 0) continue
    const touching = groups.filter((group) => own.some((input) => group.has(input)))
    const joined = new Set([...own, ...touching.flatMap((group) => [...group])])
    groups = [...groups.filter((group) => !touching.includes(group)), joined]
  }
  return groups.length > 1
}
