import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { printShape } from '../graph/shape.js'
import type { ChannelFactors } from './batch-norm.js'
import { ConstantEditor } from './constant-editor.js'
import { type AddedBias, addedBiasAt, additionAt, type LayerOutput, layerOutputAt } from './layer-output.js'
import { type Found, perChannel } from './linear-layer.js'
import { replaceBias, scaleLayerOutput } from './scale-layer-output.js'
import type { TransformContext } from './transform.js'
import { removeUnread } from './unread-constants.js'

/** A layer's output, and the constant it is multiplied by or divided by. */
interface Scaling {
  output: LayerOutput
  factor: Node
  factors: ChannelFactors
}

const divisions: ReadonlySet<string> = new Set(['RealDiv', 'Div'])

/** Folds multiplications and divisions by constants into the layers before them, during one run of a transform. */
export class LayerScaling {
  readonly editor: ConstantEditor
  readonly #graph: Graph
  readonly #context: TransformContext
  /** Biases that were scaled: what is added behind one belongs to the same batch norm. */
  readonly #biases = new Set<Node>()

  constructor(graph: Graph, context: TransformContext) {
    this.#graph = graph
    this.#context = context
    this.editor = new ConstantEditor(graph, context)
  }

  /** Folds a node if it scales a layer's output, or adds to a bias that was folded. Gives the node that stands there now. */
  visit(node: Node): Node | undefined {
    if (node.op === 'Mul' || divisions.has(node.op)) return this.#visitScaling(node)
    const added = additionAt(this.#graph, node)
    return added && this.#biases.has(added.source) ? this.#visitAddition(node) : undefined
  }

  /** Removes the constants that nobody reads any more. */
  finish(): void {
    removeUnread(this.#graph, this.editor.left, this.#context)
  }

  #visitScaling(node: Node): Node | undefined {
    const found = this.#scalingAt(node)
    if (found === undefined) return undefined
    if (typeof found === 'string') {
      this.#context.report.skip(node, found)
      return undefined
    }
    return this.#fold(node, found)
  }

  #scalingAt(node: Node): Found<Scaling> {
    const divides = node.op !== 'Mul'
    const [first, second] = node.dataInputs.map((input) => this.#graph.producer(input))
    if (!first || !second) return undefined
    const [source, factor] = divides || second.op === 'Const' ? [first, second] : [second, first]
    if (factor.op !== 'Const') return undefined
    const output = layerOutputAt(this.#graph, source, this.#context)
    if (output === undefined || typeof output === 'string') return output
    const values = perChannel(factor, output)
    if (!values) {
      const tensor = factor.attrs.tensor('value')
      const found = `"${factor.name}", ${tensor?.dtype ?? 'nothing'}${printShape(tensor?.shape ?? [])},`
      return `${found} is not one float32 for each of ${output.channels} channels${output.axisFromEnd === 3 ? ' (NCHW)' : ''}`
    }
    // Infinity times a weight is not what infinity times a sum of products is.
    if (values.some((value) => Math.abs(divides ? 1 / value : value) === Infinity)) {
      return `"${factor.name}" makes outputs infinite`
    }
    return { output, factor, factors: { values, divides } }
  }

  /** The last node of the way takes the name and place of the one that is folded. */
  #fold(node: Node, { output, factor, factors }: Scaling): Node {
    const graph = this.#graph
    const { report } = this.#context
    const whole = this.#joined(output)
    scaleLayerOutput(whole, factors, this.editor)
    const last = whole.node
    const folded = last.renamed(node.name)
    graph.remove(last)
    graph.replace(node, [folded])
    graph.setInputs(folded, tidyInputs([...last.inputs, ...node.controlInputs, ...factor.controlInputs]))
    report.change(folded)
    report.remove(last)
    this.editor.left.add(factor)
    if (whole.kind === 'bias') this.#biases.add(folded)
    return folded
  }

  #visitAddition(node: Node): Node | undefined {
    const output = addedBiasAt(this.#graph, node, this.#context)
    // Where it cannot be joined it stays an addition, which is no part of a batch norm that could not stay.
    if (output === undefined || typeof output === 'string') return undefined
    const { node: joined } = this.#joined(output)
    this.#biases.add(joined)
    return joined
  }

  /** Makes additions that follow one another one. */
  #joined(output: LayerOutput): LayerOutput {
    let joined = output
    while (joined.kind === 'bias' && joined.source.kind === 'bias') joined = this.#join(joined, joined.source)
    return joined
  }

  /** `(x + b) + c` as `x + (b + c)`, in the outer one's name and place. */
  #join(outer: LayerOutput & AddedBias, inner: LayerOutput & AddedBias): LayerOutput & AddedBias {
    const graph = this.#graph
    const { report } = this.#context
    const [kept, other] = outer.subtracts ? [inner, outer] : [outer, inner]
    const values = kept.values.map((value, channel) => {
      const added = other.values[channel]!
      return other.subtracts === kept.subtracts ? value + added : value - added
    })
    const node = kept.node.renamed(outer.node.name)
    graph.remove(inner.node)
    graph.replace(outer.node, [node])
    const controls = [...inner.node.controlInputs, ...outer.node.controlInputs, ...other.constant.controlInputs]
    const inputs = kept.node.dataInputs.map((input, at) =>
      at === kept.index ? input : inner.node.dataInputs[1 - inner.index]!,
    )
    graph.setInputs(node, tidyInputs([...inputs, ...controls]))
    const joined = { ...kept, node, source: inner.source, values }
    replaceBias(joined, values, this.editor)
    this.editor.left.add(other.constant)
    report.change(node)
    report.remove(inner.node)
    return { ...joined, constant: graph.producer(node.dataInputs[kept.index])! }
  }
}
