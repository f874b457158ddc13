import type { Graph } from '../../graph/graph.js'
import type { Node } from '../../graph/node.js'
import type { Shape } from '../../graph/shape.js'
import type { Tensor } from '../../graph/tensor.js'
import type { TensorName } from '../../graph/tensor-name.js'
import { outputCount } from '../op-defs.js'
import { arrayShapes } from './array.js'
import { constantsOf, type Evaluate } from './constant-value.js'
import { controlFlowShapes } from './control-flow.js'
import { convolutionShapes } from './convolution.js'
import { mergeShapes } from './dimensions.js'
import { elementwiseShapes } from './elementwise.js'
import { gradientShapes } from './gradients.js'
import { type HeldShapes, heldShapes } from './handles.js'
import { imageShapes } from './image.js'
import { linearAlgebraShapes } from './linear-algebra.js'
import { lookupShapes } from './lookup.js'
import { type PartialValue, partialFromTensor, partialValues } from './partial-value.js'
import { quantizedShapes } from './quantized.js'
import { randomShapes } from './random.js'
import { recurrentShapes } from './recurrent.js'
import { reductionShapes } from './reduction.js'
import { type InputFacts, ShapeContext, type ShapeFunction, type ShapeFunctions } from './shape-function.js'
import { signalShapes } from './signal.js'
import { sparseShapes } from './sparse.js'
import { stringShapes } from './strings.js'
import { tensorArrayShapes } from './tensor-array.js'
import { variableShapes } from './variables.js'

const shapeFunctions: ShapeFunctions = {
  ...elementwiseShapes,
  ...reductionShapes,
  ...arrayShapes,
  ...convolutionShapes,
  ...linearAlgebraShapes,
  ...imageShapes,
  ...randomShapes,
  ...controlFlowShapes,
  ...quantizedShapes,
  ...recurrentShapes,
  ...tensorArrayShapes,
  ...lookupShapes,
  ...sparseShapes,
  ...stringShapes,
  ...signalShapes,
  ...variableShapes,
  ...gradientShapes,
}

export function shapeFunctionFor(op: string): ShapeFunction | undefined {
  return Object.hasOwn(shapeFunctions, op) ? shapeFunctions[op] : undefined
}

export interface ShapeOptions {
  /** Nodes whose values are given from outside, so that what the graph says of their values means nothing. */
  fed?: ReadonlySet<string>
  /** Whether what nodes say of their outputs (`_output_shapes`) is believed where nothing else is known. */
  declared?: boolean
  /** Computes nodes from small constants, where a size is the result of more than the arithmetic of shapes. */
  evaluate?: Evaluate
}

/** The shapes of all outputs of a graph, as it was when they were inferred. */
export interface ShapeMap {
  /** One shape an output; empty where not even the number of outputs is known. */
  shapesOf(node: Node): readonly Shape[]
  shapeOf(tensor: TensorName): Shape
}

/** What is known of a node's outputs. */
interface NodeFacts {
  shapes: readonly Shape[]
  partials: readonly (PartialValue | undefined)[]
  constants: readonly (Tensor | undefined)[]
  held: readonly HeldShapes[]
}

const unknownFacts: NodeFacts = { shapes: [], partials: [], constants: [], held: [] }

/**
 * Infers the shape of every output, as TensorFlow does when it imports a graph: each node once, in execution order. An op
 * that is not known, an input that dangles and shapes that do not go together give unknown shapes, never an error;
 * what comes around a loop is unknown.
 */
export function inferShapes(graph: Graph, options: ShapeOptions = {}): ShapeMap {
  const facts = new Map<string, NodeFacts>()
  const { producer } = graph.envelope.versions
  for (const node of inputsFirst(graph)) facts.set(node.name, factsOf(node, facts, producer, options))
  const shapesOf = (node: Node): readonly Shape[] => facts.get(node.name)?.shapes ?? []
  return {
    shapesOf,
    shapeOf: ({ node, port }) => facts.get(node)?.shapes[port] ?? null,
  }
}

