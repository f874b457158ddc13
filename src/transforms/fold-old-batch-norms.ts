import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { executionOrder } from '../graph/order.js'
import { Tensor } from '../graph/tensor.js'
import { tensorName } from '../graph/tensor-name.js'
import { type Arithmetic, type BatchNormValues, scaleAndOffset, scaleChannels } from './batch-norm.js'
import { type BatchNormNode, batchNormAt, isBatchNorm } from './batch-norm-node.js'
import { constNode } from './const-node.js'
import { replaceWeights } from './linear-layer.js'
import { type NormalizedLayer, type NormalizedLayers, normalizedLayers } from './normalized-layers.js'
import { choice } from './options.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

/**
 * Folds batch norms with fixed statistics into the weights of the convolution before them, and adds what is left as a
 * bias.
 *
 *     c = Conv2D(x, w); y = FusedBatchNorm(c, ...)   →   c = Conv2D(x, w * scale); y = BiasAdd(c, c_bn_offset)
 *
 * Between the two may stand a bias, a BatchToSpaceND, or a concatenation of convolutions.
 */
export const foldOldBatchNorms: Transform = defineTransform({
  name: 'fold_old_batch_norms',
  summary: 'folds batch norms into the weights of the convolution before them',
  fidelity: 'rounding',
  options: {
    arithmetic: choice(['float32', 'float64'], {
      default: 'float32',
      help: 'in which numbers the scale is computed: float32 as the Graph Transform Tool, float64 as the Python tools',
    }),
  },
  differences: [
    {
      test: 'shared-gamma',
      historical: 'runs for ever where something else reads mean, variance, beta or gamma, or the node in between',
      here: 'folds; shared constants stay for their other readers',
    },
    {
      test: 'convolution-shared',
      historical: 'changes what the other readers of a convolution get, or an output of the graph',
      here: 'such a convolution is left, with a reason',
    },
    {
      test: 'shared-weights',
      historical: 'two convolutions with the same weights are scaled twice',
      here: 'each folded convolution gets weights of its own',
    },
    {
      test: 'fused-v2-and-v3',
      historical: 'FusedBatchNormV2 and V3 are never folded',
      here: 'folded as FusedBatchNorm is',
    },
    {
      test: 'bias-between',
      historical: 'with a BiasAdd, Add or AddV2 between convolution and batch norm nothing is folded',
      here: 'folded, the bias too',
    },
    { test: 'is-training', historical: 'is_training is not looked at: wrong results', here: 'left, with a reason' },
    {
      test: 'later-outputs',
      historical: 'readers of the outputs 1 to 5 are left dangling',
      here: 'left, with a reason',
    },
    { test: 'default-epsilon', historical: 'aborts where epsilon is missing', here: "the op's default, 1e-4" },
    {
      test: 'missing-attribute',
      historical: 'aborts where an attribute is missing that has no default',
      here: 'an error that names the node',
    },
    {
      test: 'wrong-length',
      historical: 'aborts where there are not as many parameters as channels',
      here: 'an error that names the node',
    },
    {
      test: 'data-format-differs',
      historical: 'a batch norm of another data_format than the convolution is folded: wrong results',
      here: 'left, with a reason',
    },
    { test: 'offset-name-taken', historical: 'two nodes get one name', here: 'the new node gets a free name' },
    {
      test: 'concat-of-three',
      historical: 'only concatenations of two convolutions are folded',
      here: 'of any number',
    },
    {
      test: 'concat-axes',
      historical:
        'aborts on a concatenation along the channels that is written -1 or 1 (NCHW), or of depthwise convolutions',
      here: 'folded',
    },
    {
      test: 'concat-shared-input',
      historical: 'two convolutions on one input, or with the same weights, in a concatenation: a node stands twice',
      here: 'folded',
    },
    {
      test: 'control-inputs',
      historical: 'drops device and control inputs of the batch norm',
      here: 'the node that replaces it has them',
    },
  ],
  run(graph, { arithmetic }, context) {
    const constants = new Set<Node>()
    // In execution order a batch norm on a folded one finds it folded.
    for (const node of executionOrder(graph).sorted) {
      if (!isBatchNorm(node)) continue
      const norm = batchNormAt(graph, node, context)
      if (norm === undefined) continue
      const found = typeof norm === 'string' ? norm : normalizedLayers(graph, norm, context)
      if (typeof norm === 'string' || typeof found === 'string') {
        context.report.skip(node, found as string)
        continue
      }
      for (const constant of norm.constants) constants.add(constant)
      for (const { layer } of found.layers) if (layer.bias) constants.add(layer.bias.constant)
      fold(graph, norm, found, arithmetic, context)
    }
    removeUnread(graph, constants, context)
  },
})

