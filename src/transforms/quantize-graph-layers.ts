import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { controlInput, type TensorName, tensorName } from '../graph/tensor-name.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'
import { conditionalNodes } from './conditional-nodes.js'
import { constNode } from './const-node.js'
import { fakeQuantObstacle, fakeQuantOp, isOnlyReader } from './fake-quantization.js'
import { type FloatConstant, floatConstants } from './float-constants.js'
import { ConstantQuantizer } from './quantize-graph-constants.js'
import { placeholderObstacle, quantizePlaceholder } from './quantize-placeholders.js'
import { type LayerNames, type LayerPlan, nameInName, quantizeLayer } from './quantized-layer.js'
import {
  checkAttrs,
  isFloatLayer,
  isMeasurement,
  type QuantizedOp,
  quantizationObstacle,
  quantizeGraphOps,
} from './quantized-ops.js'
import { removeRedundantQuantizations } from './redundant-quantization.js'
import type { TransformContext } from './transform.js'

export type Range = readonly [min: number, max: number]

export interface EightbitOptions {
  /** The range of inputs that are fed as bytes; undefined where they are fed as floats. */
  inputRange: Range | undefined
  /** The range of all 32-bit results; undefined where it is measured when the graph runs. */
  fallback: Range | undefined
  stripRedundant: boolean
}

/** Mode eightbit: layers in eight bits, and the constants they read as bytes. */
export function quantizeGraphLayers(graph: Graph, options: EightbitOptions, context: TransformContext): void {
  new Eightbit(graph, options, context).run()
}

/** Where a node was first met on the way from the outputs: which input of which node reads it. */
interface FirstReader {
  reader: Node
  index: number
}

