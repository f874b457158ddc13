import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { printShape, type Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { type TensorName, tensorName } from '../graph/tensor-name.js'
import { inferShapes } from '../ops/shapes/infer.js'
import { constNode } from './const-node.js'
import { ConstantEditor } from './constant-editor.js'
import { type DecomposedBatchNorm, decomposedBatchNormAt } from './decomposed-batch-norm.js'
import { perChannel } from './linear-layer.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

/**
 * Makes one FusedBatchNorm of a batch norm that is written in single operations, so that it is one op where it stays, and
 * fold_old_batch_norms finds it. To be run before fold_constants, which computes the parts away.
 *
 *     m = Mul(Rsqrt(Add(variance, epsilon)), gamma); y = Add(Mul(x, m), Sub(beta, Mul(mean, m)))
 *       →   y = FusedBatchNorm(x, gamma, beta, mean, variance)
 */
export const fuseDecomposedBatchNorm: Transform = defineTransform({
  name: 'fuse_decomposed_batch_norm',
  summary: 'makes one FusedBatchNorm of a batch norm that is written in single operations',
  fidelity: 'rounding',
  options: {},
  differences: [
    {
      test: 'fused',
      historical: 'the new nodes are put at the end, and constants that nobody reads any more stay',
      here: "they stand in the addition's place, and such constants go",
    },
    { test: 'either-way', historical: 'operands that stand the other way round are not recognised', here: 'they are' },
    { test: 'add-v2', historical: 'AddV2 is not recognised', here: 'it is' },
    {
      test: 'without-convolution',
      historical: 'only what follows a convolution, whose data_format is written out, is fused',
      here: 'fused on whatever has four axes and as many channels',
    },
    {
      test: 'other-ranks',
      historical: 'whatever reads a convolution is fused, of other ranks too: a graph that does not run',
      here: 'left, with a reason',
    },
    {
      test: 'channels-first',
      historical: 'parameters of shape [C,1,1], as for NCHW, or of one element are not recognised',
      here: 'fused, with parameters as vectors',
    },
    {
      test: 'shared-parts',
      historical: 'parts that something else reads are removed, so that it reads nothing',
      here: 'they stay for that',
    },
    {
      test: 'control-inputs',
      historical: 'drops device and control inputs of the addition',
      here: 'the batch norm has them, and the control inputs of what is removed',
    },
    { test: 'gamma-name-taken', historical: 'two nodes get one name', here: 'the new node gets a free name' },
    {
      test: 'gamma-in-a-loop',
      historical: 'the gamma that it makes for a batch norm in a loop stands outside, and the graph does not run',
      here: 'it waits for what beta waits for',
    },
  ],
  run(graph, _options, context) {
    const editor = new ConstantEditor(graph, context)
    let shapes: ReturnType<typeof inferShapes> | undefined
    for (const node of graph.nodes) {
      const norm = decomposedBatchNormAt(graph, node)
      if (!norm) continue
      shapes ??= inferShapes(graph)
      const parameters = parametersFor(norm, shapes.shapeOf(norm.source))
      if (typeof parameters === 'string') context.report.skip(node, parameters)
      else fuse(graph, norm, parameters, editor, context)
    }
    removeUnread(graph, editor.left, context)
  },
})

/** The parameters of a batch norm as vectors, and the layout that their shapes speak of. */
interface Parameters {
  gamma: Float32Array
  beta: Float32Array
  mean: Float32Array
  variance: Float32Array
  format: 'NHWC' | 'NCHW'
}

function parametersFor(norm: DecomposedBatchNorm, shape: Shape): Parameters | string {
  if (shape?.length !== 4)
    return `"${norm.source.node}" has shape ${printShape(shape)}, and a FusedBatchNorm takes four axes`
  for (const [format, axisFromEnd] of [
    ['NHWC', 1],
    ['NCHW', 3],
  ] as const) {
    const channels = shape[4 - axisFromEnd]
    if (typeof channels !== 'number') continue
    const vector = (constant: Node): Float32Array | undefined =>
      perChannel(constant, { channels, rank: 4, axisFromEnd })
    const [beta, mean, variance] = [norm.beta, norm.mean, norm.variance].map(vector)
    const gamma = norm.gamma ? vector(norm.gamma) : new Float32Array(channels).fill(1)
    if (beta && mean && variance && gamma) return { gamma, beta, mean, variance, format }
  }
  return `its parameters are not one float32 a channel of "${norm.source.node}", ${printShape(shape)}`
}

function fuse(
  graph: Graph,
  norm: DecomposedBatchNorm,
  parameters: Parameters,
  editor: ConstantEditor,
  context: TransformContext,
): void {
  const { report } = context
  const { add, parts, constants, scale } = norm
  let gamma = norm.gamma
  if (!gamma) {
    const ones = Tensor.ofList('float32', [parameters.gamma.length], Float32Array.of(1))
    // What keeps the other parameters in a loop keeps this one there as well.
    const place = { controlInputs: norm.beta.controlInputs }
    gamma = graph.add(constNode(graph.freeName(`${scopeOf(scale.name)}/gamma`), ones, place), { before: add })
    report.add(gamma)
  }
  const vectors = { gamma, beta: norm.beta, mean: norm.mean, variance: norm.variance }
  const controls = [add, ...parts, norm.epsilonConstant].flatMap((part) => part.controlInputs)
  const inputs: TensorName[] = [norm.source, ...Object.values(vectors).map(({ name }) => tensorName(name))]
  const fused = new Node({
    name: add.name,
    op: 'FusedBatchNorm',
    device: add.device,
    inputs: tidyInputs([...inputs, ...controls]),
  })
  fused.attrs.setType('T', 'float32')
  fused.attrs.setBool('is_training', false)
  fused.attrs.setFloat('epsilon', norm.epsilon)
  fused.attrs.setString('data_format', parameters.format)
  graph.replace(add, [fused])
  report.change(fused)
  removeUnread(graph, parts, context)
  for (const constant of constants) editor.left.add(constant)
  for (const [at, [name, constant]] of Object.entries(vectors).entries()) {
    const { shape } = constant.attrs.tensor('value')!
    const values = parameters[name as keyof typeof vectors]
    if (shape.length === 1 && shape[0] === values.length) continue
    editor.replace({ reader: fused, index: at + 1, constant, wish: `${add.name}_${name}` }, values, [values.length])
  }
}

/** All of a name before its last slash; of one without any the whole name. */
function scopeOf(name: string): string {
  const slash = name.lastIndexOf('/')
  return slash < 0 ? name : name.slice(0, slash)
}
