import type { Graph } from '../../../src/graph/graph.js'
import type { Node } from '../../../src/graph/node.js'
import { around, either, failsAt } from './component.js'
import { hasMoreControls, isPinned, type Row, type Rows, type Situation, skips } from './row.js'

const convolutions: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative'])
const layerOps: ReadonlySet<string> = new Set([...convolutions, 'MatMul'])
const additions: ReadonlySet<string> = new Set(['BiasAdd', 'Add', 'AddV2', 'Sub'])
const batchNorms: ReadonlySet<string> = new Set([
  'FusedBatchNorm',
  'BatchNormWithGlobalNormalization',
  'FusedBatchNormV2',
  'FusedBatchNormV3',
])

const producer = (node: Node | undefined, index: number, graph: Graph): Node | undefined =>
  graph.producer(node?.dataInputs[index])

const isConst = (node: Node | undefined): boolean => node?.op === 'Const'

/** How many other nodes read this one than a given one, control inputs included. */
function readElsewhere(node: Node | undefined, by: Node, graph: Graph): boolean {
  return node !== undefined && graph.readers(node.name).some((reader) => reader !== by)
}

/** Device and control inputs of what was folded, which the tool drops. */
const keepsPlace: Row = (difference) => {
  const { kind, theirs } = difference
  return kind === 'device' ? theirs!.device === '' : hasMoreControls(difference)
}

/** Mul(layer(in, Const), Const): what the tool's pattern of fold_batch_norms is, whether or not it folds. */
function scaled(node: Node, graph: Graph): { layer: Node; weights: Node; factor: Node; input: Node } | undefined {
  if (node.op !== 'Mul') return undefined
  const [layer, factor] = [producer(node, 0, graph), producer(node, 1, graph)]
  const [input, weights] = [producer(layer, 0, graph), producer(layer, 1, graph)]
  if (!layer || !layerOps.has(layer.op) || !isConst(weights) || !isConst(factor) || !input) return undefined
  return { layer, weights: weights!, factor: factor!, input }
}

/** The tool folds no node twice in a run, not even one that is only read by two. */
function shares(node: Node, graph: Graph): boolean {
  const own = scaled(node, graph)
  if (!own) return false
  const parts = new Set([node, ...Object.values(own)])
  return graph.nodes.some((other) => {
    const parts2 = other === node ? undefined : scaled(other, graph)
    return parts2 !== undefined && [other, ...Object.values(parts2)].some((part) => parts.has(part))
  })
}

const format = (node: Node): string => node.attrs.string('data_format') ?? 'NHWC'

const onSource =
  (when: (node: Node, graph: Graph) => boolean) =>
  (node: Node, { source }: Situation): boolean =>
    when(node, source)

const isWrongShape = (node: Node, graph: Graph): boolean => {
  const parts = scaled(node, graph)
  if (!parts) return false
  const [shape, weights] = [parts.factor, parts.weights].map((constant) => constant.attrs.tensor('value')!.shape)
  const channels = parts.layer.op === 'DepthwiseConv2dNative' ? weights!.at(-1)! * weights!.at(-2)! : weights!.at(-1)!
  return shape!.length !== 1 || shape![0] !== channels
}

/** Whether a node is an addition to what a layer computes, or several. */
const addsToLayer = (node: Node | undefined, graph: Graph): boolean => {
  if (!node || !additions.has(node.op)) return false
  return [0, 1].some((at) => {
    const before = producer(node, at, graph)
    return layerOps.has(before?.op ?? '') || addsToLayer(before, graph)
  })
}

const readsLayerBehindAddition = (node: Node, graph: Graph): boolean => {
  return node.op === 'Mul' && [0, 1].some((at) => addsToLayer(producer(node, at, graph), graph))
}

export const foldBatchNorms: Rows = {
  'wrong-shape': failsAt(onSource(isWrongShape), { text: /bad shape/ }),
  'control-inputs': either(
    keepsPlace,
    around(
      onSource((node, graph) => {
        const parts = scaled(node, graph)
        const waits = [
          ...(parts?.factor.controlInputs ?? []).filter((input) => input.node === parts?.layer.name),
          ...(parts ? node.controlInputs : []).filter((input) => input.node === parts?.factor.name),
        ]
        return waits.length > 0
      }),
    ),
  ),
  siblings: around(onSource(shares)),
  chain: around(
    onSource((node, graph) => {
      const before = [0, 1].map((at) => producer(node, at, graph)).find((each) => each?.op === 'Mul')
      return node.op === 'Mul' && before !== undefined && scaled(before, graph) !== undefined
    }),
    3,
  ),
  'constant-first': around(
    onSource(
      (node, graph) =>
        node.op === 'Mul' && isConst(producer(node, 0, graph)) && layerOps.has(producer(node, 1, graph)?.op ?? ''),
    ),
  ),
  'bias-between': around(onSource(readsLayerBehindAddition), 3),
  'shared-weights': around(
    onSource((node, graph) => {
      const parts = scaled(node, graph)
      return parts !== undefined && readElsewhere(parts.weights, parts.layer, graph)
    }),
  ),
  'shared-factor': around(
    onSource((node, graph) => {
      const parts = scaled(node, graph)
      return parts !== undefined && readElsewhere(parts.factor, node, graph)
    }),
  ),
  'factor-is-read-before': failsAt(
    onSource((node, graph) => {
      const parts = scaled(node, graph)
      const before = parts ? [parts.factor === parts.weights ? parts.layer : undefined, parts.input] : []
      return before.some((each) => each?.dataInputs.some((input) => input.node === parts!.factor.name))
    }),
    { kinds: ['broken', 'refused'] },
  ),
  'convolution-is-output': around((node, situation) => {
    const parts = scaled(node, situation.source)
    return parts !== undefined && isPinned(parts.layer.name, situation)
  }),
  'constant-is-output': around((node, situation) => {
    const parts = scaled(node, situation.source)
    return parts !== undefined && [parts.weights, parts.factor].some((constant) => isPinned(constant.name, situation))
  }),
  nchw: around(onSource((node, graph) => format(scaled(node, graph)?.layer ?? node) === 'NCHW' && node.op === 'Mul')),
  'transpose-b': around(onSource((node, graph) => scaled(node, graph)?.layer.attrs.bool('transpose_b') === true)),
}

