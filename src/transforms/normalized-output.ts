import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { type TensorName, tensorName } from '../graph/tensor-name.js'
import { stringOrDefault } from './attr-default.js'
import { type Arithmetic, type BatchNormValues, scaleAndOffset } from './batch-norm.js'
import type { BatchNormNode } from './batch-norm-node.js'
import { constNode } from './const-node.js'
import type { ConstantEditor } from './constant-editor.js'
import { type LayerOutput, layerOutputAt, layersOf } from './layer-output.js'
import type { LinearLayer } from './linear-layer.js'
import { scaleLayerOutput } from './scale-layer-output.js'
import type { TransformContext } from './transform.js'

/** What a batch norm normalizes, if it can be folded into that; or why it cannot. */
export function normalizedOutput(graph: Graph, norm: BatchNormNode, context: TransformContext): LayerOutput | string {
  const node = graph.producer(norm.source)
  if (!node) return 'it normalizes nothing'
  const found = layerOutputAt(graph, node, context)
  if (found === undefined) return `it normalizes "${node.name}" (${node.op}), which is no convolution`
  if (typeof found === 'string') return found
  if (found.rank !== norm.rank) return `"${node.name}" has rank ${found.rank} and not ${norm.rank}`
  if (found.axisFromEnd !== norm.axisFromEnd) return `its data_format is not that of "${layersOf(found)[0]!.op.name}"`
  return found
}

/** Folds one batch norm into what it normalizes: scales the weights, and adds the rest right behind each layer. */
export class Normalization {
  readonly #graph: Graph
  readonly #norm: BatchNormNode
  readonly #arithmetic: Arithmetic
  readonly #editor: ConstantEditor
  readonly #context: TransformContext
  /** The new additions, which are not in the graph yet, and the biases that became part of them. */
  readonly #additions: Node[] = []
  readonly #biases: Node[] = []

  constructor(
    graph: Graph,
    norm: BatchNormNode,
    arithmetic: Arithmetic,
    editor: ConstantEditor,
    context: TransformContext,
  ) {
    this.#graph = graph
    this.#norm = norm
    this.#arithmetic = arithmetic
    this.#editor = editor
    this.#context = context
  }

  /**
   * What is last then, a BiasAdd or the node in between, takes the batch norm's name and place.
   * @throws GraphdefError `transform-failed` for parameters of a wrong shape
   */
  fold(output: LayerOutput): Node {
    const graph = this.#graph
    const { node, values, constants } = this.#norm
    const { report } = this.#context
    let last = this.#normalize(output, values(output.channels), node.name)
    for (const addition of this.#additions) if (addition !== last) report.add(graph.add(addition, { before: node }))
    if (!this.#additions.includes(last)) {
      graph.remove(last)
      report.remove(last)
      last = last.renamed(node.name)
    }
    graph.replace(node, [last])
    const controls = this.#biases.flatMap((bias) => bias.controlInputs)
    graph.setInputs(last, tidyInputs([...last.inputs, ...controls, ...node.controlInputs]))
    for (const bias of this.#biases) {
      graph.remove(bias)
      report.remove(bias)
    }
    for (const constant of constants) this.#editor.left.add(constant)
    report.change(last)
    return last
  }

  /** Gives the node that computes the normalized output: an addition of that name, or the node in between. */
  #normalize(output: LayerOutput, values: BatchNormValues, name: string): Node {
    switch (output.kind) {
      case 'layer':
        return this.#addOffset(output.layer, output, values, name)
      case 'bias': {
        const { subtracts } = output
        const mean = values.mean.map((mean, channel) => {
          const bias = output.values[channel]!
          return subtracts ? mean + bias : mean - bias
        })
        this.#biases.push(output.node)
        this.#editor.left.add(output.constant)
        return this.#normalize(output.source, { ...values, mean }, name)
      }
      case 'carrier': {
        const [layer] = layersOf(output)
        const source = this.#normalize(output.source, values, `${layer!.op.name}/biasadd`)
        return this.#reading(output.node, new Map([[0, source]]))
      }
      case 'concatenation': {
        const sources = new Map<number, Node>()
        let first = 0
        for (const [at, { source, index }] of output.parts.entries()) {
          const part = output.alongChannels ? slice(values, first, first + source.channels) : values
          sources.set(index, this.#normalize(source, part, `${output.node.name}_bn_in${at}`))
          first += source.channels
        }
        return this.#reading(output.node, sources)
      }
    }
  }

  #reading(node: Node, sources: ReadonlyMap<number, Node>): Node {
    const inputs = node.inputs.map((input, at): TensorName => {
      const source = sources.get(at)
      return source ? tensorName(source.name) : input
    })
    this.#graph.setInputs(node, inputs)
    return node
  }

  #addOffset({ op, channels, rank }: LinearLayer, output: LayerOutput, values: BatchNormValues, name: string): Node {
    const graph = this.#graph
    const { node, constants } = this.#norm
    const { scale, offset } = scaleAndOffset(values, this.#arithmetic)
    scaleLayerOutput(output, { values: scale, divides: false }, this.#editor)
    const controlInputs = tidyInputs(constants.flatMap((constant) => constant.controlInputs))
    const offsetNode = constNode(graph.freeName(`${op.name}_bn_offset`), Tensor.of('float32', [channels], offset), {
      device: node.device,
      controlInputs,
    })
    graph.add(offsetNode, { before: node })
    this.#context.report.add(offsetNode)
    const addition = new Node({
      name: name === node.name ? name : graph.freeName(name),
      op: 'BiasAdd',
      device: node.device,
      inputs: [tensorName(op.name), tensorName(offsetNode.name)],
    })
    addition.attrs.setType('T', 'float32')
    // A BiasAdd knows no names of five axes.
    if (rank === 5) addition.attrs.setString('data_format', stringOrDefault(op, 'data_format').replace('D', ''))
    else addition.attrs.copy('data_format', op.attrs)
    this.#additions.push(addition)
    return addition
  }
}

function slice({ mean, variance, beta, gamma, epsilon }: BatchNormValues, from: number, to: number): BatchNormValues {
  const own = (vector: Float32Array): Float32Array => vector.subarray(from, to)
  return { mean: own(mean), variance: own(variance), beta: own(beta), gamma: gamma && own(gamma), epsilon }
}
