import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { controlInput, type TensorName, tensorName } from '../graph/tensor-name.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'
import { conditionalNodes } from './conditional-nodes.js'
import { constNode } from './const-node.js'
import { hoistFakeQuants, requantizeFakeQuants } from './fake-quantization.js'
import { mergeDuplicateNodes } from './merge-duplicate-nodes.js'
import { type OptionsOf, optionalFloat, strings } from './options.js'
import { placeholderObstacle, quantizePlaceholder } from './quantize-placeholders.js'
import { type LayerNames, type LayerPlan, nameInName, quantizeLayer } from './quantized-layer.js'
import { checkAttrs, graphTransformOps, isFloatLayer, isMeasurement, quantizationObstacle } from './quantized-ops.js'
import { mergeRequantizes, removeRedundantQuantizations } from './redundant-quantization.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'

const options = {
  input_min: optionalFloat({ help: 'what the byte 0 of an input stands for; with it inputs are fed as bytes' }),
  input_max: optionalFloat({ help: 'what the byte 255 of an input stands for' }),
  fallback_min: optionalFloat({ help: 'a smallest result for all layers, in place of one measured when they run' }),
  fallback_max: optionalFloat({ help: 'a largest result for all layers' }),
  ignore_op: strings({ help: 'an op whose nodes stay as they are' }),
}

type Given = OptionsOf<typeof options>

/**
 * Computes the layers of a graph in eight bits, each over the range of its inputs. Best after quantize_weights.
 *
 *     y = Relu(x)   →   y = Dequantize(QuantizedRelu(QuantizeV2(x, Min(x), Max(x))))
 */
export const quantizeNodes: Transform = defineTransform({
  name: 'quantize_nodes',
  summary: 'computes layers in eight bits',
  fidelity: 'lossy',
  // What redundant pairs kept apart may be equal then, and a second run makes one of it.
  idempotent: false,
  options,
  differences: [
    {
      test: 'placeholder-dtypes',
      historical: 'with input_min makes bytes of every placeholder, also of those of integers',
      here: 'only of those of float32; the others stay, with a reason',
    },
    {
      test: 'placeholder-is-output',
      historical: 'with input_min makes bytes of a placeholder that is an output too',
      here: 'it stays, with a reason',
    },
    {
      test: 'hoist-commuting-only',
      historical: 'moves a FakeQuant before any op of one input, Sigmoid for instance, where its range means nothing',
      here: 'only before ops that choose or move elements (Relu, MaxPool, Squeeze and the like)',
    },
    {
      test: 'hoist-shared-chain',
      historical: 'moves a FakeQuant before ops that others read too, who then read rounded values',
      here: 'it stays behind them',
    },
    {
      test: 'fake-quant-bits',
      historical:
        'makes eight bits of any num_bits, 256 values of 255 (narrow_range), and a range that must hold 0 of any',
      here: 'such a FakeQuant stays, with a reason',
    },
    {
      test: 'fake-quant-shared-range',
      historical: 'of several FakeQuants with one constant range converts the first',
      here: 'all of them',
    },
    {
      test: 'control-inputs',
      historical: 'quantizes control inputs as if they were data, and the graph no longer loads',
      here: 'they stay control inputs of the layer',
    },
    {
      test: 'same-tensor-twice',
      historical: 'fails where a layer reads one tensor twice: two nodes get one name',
      here: 'the tensor is quantized once',
    },
    {
      test: 'twins',
      historical: 'of equal nodes that come up it keeps one by their hashes',
      here: 'the first',
    },
    {
      test: 'layout-and-dilations',
      historical: 'drops data_format, dilations, explicit paddings and unequal strides, and computes something else',
      here: 'what the eight-bit ops do not compute stays, with a reason',
    },
    {
      test: 'broadcast',
      historical: 'quantizes an Add or Mul whatever is broadcast; the eight-bit ops then fail, or are wrong',
      here: 'it stays unless they are right for the shapes, with a reason',
    },
    {
      test: 'pools-and-axes',
      historical: 'quantizes pooling over batch or channels and a Concat along a negative axis, which then fail',
      here: 'they stay, with a reason',
    },
    {
      test: 'no-elements',
      historical: 'quantizes tensors without elements, whose range is infinite',
      here: 'the layer stays, with a reason',
    },
    {
      test: 'attrs-without-default',
      historical:
        'aborts where a MatMul does not say transpose_a, and drops the int64 of a Reshape and half_pixel_centers',
      here: "the op's default counts, and they stay",
    },
    {
      test: 'loop-keeps-fallback',
      historical: 'puts the fallback range of a layer in a loop outside of it, and the graph fails',
      here: 'it waits for the layer and so is in its loop',
    },
    {
      test: 'requantize-with-other-readers',
      historical: 'keeps two requantizations in a row where others read the floats between them',
      here: 'those read on, and the second goes back to the 32-bit result',
    },
    {
      test: 'redundant-pair',
      historical:
        'takes out any QuantizeV2 behind a Dequantize, whatever range it has, and leaves what it read and control inputs on it',
      here: 'only over the range of what it reads; what nobody reads any more goes',
    },
    {
      test: 'measured-before',
      historical: 'quantizes, in a second run, what measures the ranges of the first',
      here: 'that stays',
    },
    {
      test: 'keeps-device',
      historical: 'drops device and private attributes of a layer',
      here: 'they stay',
    },
    {
      test: 'name-taken',
      historical: 'two nodes have one name where a name of its own is taken',
      here: 'the new node gets a free name',
    },
    {
      test: 'range-without-zero',
      historical: 'takes a fallback range that does not hold 0, and any range that is empty',
      here: 'an error',
    },
  ],
  run(graph, given, context) {
    const inputRange = rangeOf(given, 'input')
    const fallback = rangeOf(given, 'fallback')
    if (fallback && (fallback[0] > 0 || fallback[1] < 0)) {
      throw new GraphdefError('bad-option', {
        what: `the fallback range from ${fallback[0]} to ${fallback[1]} does not hold 0`,
        remedy: 'Give a fallback_min of 0 or less and a fallback_max of 0 or more.',
      })
    }
    if (inputRange) quantizePlaceholders(graph, inputRange, context)
    hoistFakeQuants(graph, context)
    requantizeFakeQuants(graph, context)
    quantizeLayers(graph, fallback, given.ignore_op, context)
    mergeRequantizes(graph, context)
    mergeDuplicateNodes.run(graph, {}, context)
    removeRedundantQuantizations(graph, context)
  },
})