function factsOf(
  node: Node,
  facts: ReadonlyMap<string, NodeFacts>,
  producer: number,
  { fed, declared, evaluate }: ShapeOptions,
): NodeFacts {
  if (node.op === 'Const' || node.op === 'HostConst') return constantFacts(node)
  const inputs = node.dataInputs.map((input): InputFacts => {
    const { shapes, partials, constants, held } = facts.get(input.node) ?? unknownFacts
    const { port } = input
    return { shape: shapes[port] ?? null, partial: partials[port], constant: constants[port], held: held[port] }
  })
  const context = new ShapeContext(node, inputs, producer)
  const shapes = declared ? withDeclared(node, infer(context)) : infer(context)
  const held = attempt(() => heldShapes(node, context), [])
  if (fed?.has(node.name)) return { shapes, partials: [], constants: [], held }
  const partials = attempt(() => partialValues(node, context), [])
  const constants = attempt(() => constantValues(node, inputs, partials, evaluate), [])
  const known = { shapes, partials, constants: [], held }
  return constants.length === 0 ? known : attempt(() => ({ ...withValues(known, constants), constants, held }), known)
}

function constantValues(
  node: Node,
  inputs: readonly InputFacts[],
  partials: readonly (PartialValue | undefined)[],
  evaluate: Evaluate | undefined,
): readonly (Tensor | undefined)[] {
  if (node.op === 'Identity' && inputs[0]?.constant) return [inputs[0].constant]
  return evaluate ? constantsOf(node, inputs, partials, evaluate) : []
}

/** What computed values tell of their shapes, and of the integers in them. */
function withValues(
  { shapes, partials }: NodeFacts,
  constants: readonly (Tensor | undefined)[],
): Pick<NodeFacts, 'shapes' | 'partials'> {
  return {
    shapes: shapes.map((shape, port) => mergeShapes(shape, constants[port]?.shape ?? null)),
    partials: constants.map((constant, port) => partials[port] ?? (constant && partialFromTensor(constant))),
  }
}

function constantFacts(node: Node): NodeFacts {
  const tensor = attempt(() => node.attrs.tensor('value'), undefined)
  if (!tensor || tensor.storage.kind === 'invalid') return { ...unknownFacts, shapes: [null] }
  const partial = attempt(() => partialFromTensor(tensor), undefined)
  return { shapes: [tensor.shape], partials: [partial], constants: [tensor], held: [] }
}

function infer(context: ShapeContext): readonly Shape[] {
  const { node } = context
  const count = outputCount(node)
  const shapes = attempt(() => shapeFunctionFor(node.op)?.(context) ?? [], [])
  if (count === undefined || shapes.length === count) return shapes
  return Array.from({ length: count }, (_, index) => shapes[index] ?? null)
}

function withDeclared(node: Node, inferred: readonly Shape[]): readonly Shape[] {
  const declared = node.attrs.list('_output_shapes')?.shape
  if (!declared) return inferred
  return inferred.map((shape, port) => attempt(() => mergeShapes(shape, declared[port] ?? null), shape))
}

/** A graph may say anything; whatever cannot be read or does not fit is unknown. */
function attempt<T>(compute: () => T, otherwise: T): T {
  try {
    return compute()
  } catch {
    return otherwise
  }
}

const loopStarts = new Set(['Merge', 'RefMerge'])
const loopEnds = new Set(['NextIteration', 'RefNextIteration'])

function closesLoop(node: Node, producer: Node): boolean {
  return loopStarts.has(node.op) && loopEnds.has(producer.op)
}

/** The nodes, each behind its inputs; the edge that closes a loop is not followed. */
function inputsFirst(graph: Graph): Node[] {
  const ordered: Node[] = []
  const entered = new Set<Node>()
  for (const start of graph.nodes) {
    if (entered.has(start)) continue
    entered.add(start)
    const path: { node: Node; next: number }[] = [{ node: start, next: 0 }]
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const input = top.node.inputs[top.next++]
      if (!input) {
        ordered.push(top.node)
        path.pop()
        continue
      }
      const producer = graph.producer(input)
      if (!producer || entered.has(producer) || closesLoop(top.node, producer)) continue
      entered.add(producer)
      path.push({ node: producer, next: 0 })
    }
  }
  return ordered
}
