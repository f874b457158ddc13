import type { Node } from '../../../src/graph/node.js'
import { isControl } from '../../../src/graph/tensor-name.js'
import { conditionalNodes } from '../../../src/transforms/conditional-nodes.js'
import { around, either, failsAt } from './component.js'
import { hasMoreControls, isPinned, type Row, type Rows, type Situation, skips } from './row.js'

const isConditional = (node: Node, { source }: Situation): boolean => conditionalNodes(source).has(node.name)

export const backportTensorArrayV3: Rows = {
  'in-a-branch': (difference, situation) => {
    const { node } = difference
    const array = situation.source.get(node.replace(/\/replacement_flow_node$/, ''))
    return hasMoreControls(difference) && array !== undefined && isConditional(array, situation)
  },
  'flow-is-output': ({ kind }, { ours }) =>
    kind === 'outcome' && ours.kind === 'refused' && ours.text.includes('output'),
}

const isCall = ({ op }: Node): boolean => op === 'PartitionedCall'
const functionOf = (node: Node): string => node.attrs.func('f')?.name ?? ''

const hasOwnControls = (node: Node): boolean => isCall(node) && node.controlInputs.length > 0

const isWaitedFor = (node: Node, { source }: Situation): boolean => {
  return isCall(node) && source.edgesFrom(node.name).some(({ input }) => isControl(input))
}

const failing = { kinds: ['refused', 'crashed', 'broken'] }

export const inlinePartitionedcall: Rows = {
  'control-input-of-call': failsAt(hasOwnControls, failing),
  'control-input-on-call': failsAt(isWaitedFor, failing),
  'argument-handed-through': either(
    failsAt((node) => isCall(node) && functionOf(node) === 'handThrough', failing),
    around((node) => isCall(node) && functionOf(node) === 'handThrough'),
  ),
  'in-a-branch': (difference, situation) => {
    const { kind, node } = difference
    const call = situation.source.get(node.slice(0, node.lastIndexOf('/'))) ?? situation.source.get(node.split('/')[0]!)
    if (!call || !isCall(call) || !isConditional(call, situation)) return false
    return hasMoreControls(difference) || (kind === 'only ours' && /\/pivot(_\d+)?$/.test(node))
  },
  'call-is-output': around((node, situation) => isCall(node) && isPinned(node.name, situation)),
}

const isGather = ({ op }: Node): boolean => op === 'Gather' || op === 'GatherV2'

/** The weights of a Gather, read through an Identity or not. */
function weightsOf(gather: Node, { source }: Situation): Node | undefined {
  const first = source.producer(gather.dataInputs[0])
  return first?.op === 'Identity' ? source.producer(first.dataInputs[0]) : first
}

const gathers =
  (when: (gather: Node, situation: Situation, weights: Node | undefined) => boolean) =>
  (node: Node, situation: Situation): boolean =>
    isGather(node) && when(node, situation, weightsOf(node, situation))

const sharesWeights = gathers((gather, situation, weights) => {
  return situation.source.nodes.some(
    (other) => other !== gather && isGather(other) && weightsOf(other, situation) === weights,
  )
})

const otherReader = gathers((gather, { source }, weights) => {
  const through = source.producer(gather.dataInputs[0])!
  const readers = [weights, through].flatMap((node) => (node ? source.readers(node.name) : []))
  return readers.some((reader) => reader !== gather && reader !== through)
})

const isWrong = gathers((gather, situation) => skips(situation, /axis|batch|weights|\[N,1\]|shape|float/, gather.name))

const hasControls = gathers((gather, { source }) => {
  const parts = gather.dataInputs.map((input) => source.producer(input)!)
  const before = parts.flatMap((part) => [part, ...part.inputs.map((input) => source.get(input.node)!)])
  return [gather, ...before].some((node) => {
    return node.controlInputs.length > 0 || source.edgesFrom(node.name).some(({ input }) => isControl(input))
  })
})

const sharesAxis = gathers((gather, { source }) => {
  const axis = source.producer(gather.dataInputs[2])
  return axis !== undefined && source.readers(axis.name).length > 1
})

const isPartOutput = gathers((gather, situation, weights) => {
  const parts = [weights, ...gather.dataInputs.map((input) => situation.source.producer(input))]
  return parts.some((part) => part !== undefined && isPinned(part.name, situation))
})

const addsNothing: Row = ({ kind, node, theirs }) =>
  kind === 'only theirs' && node === 'group_deps' && theirs!.op === 'NoOp'

export const sparsifyGather: Rows = {
  'no-gather': (difference, situation) => addsNothing(difference, situation) && difference.theirs!.inputs.length === 0,
  'wrong-weights': either(failsAt(isWrong), around(isWrong, 3)),
  'shared-weights': either(
    failsAt(sharesWeights, { kinds: ['refused', 'broken', 'crashed'] }),
    around(sharesWeights, 3),
  ),
  'other-reader-needed': either(
    around(otherReader, 3),
    failsAt(otherReader),
    around(isPartOutput, 3),
    failsAt(isPartOutput),
  ),
  'control-inputs': either(failsAt(hasControls), around(hasControls, 3)),
  'shared-axis': either(around(sharesAxis, 3), failsAt(sharesAxis)),
  'int32-ids': around(
    gathers((gather) => gather.attrs.type('Tindices') === 'int32'),
    3,
  ),
  'without-identity': around(
    gathers((gather, { source }) => source.producer(gather.dataInputs[0])?.op === 'Const'),
    3,
  ),
  concat: around(({ op }) => op === 'ConcatV2', 3),
}

const isRange = ({ op }: Node): boolean => op === 'RequantizationRange'

export const freezeRequantizationRanges: Rows = {
  'control-input': failsAt((node, { source }) => {
    return isRange(node) && source.edgesFrom(node.name).some(({ input }) => isControl(input))
  }),
  'own-control-inputs': (difference) => hasMoreControls(difference) && /\/frozen_(min|max)$/.test(difference.node),
  'hundred-percent': ({ kind, node, attr }, { fuzzCase }) => {
    if (kind !== 'attr' || attr !== 'value' || !node.endsWith('/frozen_min')) return false
    const log = fuzzCase.files?.get('ranges.log') ?? ''
    const records = log.split(`;${node.replace('/frozen_min', '')}__print__;`).length - 1
    return fuzzCase.chain.includes('min_percentile=50') && Math.round(records / 2) >= records
  },
  'output-stays': around((node, situation) => isRange(node) && isPinned(node.name, situation)),
}
