import type { Node } from '../graph/node.js'
import { executionOrder } from '../graph/order.js'
import { batchNormAt, isBatchNorm } from './batch-norm-node.js'
import { LayerScaling } from './layer-scaling.js'
import { Normalization, normalizedOutput } from './normalized-output.js'
import { choice } from './options.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Folds batch norms with fixed statistics into the weights of the convolution before them, and adds what is left as a
 * bias.
 *
 *     c = Conv2D(x, w); y = FusedBatchNorm(c, ...)   →   c = Conv2D(x, w * scale); y = BiasAdd(c, c_bn_offset)
 *
 * Between the two may stand biases, a BatchToSpaceND or other node that keeps channels together, or a concatenation of
 * convolutions. A batch norm on anything else stays: as one op it is smaller and faster than a Mul and an Add.
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
      historical:
        'runs for ever, or stops with "Invalid graph", where something else reads mean, variance, beta or gamma, or the node in between',
      here: 'folds; shared constants stay for their other readers',
    },
    {
      test: 'convolution-shared',
      historical:
        'changes what the other readers of a convolution get, or an output of the graph; two batch norms on it give two nodes one name',
      here: 'such a convolution is left, with a reason',
    },
    {
      test: 'constant-is-output',
      historical:
        'an output that is a constant of weights is scaled, one that is a parameter of a batch norm disappears',
      here: 'it stays as it is',
    },
    {
      test: 'shared-weights',
      historical: 'two convolutions with the same weights are scaled twice',
      here: 'each folded convolution gets weights of its own, which those with the same batch norm share',
    },
    {
      test: 'fused-v2-and-v3',
      historical: 'FusedBatchNormV2 and V3 are never folded',
      here: 'folded as FusedBatchNorm is',
    },
    {
      test: 'bias-between',
      historical: 'with a BiasAdd, Add, AddV2 or Sub between convolution and batch norm nothing is folded',
      here: 'folded, the bias too',
    },
    {
      test: 'between',
      historical: 'with a Squeeze, ExpandDims, Transpose, Reshape or nested concatenation between nothing is folded',
      here: 'folded where each channel stays together',
    },
    {
      test: 'other-convolutions',
      historical: 'transposed convolutions and those of three dimensions are not folded',
      here: 'folded',
    },
    {
      test: 'scaled-behind',
      historical: 'a multiplication or division by constants behind a batch norm that was folded stays',
      here: 'folded, and what is added behind it too',
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
    const scaling = new LayerScaling(graph, context)
    /** Where batch norms were folded: what is multiplied behind them is folded as well. */
    const folded = new Set<Node>()
    // In execution order a batch norm on a folded one finds it folded.
    for (const node of executionOrder(graph).sorted) {
      if (!isBatchNorm(node)) {
        const follows = node.dataInputs.some((input) => folded.has(graph.producer(input)!))
        const last = follows ? scaling.visit(node) : undefined
        if (last) folded.add(last)
        continue
      }
      const norm = batchNormAt(graph, node, context)
      if (norm === undefined) continue
      const output = typeof norm === 'string' ? norm : normalizedOutput(graph, norm, context)
      if (typeof norm === 'string' || typeof output === 'string') {
        context.report.skip(node, output as string)
        continue
      }
      folded.add(new Normalization(graph, norm, arithmetic, scaling.editor, context).fold(output))
    }
    scaling.finish()
  },
})
