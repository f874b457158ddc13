import { executionOrder } from '../graph/order.js'
import { LayerScaling } from './layer-scaling.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Folds a multiplication by constants or a division, which is what fold_constants leaves of a batch norm, into the weights
 * of the convolution or matrix product before it.
 *
 *     c = Conv2D(x, w); y = Mul(c, m)                      →   y = Conv2D(x, w * m)
 *     c = Conv2D(x, w); a = BiasAdd(c, b); y = Mul(a, m)   →   c = Conv2D(x, w * m); y = BiasAdd(c, b * m)
 */
export const foldBatchNorms: Transform = defineTransform({
  name: 'fold_batch_norms',
  summary: 'folds a multiplication by constants into the weights of the layer before it',
  fidelity: 'rounding',
  options: {},
  differences: [
    {
      test: 'siblings',
      historical: 'of two convolutions on one input only one is folded in a run',
      here: 'all are',
    },
    { test: 'chain', historical: 'a chain of convolutions takes one run each', here: 'one run folds all' },
    {
      test: 'scalar',
      historical: 'multiplying by a scalar or by [1,1,1,C] anywhere behind a convolution fails the transform',
      here: 'folded',
    },
    { test: 'wrong-shape', historical: 'another shape fails the transform', here: 'left, with a reason' },
    { test: 'constant-first', historical: 'Mul(m, conv) is not folded', here: 'folded as Mul(conv, m) is' },
    {
      test: 'bias-between',
      historical: 'with a BiasAdd, Add, AddV2 or Sub between convolution and Mul nothing is folded',
      here: 'both weights and bias are multiplied',
    },
    {
      test: 'bias-on-both-sides',
      historical: 'the same, so that what is added behind the Mul stays an addition of its own',
      here: 'it is added to the bias between, which it follows',
    },
    { test: 'division', historical: 'RealDiv and Div by constants are not folded', here: 'folded' },
    {
      test: 'between',
      historical:
        'with a BatchToSpaceND, Squeeze, ExpandDims, Transpose, Reshape or a concatenation of convolutions between ' +
        'convolution and Mul nothing is folded',
      here: 'folded where each channel stays together',
    },
    {
      test: 'other-convolutions',
      historical: 'transposed convolutions and those of three dimensions are not folded',
      here: 'folded',
    },
    {
      test: 'infinite-factor',
      historical: 'a factor of infinity is folded: NaN where a weight is 0',
      here: 'left, with a reason',
    },
    {
      test: 'shared-weights',
      historical: 'not folded where something else reads the weights',
      here: 'the folded convolution gets weights of its own, which those with the same factors share',
    },
    { test: 'shared-factor', historical: 'not folded where something else reads the factor', here: 'folded' },
    {
      test: 'convolution-is-output',
      historical: 'an output that is such a convolution disappears',
      here: 'it is left, with a reason',
    },
    {
      test: 'factor-is-read-before',
      historical: 'gives two nodes one name, or fails, where the factor is the weights too or is read before the layer',
      here: 'folded',
    },
    {
      test: 'constant-is-output',
      historical: 'an output that is a constant of weights or factors is changed or disappears',
      here: 'it stays as it is',
    },
    {
      test: 'nchw',
      historical: 'with NCHW a factor along the width is taken for one a channel: wrong results',
      here: 'the axis of channels is looked at',
    },
    {
      test: 'transpose-b',
      historical: 'with transpose_b the wrong axis of the weights is multiplied',
      here: 'the right one',
    },
    {
      test: 'control-inputs',
      historical: 'drops the control inputs of the Mul and of its constant',
      here: 'they move to the folded layer; where the constant waits for that layer, it is left, with a reason',
    },
    { test: 'float64-weights', historical: 'aborts on weights that are not float32', here: 'left, with a reason' },
  ],
  run(graph, _options, context) {
    const scaling = new LayerScaling(graph, context)
    // In execution order a Mul on a folded one finds it folded.
    for (const node of executionOrder(graph).sorted) scaling.visit(node)
    scaling.finish()
  },
})
