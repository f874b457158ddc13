import type { Node } from '../../../src/graph/node.js'
import type { Row, Situation } from './row.js'

/**
 * The nodes of the source that a difference is about: those that differ, and that are joined to it through others that differ,
 * with what stands up to so many edges from them. Two places of a graph that have nothing to do with each other need a row each.
 */
function component(name: string, situation: Situation, reach: number): readonly Node[] {
  let byReach = components.get(situation)
  if (!byReach) components.set(situation, (byReach = new Map()))
  let known = byReach.get(reach)
  if (!known) byReach.set(reach, (known = join(situation, reach)))
  return known.get(name) ?? []
}

const components = new WeakMap<Situation, Map<number, ReadonlyMap<string, readonly Node[]>>>()

function join({ source, ours, theirs, all }: Situation, reach: number): Map<string, readonly Node[]> {
  const graphs = [source, ...[ours, theirs].flatMap((outcome) => (outcome.kind === 'graph' ? [outcome.graph] : []))]
  const differing = new Set(all.map((difference) => difference.node))
  const near = (name: string): string[] =>
    graphs.flatMap((graph) => [
      ...(graph.get(name)?.inputs.map((input) => input.node) ?? []),
      ...graph.readers(name).map((reader) => reader.name),
    ])
  const found = new Map<string, readonly Node[]>()
  for (const start of differing) {
    if (found.has(start)) continue
    const names = new Set([start])
    const around = new Set([start])
    const open = [start]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      for (const next of near(name)) {
        around.add(next)
        if (!differing.has(next) || names.has(next)) continue
        names.add(next)
        open.push(next)
      }
    }
    for (let edge = 1; edge < reach; edge++)
      for (const name of [...around]) for (const next of near(name)) around.add(next)
    const nodes = [...around].map((name) => source.get(name)).filter((node) => node !== undefined)
    for (const name of names) found.set(name, nodes)
  }
  return found
}

/** A row about nodes: it explains what differs around one of them, so many edges away. */
export function around(when: (node: Node, situation: Situation) => boolean, reach = 2): Row {
  return ({ kind, node }, situation) => {
    if (kind === 'outcome' || kind === 'order') return false
    return component(node, situation, reach).some((each) => when(each, situation))
  }
}

/** A row about nodes at which the tool fails, in so many ways, while we give a graph. */
export function failsAt(
  when: (node: Node, situation: Situation) => boolean,
  { kinds = ['refused'], text = /(?:)/ }: { kinds?: readonly string[]; text?: RegExp } = {},
): Row {
  return ({ kind }, situation) => {
    const { ours, theirs, source } = situation
    if (kind !== 'outcome' || ours.kind !== 'graph' || theirs.kind === 'graph') return false
    return kinds.includes(theirs.kind) && text.test(theirs.text) && source.nodes.some((node) => when(node, situation))
  }
}

/** One row of several circumstances. */
export function either(...rows: readonly Row[]): Row {
  return (difference, situation) => rows.some((row) => row(difference, situation))
}