/** The layer that a batch norm reads, directly or behind what the tool looks behind. */
function normalized(node: Node, graph: Graph): Node | undefined {
  if (!batchNorms.has(node.op)) return undefined
  const before = producer(node, 0, graph)
  return before && (convolutions.has(before.op) || before.op === 'BatchToSpaceND' || before.op.startsWith('Concat'))
    ? before
    : undefined
}

/** The convolutions behind a batch norm. */
function layersOf(node: Node, graph: Graph): Node[] {
  const before = normalized(node, graph)
  if (!before) return []
  if (convolutions.has(before.op)) return [before]
  return before.dataInputs.map((input) => graph.producer(input)!).filter(({ op }) => convolutions.has(op))
}

const parameters = (node: Node, graph: Graph): Node[] => node.dataInputs.slice(1).map((input) => graph.producer(input)!)

const isSharedParameter = (node: Node, graph: Graph): boolean => {
  const before = normalized(node, graph)
  if (!before) return false
  const inner = convolutions.has(before.op) ? [] : [before]
  return [...parameters(node, graph), ...inner].some((part) => {
    return graph.readers(part.name).some((reader) => reader !== node) || new Set(parameters(node, graph)).size < 4
  })
}

const isConcat = (node: Node | undefined): boolean => node?.op.startsWith('Concat') ?? false

const isOddAxis = (node: Node, graph: Graph): boolean => {
  const before = normalized(node, graph)
  if (!before || !isConcat(before)) return false
  const axis = producer(before, before.dataInputs.length - 1, graph)
    ?.attrs.tensor('value')
    ?.numbers()[0]
  return axis !== 3 || layersOf(node, graph).some(({ op }) => op === 'DepthwiseConv2dNative')
}

const readsSameTwice = (node: Node, graph: Graph): boolean => {
  if (!isConcat(normalized(node, graph))) return false
  const layers = layersOf(node, graph)
  const read = layers.flatMap((layer) => layer.dataInputs.map((input) => input.node))
  return new Set(read).size < read.length || new Set(layers).size < layers.length
}

const lacksEpsilon = (node: Node): boolean => {
  return batchNorms.has(node.op) && !node.attrs.has('epsilon') && !node.attrs.has('variance_epsilon')
}

const isLayerShared = (node: Node, situation: Situation): boolean => {
  const { source } = situation
  const before = normalized(node, source)
  return layersOf(node, source).some((layer) => {
    const reader = convolutions.has(before!.op) ? node : before!
    return readElsewhere(layer, reader, source) || isPinned(layer.name, situation)
  })
}

const isCarrierOutput = (node: Node, situation: Situation): boolean => {
  const before = normalized(node, situation.source)
  return before !== undefined && isPinned(before.name, situation)
}

/** Weights stand three edges from a batch norm that has a concatenation before it. */
const beside = (when: (node: Node, situation: Situation) => boolean): Row => around(when, 3)

