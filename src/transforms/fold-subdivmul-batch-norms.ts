import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { type Match, match, type Pattern } from '../graph/pattern.js'
import { Tensor } from '../graph/tensor.js'
import { tensorName } from '../graph/tensor-name.js'
import { scaleChannels } from './batch-norm.js'
import { ConstantEditor } from './constant-editor.js'
import { type AddedBias, additionAt, asBias, type LayerOutput, layerOutputAt } from './layer-output.js'
import { type Found, type LinearLayer, otherUse, perChannel } from './linear-layer.js'
import { replaceBias } from './scale-layer-output.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

const { fround } = Math

const constant: Pattern = { op: 'Const' }
const layerPattern = 'Conv2D|DepthwiseConv2dNative|MatMul'
const subtraction: Pattern = { op: 'Sub', inputs: [{ op: layerPattern }, constant] }
const division: Pattern = { op: 'RealDiv|Div', inputs: [subtraction, constant] }
const multiplication: Pattern = { op: 'Mul', inputs: [division, constant] }
const batchNorm: Pattern = { op: 'BiasAdd|Add|AddV2', inputs: [multiplication, constant] }

/**
 * Folds a batch norm of YOLO's kind, written as subtraction, division, multiplication and addition, into the weights of the
 * convolution before it. The order of operations is that of fold_subdivmul_batch_norms.cc, bit by bit.
 *
 *     y = BiasAdd(Mul(RealDiv(Sub(Conv2D(x, w), mean), deviation), gamma), beta)
 *       →   y = BiasAdd(Conv2D(x, w * gamma / deviation), (0 - mean) * gamma / deviation + beta)
 */
export const foldSubDivMulBatchNorms: Transform = defineTransform({
  name: 'fold_subdivmul_batch_norms',
  summary: 'folds batch norms of subtraction, division and multiplication into the weights of the layer before them',
  fidelity: 'rounding',
  options: {},
  differences: [
    {
      test: 'other-layers',
      historical: 'only Conv2D, RealDiv and BiasAdd are known, and no release of the tool has the transform',
      here: 'also DepthwiseConv2dNative, MatMul, Div, Add and AddV2, and constants of one element',
    },
    {
      test: 'other-readers',
      historical: 'what other readers of the convolution, of its weights or of a node between get is not looked at',
      here: 'shared weights are copied; the rest is left, with a reason',
    },
  ],
  run(graph, _options, context) {
    const editor = new ConstantEditor(graph, context)
    for (const node of graph.nodes) {
      const found = match(graph, node, batchNorm)
      if (!found) continue
      const parts = partsAt(graph, found, context)
      if (typeof parts === 'string') context.report.skip(node, parts)
      else if (parts) fold(graph, parts, editor, context)
    }
    removeUnread(graph, editor.left, context)
  },
})

/** A batch norm `((layer - mean) / deviation) * gamma + beta`, each constant with one value a channel. */
interface Parts {
  layer: LinearLayer
  between: readonly Node[]
  constants: readonly Node[]
  mean: Float32Array
  deviation: Float32Array
  gamma: Float32Array
  added: LayerOutput & AddedBias
}

function partsAt(graph: Graph, found: Match, context: TransformContext): Found<Parts> {
  const [mul] = found.inputs as [Match, Match]
  const [div, gamma] = mul.inputs as [Match, Match]
  const [sub, deviation] = div.inputs as [Match, Match]
  const [{ node: op }, mean] = sub.inputs as [Match, Match]
  const output = layerOutputAt(graph, op, context)
  if (output === undefined || typeof output === 'string') return output
  const between = [mul.node, div.node, sub.node]
  for (const node of between) {
    const busy = otherUse(graph, node, context)
    if (busy) return busy
  }
  const constants = [mean.node, deviation.node, gamma.node]
  const vectors: Float32Array[] = []
  for (const node of constants) {
    const values = perChannel(node, output)
    if (!values) return `"${node.name}" is not one float32 for each of ${output.channels} channels`
    vectors.push(values)
  }
  const [means, deviations, gammas] = vectors as [Float32Array, Float32Array, Float32Array]
  if (deviations.some((value) => value === 0)) return `"${deviation.node.name}" divides by zero`
  // What the addition would be once the layer stands before it, with the rules for layouts and shapes of a bias.
  const added = asBias(found.node, additionAt(graph, found.node)!, output)
  if (typeof added === 'string') return added
  const { layer } = output as { layer: LinearLayer }
  return { layer, between, constants, mean: means, deviation: deviations, gamma: gammas, added }
}

function fold(graph: Graph, parts: Parts, editor: ConstantEditor, { report }: TransformContext): void {
  const { layer, between, constants, mean, deviation, gamma, added } = parts
  const { op, weights, run } = layer
  const tensor = weights.attrs.tensor('value')!
  const scaled = Tensor.of('float32', tensor.shape, scaleChannels(tensor, { values: gamma, divides: false }, run))
  const divided = scaleChannels(scaled, { values: deviation, divides: true }, run)
  editor.replace({ reader: op, index: 1, constant: weights, wish: `${op.name}_weights` }, divided)

  const { node, index } = added
  const controls = [...between, ...constants].flatMap((each) => each.controlInputs)
  const inputs = node.inputs.map((input, at) => (at === 1 - index ? tensorName(op.name) : input))
  graph.setInputs(node, tidyInputs([...inputs, ...controls]))
  report.change(node)
  for (const each of between) {
    graph.remove(each)
    report.remove(each)
  }
  const offsets = added.values.map((beta, channel) => {
    const scaledMean = fround(fround(0 - mean[channel]!) * gamma[channel]!)
    return fround(scaledMean / deviation[channel]!) + beta
  })
  replaceBias(added, offsets, editor)
  for (const each of constants) editor.left.add(each)
}
