import type { Graph } from '../../../src/graph/graph.js'
import type { Node } from '../../../src/graph/node.js'
import { around, either, failsAt } from './component.js'
import { hasMoreControls, isPinned, type Row, type Rows, type Situation, skips } from './row.js'

/** BatchToSpaceND(convolution(SpaceToBatchND(in, block, paddings), filter), block, crops), as the tool's pattern has it. */
interface Dilated {
  gather: Node
  conv: Node
  spread: Node
  filter: Node
  input: Node
  /** Both block shapes, paddings and crops. */
  constants: readonly Node[]
}

function dilatedAt(gather: Node, graph: Graph): Dilated | undefined {
  const conv = gather.op === 'BatchToSpaceND' ? graph.producer(gather.dataInputs[0]) : undefined
  if (conv?.op !== 'Conv2D' && conv?.op !== 'DepthwiseConv2dNative') return undefined
  const spread = graph.producer(conv.dataInputs[0])
  if (spread?.op !== 'SpaceToBatchND') return undefined
  const read = (node: Node, index: number): Node => graph.producer(node.dataInputs[index])!
  const constants = [read(spread, 1), read(spread, 2), read(gather, 1), read(gather, 2)]
  return { gather, conv, spread, filter: read(conv, 1), input: read(spread, 0), constants }
}

const partsOf = ({ gather, conv, spread, filter, input, constants }: Dilated): Node[] => [
  gather,
  conv,
  spread,
  filter,
  input,
  ...constants,
]

const at =
  (when: (dilated: Dilated, situation: Situation) => boolean) =>
  (node: Node, situation: Situation): boolean => {
    const dilated = dilatedAt(node, situation.source)
    return dilated !== undefined && when(dilated, situation)
  }

const sharesNode = (dilated: Dilated, { source }: Situation): boolean => {
  const own = new Set(partsOf(dilated))
  return source.nodes.some((other) => {
    const second = other === dilated.gather ? undefined : dilatedAt(other, source)
    return second !== undefined && partsOf(second).some((part) => own.has(part))
  })
}

const isReadElsewhere = (dilated: Dilated, { source }: Situation): boolean => {
  const own = new Set(partsOf(dilated))
  const inner = [dilated.spread, ...dilated.constants]
  return inner.some((node) => source.readers(node.name).some((reader) => !own.has(reader)))
}

const isOutput = ({ conv, spread, filter, constants }: Dilated, situation: Situation): boolean => {
  return [conv, spread, filter, ...constants].some((node) => isPinned(node.name, situation))
}

const lacksAttribute = ({ conv }: Dilated): boolean => {
  return !conv.attrs.has('data_format') || (conv.op === 'Conv2D' && !conv.attrs.has('use_cudnn_on_gpu'))
}

const keepsPlace: Row = (difference) => {
  const { kind, theirs } = difference
  return kind === 'device' ? theirs!.device === '' : hasMoreControls(difference)
}

export const flattenAtrousConv: Rows = {
  'default-attributes': failsAt(at(lacksAttribute), { kinds: ['crashed'] }),
  'shared-filter': around(
    at(({ conv, filter }, { source }) => source.readers(filter.name).some((reader) => reader !== conv)),
    3,
  ),
  siblings: around(at(sharesNode), 3),
  'shared-space-to-batch': either(around(at(isReadElsewhere), 3), failsAt(at(isReadElsewhere))),
  'convolution-is-output': around(at(isOutput), 3),
  'other-paddings': around((node, situation) => {
    return at(() => true)(node, situation) && skips(situation, /./, node.name)
  }, 3),
  'valid-padding': ({ kind, attr, ours }, situation) => {
    if (kind !== 'attr' || attr !== 'padding' || ours?.attrs.string('padding') !== 'VALID') return false
    return at(() => true)(situation.source.get(ours.name)!, situation)
  },
  'control-inputs': either(
    keepsPlace,
    around(
      at(({ filter, spread, constants }) => {
        const gone = new Set([spread, ...constants].map(({ name }) => name))
        return filter.controlInputs.some((input) => gone.has(input.node))
      }),
      3,
    ),
  ),
}
