import type { Graph } from '../../../src/graph/graph.js'
import type { Node } from '../../../src/graph/node.js'
import { isControl } from '../../../src/graph/tensor-name.js'
import { outputCount } from '../../../src/ops/op-defs.js'
import { controlsOf } from '../differences.js'
import { around, either, failsAt } from './component.js'
import { isPinned, moreThan, onlyTheyFail, type Rows, skips } from './row.js'

const passing: ReadonlySet<string> = new Set([
  'Identity',
  'StopGradient',
  'Cast',
  'Less',
  'Shape',
  'ShapeN',
  'Rank',
  'Size',
])

function dependsOnConstants(node: Node | undefined, source: Graph): boolean {
  if (!node || node.op.startsWith('Placeholder')) return false
  return (
    node.op === 'Const' ||
    (node.dataInputs.length > 0 && node.dataInputs.every((input) => dependsOnConstants(source.get(input.node), source)))
  )
}

/** Whether a node of the result is one that the node reads, directly or not, or comes of one. */
function reads(node: Node, name: string, source: Graph): boolean {
  const origin = name.replace(/\/(_\d+__cf__\d+|folded\d+)$/, '')
  return node.name === origin || node.inputs.some((input) => reads(source.get(input.node)!, name, source))
}

export const foldConstants: Rows = {
  'fed-and-fetched': (difference, situation) => onlyTheyFail(difference, situation, /is both fed and fetched/),
  'placeholder-not-listed': either(
    (difference, situation) => onlyTheyFail(difference, situation, /You must feed a value for placeholder/),
    around(({ op, name }, { fuzzCase }) => op === 'Placeholder' && !fuzzCase.inputs.includes(name)),
  ),
  'input-is-no-placeholder': (difference, situation) =>
    onlyTheyFail(difference, situation, /expected to be a Placeholder/),
  growth: around((node, situation) => skips(situation, /allow_growth=true folds it/, node.name)),
  'unused-output': around((node, { source }) => {
    const count = outputCount(node) ?? 1
    const read = new Set(source.edgesFrom(node.name).map(({ input }) => input.port))
    return count > 1 && Array.from({ length: count }, (_, port) => port).some((port) => !read.has(port))
  }),
  'identity-output': around(
    (node, situation) =>
      passing.has(node.op) && isPinned(node.name, situation) && situation.source.readerCount(node.name) === 0,
  ),
  'waits-for-a-constant': ({ kind, ours, theirs, node }, { source }) => {
    // What is folded waits for less; and what it waited for, and all behind that, may be gone.
    const waited = source.nodes.flatMap((each) => each.controlInputs.map((input) => input.node))
    const isConstant = (name: string): boolean => dependsOnConstants(source.get(name), source)
    if (kind === 'only theirs') return waited.some((name) => isConstant(name) && reads(source.get(name)!, node, source))
    if (kind !== 'control inputs') return false
    const more = moreThan(controlsOf(theirs!), controlsOf(ours!)).map((name) => name.slice(1))
    return more.length > 0 && more.every((name) => waited.includes(name) && isConstant(name))
  },
  'output-that-is-read': around((node, situation) => {
    const edges = situation.source.edgesFrom(node.name)
    const isWaitedFor = edges.some(({ input }) => isControl(input))
    return edges.length > 0 && (isWaitedFor || isPinned(node.name, situation))
  }),
  'no-kernel': either(
    failsAt((node, situation) => skips(situation, /(?:)/, node.name)),
    around((node, situation) => skips(situation, /cannot be computed|there is no kernel/, node.name)),
  ),
}
