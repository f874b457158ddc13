import type { Node } from '../../../src/graph/node.js'
import { graphTransformOps } from '../../../src/transforms/quantized-ops.js'
import { around, either, failsAt } from './component.js'
import { isOtherTwin } from './names.js'
import { hasMoreControls, type Row, type Rows, type Situation, skips } from './row.js'

const isLayer = (node: Node): boolean => Object.hasOwn(graphTransformOps, node.op)
const isFakeQuant = ({ op }: Node): boolean => op === 'FakeQuantWithMinMaxVars'

/** A layer that reads floats which are made of bytes: of another layer, of a FakeQuant, or of an input of bytes. */
const readsBytes = (node: Node, { source, fuzzCase }: Situation): boolean => {
  if (!isLayer(node) && !isFakeQuant(node)) return false
  const producers = node.dataInputs.map((input) => source.producer(input)!)
  return producers.some((each) => {
    return isLayer(each) || isFakeQuant(each) || (each.op === 'Placeholder' && fuzzCase.chain.includes('input_min'))
  })
}

const because = (words: RegExp): Row => around((node, situation) => skips(situation, words, node.name), 3)

const hasControls = (node: Node): boolean => (isLayer(node) || isFakeQuant(node)) && node.controlInputs.length > 0

const readsTwice = (node: Node): boolean => {
  const read = node.dataInputs.map((input) => `${input.node}:${input.port}`)
  return isLayer(node) && new Set(read).size < read.length
}

const lacksAttribute = (node: Node): boolean => {
  const copied = isLayer(node) ? [...graphTransformOps[node.op]!.attrs, 'Tshape'] : []
  return copied.some((name) => !node.attrs.has(name))
}

const keepsPlace: Row = (difference) => {
  const { kind, attr, ours, theirs } = difference
  if (kind === 'attr') return attr!.startsWith('_') && ours!.attrs.has(attr!) && !theirs!.attrs.has(attr!)
  return kind === 'device' && theirs!.device === ''
}

const keepsAttribute: Row = ({ kind, attr, ours, theirs }) => {
  return (
    kind === 'attr' &&
    ['half_pixel_centers', 'Tshape'].includes(attr!) &&
    ours!.attrs.has(attr!) &&
    !theirs!.attrs.has(attr!)
  )
}

export const quantizeNodes: Rows = {
  'attrs-without-default': either(failsAt(lacksAttribute, { kinds: ['crashed', 'refused'] }), keepsAttribute),
  'control-inputs': either(
    (difference) => hasMoreControls(difference),
    around(hasControls, 3),
    failsAt(hasControls, { kinds: ['refused', 'broken', 'crashed'] }),
  ),
  'same-tensor-twice': either(failsAt(readsTwice, { kinds: ['refused', 'broken'] }), around(readsTwice, 3)),
  'placeholder-is-output': because(/it is an output of the graph/),
  'layout-and-dilations': because(/strides differ|dilations|layout|NCHW|data_format|padding/),
  broadcast: because(/broadcast|shape/),
  'pools-and-axes': because(/pools over|axis/),
  'fake-quant-bits': because(/rounds to|does not hold 0|is empty/),
  'hoist-shared-chain': around((node, { source }) => {
    return isFakeQuant(node) && source.readers(source.producer(node.dataInputs[0])!.name).length > 1
  }, 3),
  'hoist-commuting-only': around((node, { source }) => {
    const before = isFakeQuant(node) ? source.producer(node.dataInputs[0]) : undefined
    return before !== undefined && before.dataInputs.length === 1
  }, 3),
  'fake-quant-shared-range': around((node, { source }) => {
    return isFakeQuant(node) && node.dataInputs.slice(1).some((input) => source.readers(input.node).length > 1)
  }, 3),
  'redundant-pair': around(readsBytes, 3),
  'keeps-device': either(
    keepsPlace,
    around((node) => isLayer(node) && node.device !== '', 3),
  ),
  twins: isOtherTwin,
}
