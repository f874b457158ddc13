import { outputCount } from '../../../src/ops/op-defs.js'
import { around, either, failsAt } from './component.js'
import { isPinned, onlyTheyFail, type Rows, skips } from './row.js'

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

export const foldConstants: Rows = {
  'fed-and-fetched': (difference, situation) => onlyTheyFail(difference, situation, /is both fed and fetched/),
  'placeholder-not-listed': (difference, situation) =>
    onlyTheyFail(difference, situation, /You must feed a value for placeholder/),
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
  'output-that-is-read': around((node, situation) => {
    return isPinned(node.name, situation) && situation.source.readerCount(node.name) > 0
  }),
  'no-kernel': either(
    failsAt((node, situation) => skips(situation, /(?:)/, node.name)),
    around((node, situation) => skips(situation, /cannot be computed|there is no kernel/, node.name)),
  ),
}