class Eightbit {
  readonly #graph: Graph
  readonly #options: EightbitOptions
  readonly #context: TransformContext
  readonly #fed: ReadonlySet<string>
  readonly #firstReaders = new Map<Node, FirstReader>()
  readonly #layers = new Map<Node, QuantizedOp>()
  readonly #constants: ReadonlyMap<Node, FloatConstant>
  readonly #quantizer: ConstantQuantizer
  #conditional: ReadonlySet<string> | undefined
  #ranges: Record<'input' | 'fallback', readonly [TensorName, TensorName] | undefined> = {
    input: undefined,
    fallback: undefined,
  }

  constructor(graph: Graph, options: EightbitOptions, context: TransformContext) {
    this.#graph = graph
    this.#options = options
    this.#context = context
    this.#fed = new Set(context.inputs.map(({ node }) => node))
    this.#constants = new Map(floatConstants(graph).map((constant) => [constant.node, constant]))
    this.#quantizer = new ConstantQuantizer(graph, 'MIN_FIRST', context.report)
  }

  run(): void {
    const graph = this.#graph
    const visited = this.#visit()
    const reached = new Set(visited)
    graph.reorder([...visited, ...graph.nodes.filter((node) => !reached.has(node))])
    this.#chooseLayers(visited)
    for (const node of visited) if (graph.get(node.name) === node) this.#rewrite(node)
    this.#addRange('input', 'quantized_input')
    this.#addRange('fallback', 'fallback_quantization')
    if (this.#options.stripRedundant) removeRedundantQuantizations(graph, this.#context)
    this.#quantizer.finish()
  }

  /** The nodes that the outputs need, each behind its inputs, as the Python tool goes through them. */
  #visit(): Node[] {
    const graph = this.#graph
    const visited: Node[] = []
    const entered = new Set<Node>()
    for (const output of this.#context.outputs) {
      const start = graph.get(output.node)
      if (!start || entered.has(start)) continue
      entered.add(start)
      const path = [{ node: start, next: 0 }]
      for (let top = path.at(-1); top; top = path.at(-1)) {
        const index = top.next++
        const input = top.node.inputs[index]
        if (!input) {
          visited.push(top.node)
          path.pop()
          continue
        }
        const producer = graph.producer(input)
        if (!producer || entered.has(producer)) continue
        entered.add(producer)
        this.#firstReaders.set(producer, { reader: top.node, index })
        path.push({ node: producer, next: 0 })
      }
    }
    return visited
  }

  #chooseLayers(nodes: readonly Node[]): void {
    const graph = this.#graph
    let shapes: ShapeMap | undefined
    const shapeOf = (input: TensorName): Shape => {
      shapes ??= inferShapes(graph, { fed: this.#fed })
      return shapes.shapeOf(input)
    }
    for (const node of nodes) {
      const layer = Object.hasOwn(quantizeGraphOps, node.op) ? quantizeGraphOps[node.op]! : undefined
      if (!layer || !isFloatLayer(node, layer) || isMeasurement(graph, node)) continue
      checkAttrs(node, layer)
      const obstacle = this.#fed.has(node.name)
        ? 'it is an input of the graph'
        : quantizationObstacle(graph, node, layer, shapeOf)
      if (obstacle === undefined) this.#layers.set(node, layer)
      else this.#context.report.skip(node, obstacle)
    }
  }

  #rewrite(node: Node): void {
    const layer = this.#layers.get(node)
    if (layer) this.#quantizeLayer(node, layer)
    else if (node.op === 'Const') this.#quantizeConstant(node)
    else if (node.op === 'Placeholder' || node.op === 'PlaceholderV2') this.#quantizePlaceholder(node)
    else if (node.op === fakeQuantOp) this.#context.report.skip(node, this.#whyFakeQuantStays(node))
  }

  /** Quantizes a constant that was first met as the input of a layer. */
  #quantizeConstant(node: Node): void {
    const constant = this.#constants.get(node)
    const first = this.#firstReaders.get(node)
    if (!constant || !first || this.#context.isPinned(node)) return
    if (this.#layers.get(first.reader)?.quantizes(first.index)) this.#quantizer.quantize(constant)
  }

  #quantizePlaceholder(node: Node): void {
    if (!this.#options.inputRange) return
    const obstacle = placeholderObstacle(node, this.#context.outputs)
    if (obstacle !== undefined) {
      this.#context.report.skip(node, obstacle)
      return
    }
    const range = this.#rangeNames('input', 'quantized_input')
    const float = quantizePlaceholder(this.#graph, node, `${node.name}_dequantize`, range, this.#context.report)
    this.#graph.replace(node, [node, float])
  }

  #quantizeLayer(node: Node, layer: QuantizedOp): void {
    const graph = this.#graph
    const fakeQuant = layer.resultType === undefined ? undefined : this.#fakeQuantBehind(node)
    const [first] = node.dataInputs
    this.#conditional ??= conditionalNodes(graph)
    const plan: LayerPlan = {
      names: layerNames(node),
      tensor: Tensor.ofList,
      // Constants without inputs are outside of every loop.
      constantsWait: this.#conditional.has(node.name) && first !== undefined,
    }
    if (fakeQuant) {
      const range = fakeQuant.dataInputs.slice(1) as [TensorName, TensorName]
      plan.givenRange = (_add, op) => {
        if (fakeQuant.controlInputs.length > 0) graph.setInputs(op, [...op.inputs, ...fakeQuant.controlInputs])
        return range
      }
      plan.resultName = fakeQuant.name
    } else if (this.#options.fallback && layer.resultType !== undefined) {
      plan.givenRange = this.#fallback(node)
    }
    if (fakeQuant) {
      graph.remove(fakeQuant)
      this.#context.report.remove(fakeQuant)
    }
    quantizeLayer(graph, node, layer, plan, this.#context)
  }

  /** The fallback range: one for all layers, and one of its own for a layer in a loop or branch. */
  #fallback(node: Node): NonNullable<LayerPlan['givenRange']> {
    if (!this.#conditional?.has(node.name)) return () => this.#rangeNames('fallback', 'fallback_quantization')
    return (add, op) => {
      const end = (value: number, name: string): TensorName => {
        const place = { device: node.device, controlInputs: [controlInput(op.name)] }
        return tensorName(add(constNode(`${node.name}_eightbit_${name}`, scalar(value), place)).name)
      }
      const [min, max] = this.#options.fallback!
      return [end(min, 'fallback_min'), end(max, 'fallback_max')]
    }
  }

  /** The FakeQuant whose range a layer's result takes, so that it is not needed any more. */
  #fakeQuantBehind(node: Node): Node | undefined {
    const [reader] = this.#graph.readers(node.name)
    if (reader?.op !== fakeQuantOp || this.#fed.has(reader.name)) return undefined
    return this.#whyNotMerged(reader, node) === undefined ? reader : undefined
  }

  #whyNotMerged(fakeQuant: Node, node: Node): string | undefined {
    if (!isOnlyReader(this.#graph, fakeQuant, tensorName(node.name)) || this.#context.isPinned(node)) {
      return `what it rounds, "${node.name}", is read elsewhere too`
    }
    return fakeQuantObstacle(this.#graph, fakeQuant)
  }

  #whyFakeQuantStays(node: Node): string {
    if (this.#fed.has(node.name)) return 'it is an input of the graph'
    const above = this.#graph.producer(node.dataInputs[0])
    // By now a layer that was rewritten is the Dequantize of its name.
    if (above?.op !== 'Dequantize') return 'what it rounds is not computed in eight bits'
    return this.#whyNotMerged(node, above) ?? `what it rounds, "${above.name}", is in eight bits already`
  }

  #rangeNames(kind: 'input' | 'fallback', prefix: string): readonly [TensorName, TensorName] {
    this.#ranges[kind] ??= [
      tensorName(this.#graph.freeName(`${prefix}_min_value`)),
      tensorName(this.#graph.freeName(`${prefix}_max_value`)),
    ]
    return this.#ranges[kind]
  }

  /** Appends the two constants of a range where a node reads them. */
  #addRange(kind: 'input' | 'fallback', prefix: string): void {
    const range = kind === 'input' ? this.#options.inputRange : this.#options.fallback
    if (!range || !this.#ranges[kind]) return
    this.#rangeNames(kind, prefix).forEach(({ node }, index) => {
      this.#context.report.add(this.#graph.add(constNode(node, scalar(range[index]!))))
    })
  }
}

const scalar = (value: number): Tensor => Tensor.ofList('float32', [], Float32Array.of(value))

const opNames: Readonly<Record<string, string>> = {
  MatMul: '_mat_mul',
  Conv2D: '_conv',
  BiasAdd: '_bias_add',
  Concat: '_concat',
  Reshape: '_reshape',
  BatchNormWithGlobalNormalization: '_batch_norm',
}

/** The names that the Python tool gives. */
function layerNames({ name, op }: Node): LayerNames {
  const prefix = `${name}_eightbit`
  return {
    reshapeDims: () => `${prefix}_reshape_dims`,
    reductionDims: () => `${prefix}_reduction_dims`,
    reshape: (input) => `${prefix}_reshape_${nameInName(input)}`,
    min: (input) => `${prefix}_min_${nameInName(input)}`,
    max: (input) => `${prefix}_max_${nameInName(input)}`,
    quantize: (input) => `${prefix}_quantize_${nameInName(input)}`,
    op: `${prefix}_quantized${opNames[op] ?? ''}`,
    measuredRange: `${prefix}_requant_range`,
    requantize: `${prefix}_requantize`,
  }
}