/** What is last, a BiasAdd or the node in between, takes the batch norm's name and place. */
function fold(
  graph: Graph,
  norm: BatchNormNode,
  { layers, channels, carrier }: NormalizedLayers,
  arithmetic: Arithmetic,
  context: TransformContext,
): void {
  const { node } = norm
  const values = norm.values(channels)
  const name = (layer: NormalizedLayer): string => {
    if (!carrier) return node.name
    return carrier.op === 'BatchToSpaceND'
      ? `${layer.layer.op.name}/biasadd`
      : `${carrier.name}_bn_in${layers.indexOf(layer)}`
  }
  const added = layers.map((layer) => addOffset(graph, norm, layer, values, name(layer), arithmetic, context))
  let last = added[0]!
  const inputs = carrier ? [...carrier.inputs] : [...last.inputs]
  if (carrier) {
    last = carrier.renamed(node.name)
    for (const [at, { index }] of layers.entries()) {
      graph.add(added[at]!, { before: node })
      inputs[index] = tensorName(added[at]!.name)
    }
    graph.remove(carrier)
  }
  graph.replace(node, [last])
  const bias = layers.map(({ layer }) => layer.bias?.add).filter((add) => add !== undefined)
  graph.setInputs(last, tidyInputs([...inputs, ...bias.flatMap((add) => add.controlInputs), ...node.controlInputs]))
  for (const add of bias) {
    graph.remove(add)
    context.report.remove(add)
  }
  context.report.change(last)
}

/** Scales one layer's weights and makes the BiasAdd behind it, which is not in the graph yet. */
function addOffset(
  graph: Graph,
  { node, constants }: BatchNormNode,
  { layer, firstChannel }: NormalizedLayer,
  values: BatchNormValues,
  name: string,
  arithmetic: Arithmetic,
  context: TransformContext,
): Node {
  const { op, channels, bias } = layer
  const own = (vector: Float32Array): Float32Array => vector.subarray(firstChannel, firstChannel + channels)
  const { mean, variance, beta, gamma, epsilon } = values
  const part = { mean: own(mean), variance: own(variance), beta: own(beta), gamma: gamma && own(gamma), epsilon }
  const { scale, offset } = scaleAndOffset(part, bias?.values, arithmetic)
  const weights = layer.weights.attrs.tensor('value')!
  replaceWeights(graph, layer, scaleChannels(weights, scale, layer.channelsFirst), context)

  const controlInputs = tidyInputs(constants.flatMap((constant) => constant.controlInputs))
  const offsetNode = constNode(graph.freeName(`${op.name}_bn_offset`), Tensor.of('float32', [channels], offset), {
    device: node.device,
    controlInputs,
  })
  graph.add(offsetNode, { before: node })
  context.report.add(offsetNode)
  const free = name === node.name ? name : graph.freeName(name)
  const added = new Node({
    name: free,
    op: 'BiasAdd',
    device: node.device,
    inputs: [tensorName(op.name), tensorName(offsetNode.name)],
  })
  added.attrs.setType('T', 'float32')
  added.attrs.copy('data_format', op.attrs)
  return added
}
