import type { Node } from '../../../src/graph/node.js'
import { isControl, printTensorName } from '../../../src/graph/tensor-name.js'
import { conditionalNodes } from '../../../src/transforms/conditional-nodes.js'
import { controlsOf } from '../differences.js'
import {
  bothGraphs,
  extraControls,
  hasMoreControls,
  isPinned,
  moreThan,
  onlyTheyFail,
  type Row,
  type Rows,
  type Situation,
  skips,
  through,
} from './row.js'

export const stripUnusedNodes: Rows = {
  'input-keeps-type-and-shape': ({ attr, node, ours, theirs }, { source, fuzzCase }) => {
    if ((attr !== 'shape' && attr !== 'dtype') || theirs?.op !== 'Placeholder' || ours?.op !== 'Placeholder')
      return false
    return source.get(node)!.op !== 'Placeholder' && fuzzCase.inputs.includes(node)
  },
  'input-keeps-device': ({ kind, node, theirs }, { source, fuzzCase }) => {
    if (kind !== 'device' || theirs?.op !== 'Placeholder' || theirs.device !== '') return false
    return source.get(node)!.op !== 'Placeholder' && fuzzCase.inputs.includes(node)
  },
  'later-port-read': (difference, situation) => {
    if (!skips(situation, /reads its output \d/)) return false
    if (onlyTheyFail(difference, situation)) return true
    // The input stays with all that it reads, where the tool puts a placeholder.
    const { kind, theirs, node } = difference
    return kind === 'only ours' || (theirs?.op === 'Placeholder' && skips(situation, /reads its output \d/, node))
  },
}

/** The ops that a chain asks to be removed. */
function removed({ fuzzCase }: Situation): (node: Node) => boolean {
  const ops = new Set([...fuzzCase.chain.matchAll(/op="?([\w|]+)/g)].flatMap((found) => found[1]!.split('|')))
  return (node) => ops.has(node.op)
}

/** Data or control inputs that are the same when removable nodes which only one side has are looked through. */
const readsPast: Row = ({ kind, ours, theirs }, situation) => {
  const graphs = bothGraphs(situation)
  if (kind !== 'inputs' || !graphs || !ours || !theirs) return false
  const wanted = removed(situation)
  const a = ours.dataInputs.map((input) =>
    through(input, graphs.ours, (node) => wanted(node) && !graphs.theirs.has(node.name)),
  )
  const b = theirs.dataInputs.map((input) =>
    through(input, graphs.theirs, (node) => wanted(node) && !graphs.ours.has(node.name)),
  )
  return String(a) === String(b)
}

/** The same for control inputs, where only the tool keeps a removable node: instead of it one waits for all that it waits for. */
const waitsPast: Row = ({ kind, ours, theirs }, situation) => {
  const graphs = bothGraphs(situation)
  if (kind !== 'control inputs' || !graphs || !ours || !theirs) return false
  const wanted = removed(situation)
  const past = new Set<string>()
  const look = (name: string): void => {
    const node = graphs.theirs.get(name)
    if (!node || !wanted(node) || graphs.ours.has(name)) past.add(`^${name}`)
    else for (const input of node.inputs) look(input.node)
  }
  for (const input of theirs.inputs.filter(isControl)) look(input.node)
  for (const input of ours.dataInputs) past.delete(`^${input.node}`)
  return [...past].sort().join(', ') === controlsOf(ours)
}

/** Whether the extra control inputs come from removed nodes: those that they had, or what is read in their place. */
function comesFromRemoved(names: readonly string[], situation: Situation): boolean {
  const { source } = situation
  const graphs = bothGraphs(situation)
  const gone = source.nodes.filter((node) => removed(situation)(node) && !graphs?.ours.has(node.name))
  const moved = new Set(gone.flatMap((node) => node.inputs.map((input) => input.node)))
  return names.every((name) => moved.has(name))
}

export const removeNodes: Rows = {
  'control-inputs-move': (difference, situation) => {
    return hasMoreControls(difference) && comesFromRemoved(extraControls(difference), situation)
  },
  'later-port-read': (difference, situation) => {
    if (!skips(situation, /reads its output \d/)) return false
    if (onlyTheyFail(difference, situation)) return true
    const { kind, node } = difference
    return (kind === 'only ours' && skips(situation, /reads its output \d/, node)) || readsPast(difference, situation)
  },
  'other-producers-stay': (difference, situation) => {
    const { source, fuzzCase } = situation
    const several = source.nodes.some((node) => removed(situation)(node) && node.dataInputs.length > 1)
    if (!several || !fuzzCase.chain.includes('max_inputs')) return false
    if (onlyTheyFail(difference, situation, /Invalid graph|crash/)) return true
    return difference.kind === 'only ours' && source.has(difference.node)
  },
  'output-on-the-same-input': (difference, situation) => {
    const { source } = situation
    const wanted = removed(situation)
    const held = source.nodes.some((node) => wanted(node) && isPinned(node.name, situation))
    if (!held) return false
    const { kind, node, theirs } = difference
    if (kind === 'only theirs') return wanted(theirs!) && !isPinned(node, situation)
    return waitsPast(difference, situation) || readsPast(difference, situation)
  },
  'branch-pivot': (difference, situation) => {
    if (!skips(situation, /stands for a branch|cannot move to the Merge/)) return false
    const { kind, node, ours, theirs } = difference
    if (kind === 'only ours') return skips(situation, /stands for a branch|cannot move to the Merge/, node)
    return kind === 'control inputs'
      ? moreThan(controlsOf(ours!), controlsOf(theirs!)).length > 0
      : readsPast(difference, situation)
  },
}

export const removeControlDependencies: Rows = {
  'in-a-branch': ({ kind, node, ours, theirs }, { source }) => {
    if (kind !== 'control inputs' || controlsOf(theirs!) !== '') return false
    const conditional = conditionalNodes(source)
    const kept = ours!.inputs.filter(isControl)
    const before = source.get(node)!.inputs.map(printTensorName)
    return kept.every((input) => conditional.has(input.node) && before.includes(printTensorName(input)))
  },
}