type Range = readonly [min: number, max: number]

/** A range of which both ends must be given, or neither. */
function rangeOf(given: Given, kind: 'input' | 'fallback'): Range | undefined {
  const [min, max] = [given[`${kind}_min`], given[`${kind}_max`]]
  if (min === undefined && max === undefined) return undefined
  if (min === undefined || max === undefined) {
    throw new GraphdefError('bad-option', {
      what: `${kind}_${min === undefined ? 'max' : 'min'} is given without ${kind}_${min === undefined ? 'min' : 'max'}`,
      remedy: `Give both ends of the range: ${kind}_min=0, ${kind}_max=1.`,
    })
  }
  const range: Range = [Math.fround(min), Math.fround(max)]
  if (range[0] < range[1] && range.every(Number.isFinite)) return range
  throw new GraphdefError('bad-option', {
    what: `the range from ${kind}_min=${min} to ${kind}_max=${max} is empty or not finite`,
    remedy: `Give a ${kind}_max that is larger than ${kind}_min.`,
  })
}

function quantizePlaceholders(graph: Graph, range: Range, { report, outputs }: TransformContext): void {
  for (const node of graph.nodes) {
    if (node.op !== 'Placeholder') continue
    const obstacle = placeholderObstacle(node, outputs)
    if (obstacle !== undefined) {
      report.skip(node, obstacle)
      continue
    }
    const prefix = `${node.name}_eightbit`
    const ends = ['min', 'max'].map((end, index) =>
      scalarConst(graph.freeName(`${prefix}/${end}`), range[index]!, node),
    )
    const names = ends.map((end) => tensorName(end.name)) as [TensorName, TensorName]
    const float = quantizePlaceholder(graph, node, `${prefix}/dequantize`, names, report)
    for (const end of ends) report.add(end)
    // Right behind the placeholder, which its own place in the order is given back to.
    graph.replace(node, [node, ...ends, float])
  }
}

function scalarConst(name: string, value: number, { device }: Node, controlInputs: TensorName[] = []): Node {
  return constNode(name, Tensor.of('float32', [], Float32Array.of(value)), { device, controlInputs })
}

/** Replaces every float layer that an eight-bit op can stand for. */
function quantizeLayers(
  graph: Graph,
  fallback: Range | undefined,
  ignoredOps: readonly string[],
  context: TransformContext,
): void {
  const { inputs, report } = context
  const fed = new Set(inputs.map(({ node }) => node))
  let shapes: ShapeMap | undefined
  const shapeOf = (input: TensorName): Shape => {
    shapes ??= inferShapes(graph, { fed })
    return shapes.shapeOf(input)
  }
  const layers: Node[] = []
  for (const node of graph.nodes) {
    const quantized = Object.hasOwn(graphTransformOps, node.op) ? graphTransformOps[node.op]! : undefined
    if (!quantized || ignoredOps.includes(node.op)) continue
    if (!isFloatLayer(node, quantized) || isMeasurement(graph, node)) continue
    checkAttrs(node, quantized)
    const obstacle = fed.has(node.name)
      ? 'it is an input of the graph'
      : quantizationObstacle(graph, node, quantized, shapeOf)
    if (obstacle === undefined) layers.push(node)
    else report.skip(node, obstacle)
  }
  const conditional = fallback && layers.length > 0 ? conditionalNodes(graph) : new Set<string>()
  for (const node of layers) {
    const givenRange = fallback && fallbackConstants(node, fallback, conditional.has(node.name))
    const plan = { names: layerNames(node), tensor: Tensor.of, constantsWait: true, ...(givenRange && { givenRange }) }
    quantizeLayer(graph, node, graphTransformOps[node.op]!, plan, context)
  }
}

/** Two constants for each layer. In a loop or branch they wait for the layer's own op, which keeps them in there. */
function fallbackConstants(node: Node, range: Range, isConditional: boolean): NonNullable<LayerPlan['givenRange']> {
  return (add, op) => {
    const waits = isConditional ? [controlInput(op.name)] : []
    const end = (name: string, value: number): TensorName =>
      tensorName(add(scalarConst(`${node.name}/eightbit/${name}`, value, node, waits)).name)
    return [end('fallback_min', range[0]), end('fallback_max', range[1])]
  }
}

/** The names that the Graph Transform Tool gives. */
function layerNames({ name }: Node): LayerNames {
  const within = (input: TensorName, part: string): string => `${name}_eightbit/${nameInName(input)}/${part}`
  return {
    reshapeDims: (input) => within(input, 'reshape_dims'),
    reductionDims: (input) => within(input, 'reduction_dims'),
    reshape: (input) => within(input, 'reshape'),
    min: (input) => within(input, 'min'),
    max: (input) => within(input, 'max'),
    quantize: (input) => within(input, 'quantize'),
    op: `${name}/eightbit`,
    measuredRange: `${name}/eightbit/requant_range`,
    requantize: `${name}/eightbit/requantize`,
  }
}
