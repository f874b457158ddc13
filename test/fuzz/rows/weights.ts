import type { Node } from '../../../src/graph/node.js'
import { dataOf } from '../differences.js'
import { hasMoreControls, onlyTheyFail, type Row, type Rows, type Situation, skips } from './row.js'

/** The constant that a node of the result stands for: itself, or the one whose name it carries with a suffix. */
function constantOf(name: string, { source }: Situation): Node | undefined {
  const node = source.get(name) ?? source.get(name.replace(/_quantized_(const|min|max)(_\d+)?$/, ''))
  return node?.op === 'Const' ? node : undefined
}

/** A constant that we leave and the tool rewrites, with the nodes that the tool makes of it. */
const leftAlone =
  (reason: RegExp): Row =>
  ({ kind, node }, situation) => {
    const constant = constantOf(node, situation)
    if (!constant || !skips(situation, reason, constant.name)) return false
    return kind !== 'outcome' && kind !== 'order'
  }

/** What stands beside the value of a constant: the tool drops it. */
const keepsTheRest: Row = (difference, situation) => {
  const { kind, node, ours, theirs, attr } = difference
  if (!constantOf(node, situation)) return false
  if (kind === 'device') return theirs!.device === ''
  if (kind === 'attr') return attr!.startsWith('_') && !theirs!.attrs.has(attr!) && ours!.attrs.has(attr!)
  return hasMoreControls(difference)
}

/** The tool aborts where a constant's dtype is not that of its tensor, or does not look where it is small. */
const dtypesDiffer: Row = ({ kind }, { ours, theirs }) => {
  if (kind !== 'outcome' || ours.kind !== 'refused' || !ours.text.startsWith('its dtype is')) return false
  return theirs.kind === 'crashed' || theirs.kind === 'graph'
}

export const roundWeights: Rows = {
  'not-finite': leftAlone(/NaN or infinity|too large or too small/),
  'keeps-what-it-does-not-change': keepsTheRest,
  'dtypes-differ': dtypesDiffer,
}

export const quantizeWeights: Rows = {
  'all-zero': leftAlone(/all its elements are zero|too small for steps/),
  'not-finite': leftAlone(/NaN or infinity|beyond float32/),
  'no-elements': leftAlone(/no elements/),
  splat: leftAlone(/one repeated value/),
  'keeps-place-and-order': keepsTheRest,
  'dtypes-differ': dtypesDiffer,
  'name-taken': (difference, situation) => {
    if (onlyTheyFail(difference, situation, /two nodes have the name ".*_quantized_/)) return true
    const { kind, node, ours, theirs } = difference
    if (kind === 'inputs') return dataOf(ours!).replaceAll(/_1\b/g, '') === dataOf(theirs!)
    return kind === 'only ours' && /_quantized_(const|min|max)_1$/.test(node)
  },
}
