import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { executionOrder } from '../graph/order.js'
import { printShape } from '../graph/shape.js'
import { scaleChannels } from './batch-norm.js'
import { type Found, type LinearLayer, layerAt, perChannel, replaceConstant, replaceWeights } from './linear-layer.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

/**
 * Folds a multiplication by constants, which is what fold_constants leaves of a batch norm, into the weights of the
 * convolution or matrix product before it.
 *
 *     c = Conv2D(x, w); y = Mul(c, m)               →   y = Conv2D(x, w * m)
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
      historical: 'with a BiasAdd, Add or AddV2 between convolution and Mul nothing is folded',
      here: 'both weights and bias are multiplied',
    },
    {
      test: 'shared-weights',
      historical: 'not folded where something else reads the weights',
      here: 'the folded convolution gets weights of its own',
    },
    { test: 'shared-factor', historical: 'not folded where something else reads the factor', here: 'folded' },
    {
      test: 'convolution-is-output',
      historical: 'an output that is such a convolution disappears',
      here: 'it is left, with a reason',
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
      here: 'they move to the folded layer',
    },
    { test: 'float64-weights', historical: 'aborts on weights that are not float32', here: 'left, with a reason' },
  ],
  run(graph, _options, context) {
    const factors = new Set<Node>()
    // In execution order a Mul on a folded one finds it folded.
    for (const mul of executionOrder(graph).sorted) {
      if (mul.op !== 'Mul') continue
      const found = scaledLayerAt(graph, mul, context)
      if (found === undefined) continue
      if (typeof found === 'string') {
        context.report.skip(mul, found)
        continue
      }
      factors.add(found.factor)
      fold(graph, mul, found, context)
    }
    removeUnread(graph, factors, context)
  },
})

/** A layer, and the constant its output is multiplied by. */
interface ScaledLayer {
  layer: LinearLayer
  factor: Node
  values: Float32Array
}

function scaledLayerAt(graph: Graph, mul: Node, context: TransformContext): Found<ScaledLayer> {
  const [first, second] = mul.dataInputs.map((input) => graph.producer(input))
  if (!first || !second) return undefined
  const [source, factor] = second.op === 'Const' ? [first, second] : [second, first]
  if (factor.op !== 'Const') return undefined
  const layer = layerAt(graph, source, context)
  if (layer === undefined || typeof layer === 'string') return layer
  const values = perChannel(factor, layer)
  if (values) return { layer, factor, values }
  const tensor = factor.attrs.tensor('value')
  const found = `"${factor.name}", ${tensor?.dtype ?? 'nothing'}${printShape(tensor?.shape ?? [])},`
  return `${found} is not one float32 for each of ${layer.channels} channels${layer.axisFromEnd === 3 ? ' (NCHW)' : ''}`
}

/** The last node of the layer takes the Mul's name and place. */
function fold(graph: Graph, mul: Node, { layer, factor, values }: ScaledLayer, context: TransformContext): void {
  const weights = layer.weights.attrs.tensor('value')!
  replaceWeights(graph, layer, scaleChannels(weights, values, layer.channelsFirst), context)
  if (layer.bias) scaleBias(graph, layer, factor, values, context)
  const last = layer.bias?.add ?? layer.op
  const folded = last.renamed(mul.name)
  graph.remove(last)
  graph.replace(mul, [folded])
  graph.setInputs(folded, tidyInputs([...last.inputs, ...mul.controlInputs, ...factor.controlInputs]))
  context.report.change(folded)
  context.report.remove(last)
}

function scaleBias(
  graph: Graph,
  { bias, channels }: LinearLayer,
  factor: Node,
  factors: Float32Array,
  context: TransformContext,
): void {
  const { add, constant, index, values } = bias!
  const shapes = [constant, factor].map((node) => node.attrs.tensor('value')!.shape)
  const perChannelShape = shapes.find((shape) => shape.reduce((size, dim) => size * dim, 1) === channels)
  const scaled = values.map((value, channel) => value * factors[channel]!)
  const use = { reader: add, index, constant, wish: `${add.name}_bias` }
  if (perChannelShape) replaceConstant(graph, use, scaled, context, perChannelShape)
  else replaceConstant(graph, use, scaled.slice(0, 1), context, shapes[0])
}