export const foldOldBatchNorms: Rows = {
  'default-epsilon': failsAt(lacksEpsilon, { kinds: ['crashed'] }),
  'shared-gamma': either(
    failsAt(onSource(isSharedParameter), { kinds: ['hung'] }),
    failsAt(onSource(isSharedParameter), { text: /nonexistent nodes/ }),
    beside(onSource(isSharedParameter)),
  ),
  'concat-axes': either(failsAt(onSource(isOddAxis), { kinds: ['crashed', 'refused'] }), beside(onSource(isOddAxis))),
  'concat-shared-input': failsAt(onSource(readsSameTwice), { kinds: ['broken', 'refused', 'hung', 'crashed'] }),
  'is-training': beside((node) => batchNorms.has(node.op) && node.attrs.bool('is_training') !== false),
  'fused-v2-and-v3': beside((node) => node.op === 'FusedBatchNormV2' || node.op === 'FusedBatchNormV3'),
  'bias-between': beside(
    // A batch norm that was folded is an addition.
    onSource((node, graph) => {
      const before = producer(node, 0, graph)?.op ?? ''
      return batchNorms.has(node.op) && (additions.has(before) || batchNorms.has(before))
    }),
  ),
  'convolution-shared': either(
    beside((node, situation) => isLayerShared(node, situation) || isCarrierOutput(node, situation)),
    failsAt(isLayerShared, { kinds: ['broken', 'hung', 'refused'] }),
  ),
  'constant-is-output': beside((node, situation) => {
    const { source } = situation
    const layers = layersOf(node, source)
    const own = layers.length > 0 ? parameters(node, source) : []
    const constants = [...own, ...layers.map((layer) => producer(layer, 1, source)!)]
    return constants.some((constant) => isPinned(constant.name, situation))
  }),
  'shared-weights': beside(
    onSource((node, graph) =>
      layersOf(node, graph).some((layer) => readElsewhere(producer(layer, 1, graph), layer, graph)),
    ),
  ),
  'concat-of-three': beside(
    onSource((node, graph) => isConcat(normalized(node, graph)) && layersOf(node, graph).length !== 2),
  ),
  'control-inputs': keepsPlace,
  'scaled-behind': beside(
    onSource((node, graph) => node.op === 'Mul' && batchNorms.has(producer(node, 0, graph)?.op ?? '')),
  ),
}

const resizes = (node: Node | undefined): boolean => node?.op === 'ResizeBilinear'
const pads = (node: Node | undefined): boolean => node?.op === 'MirrorPad'

/** What stands before a convolution and may be fused with it. */
function before(conv: Node, graph: Graph): { pad?: Node; resize?: Node } {
  if (conv.op !== 'Conv2D') return {}
  const first = producer(conv, 0, graph)
  if (resizes(first)) return { resize: first! }
  if (!pads(first)) return {}
  const second = producer(first, 0, graph)
  return { pad: first!, ...(resizes(second) ? { resize: second! } : {}) }
}

const fuses = (node: Node, graph: Graph): boolean => Object.keys(before(node, graph)).length > 0

/** Two convolutions share weights, paddings or what is fused: only one is in a match. */
const sharesFused = (node: Node, graph: Graph): boolean => {
  if (!fuses(node, graph)) return false
  const partsOf = (conv: Node): Node[] => {
    const { pad, resize } = before(conv, graph)
    return [
      conv,
      producer(conv, 1, graph),
      pad,
      resize,
      producer(pad, 1, graph),
      producer(pad, 0, graph),
      producer(resize, 0, graph),
      producer(resize, 1, graph),
    ].filter((part) => part !== undefined)
  }
  const parts = new Set(partsOf(node))
  return graph.nodes.some(
    (other) => other !== node && fuses(other, graph) && partsOf(other).some((part) => parts.has(part)),
  )
}

const isOtherLayout = (node: Node): boolean => {
  if (node.op !== 'Conv2D') return false
  return format(node) === 'NCHW' || (node.attrs.ints('dilations')?.some((each) => each !== 1) ?? false)
}

const padsBatchOrChannels = (node: Node, graph: Graph): boolean => {
  const amounts = pads(node) ? producer(node, 1, graph)?.attrs.tensor('value')?.numbers() : undefined
  return amounts !== undefined && [0, 1, 6, 7].some((at) => amounts[at] !== 0)
}

const lacksAlignCorners = (node: Node): boolean => resizes(node) && !node.attrs.has('align_corners')

const isFusedOutput = (node: Node, situation: Situation): boolean => {
  const { pad, resize } = before(node, situation.source)
  return [pad, resize].some((part) => part !== undefined && isPinned(part.name, situation))
}

const fuse: Rows = {
  'weights-wait': failsAt(
    onSource((node, graph) => {
      const { pad, resize } = before(node, graph)
      const parts = [producer(node, 1, graph), producer(pad, 1, graph)]
      const controls = parts.flatMap((part) => part?.controlInputs ?? [])
      return controls.some((control) => control.node === pad?.name || control.node === resize?.name)
    }),
    { text: /Invalid graph/ },
  ),
  'other-layouts': around(isOtherLayout),
  siblings: around(onSource(sharesFused)),
  'keeps-place-and-order': keepsPlace,
  'output-stays': around((node, situation) => isFusedOutput(node, situation) && skips(situation, /input or output/)),
}

const fuseResize: Rows = {
  'default-align-corners': failsAt(lacksAlignCorners, { kinds: ['crashed'] }),
  'half-pixel-centers': around((node) => resizes(node) && node.attrs.bool('half_pixel_centers') === true),
}

const fusePad: Rows = {
  'other-paddings': around(onSource(padsBatchOrChannels)),
}

export const fusePadAndConv: Rows = { ...fusePad, ...fuse }
export const fuseResizeAndConv: Rows = { ...fuseResize, ...fuse }
export const fuseResizePadAndConv: Rows = { ...fuseResize, ...fusePad, ...fuse }
