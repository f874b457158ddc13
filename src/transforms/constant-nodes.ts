import { GraphdefError } from '../errors.js'
import { baseDataType, elementSize } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { elementCount, isStatic, type Shape } from '../graph/shape.js'
import { Tensor } from '../graph/tensor.js'
import { runNode, whyNotComputable } from '../kernels/evaluate.js'
import { runOnConstants } from '../kernels/run-on-constants.js'
import { opDef, outputTypes } from '../ops/op-defs.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'

/** A node that gives the same whatever is fed. */
export interface ConstantNode {
  /** Its outputs; undefined where no node reads them, so that they were not computed. */
  outputs: readonly Tensor[] | undefined
  /** Nodes that are not constant and on which it waits, if only by control inputs. */
  waitsFor: ReadonlySet<Node>
}

export interface ConstantNodesOptions {
  /** Nodes whose first output is fed. */
  fed: ReadonlySet<Node>
  excludedOps: ReadonlySet<string>
  excludedNodes: ReadonlySet<string>
  /** Larger results are not computed. */
  largestBytes: number
  /** What the nodes say of their outputs' shapes (`_output_shapes`) is believed. */
  declaredShapes: boolean
  /** Told of a node that could be computed but is not. */
  skip(node: Node, reason: string): void
}

/** Ops that TensorFlow never folds although they look constant: they belong to loops, branches, sessions and devices. */
const neverConstant = new Set(
  `Switch RefSwitch Merge RefMerge Enter RefEnter Exit RefExit NextIteration RefNextIteration LoopCond Placeholder
   PlaceholderV2 FakeParam _Send _Recv _HostSend _HostRecv GetSessionHandle GetSessionHandleV2 GetSessionTensor
   DeleteSessionTensor PartitionedCall StatefulPartitionedCall _Arg _Retval`.split(/\s+/),
)

/**
 * The constant nodes among some nodes, computed, each behind what it is computed from. Const and shapes that are known count
 * always; everything else where it is without state, not excluded, has a kernel and reads constants only.
 */
export function findConstantNodes(
  graph: Graph,
  nodes: readonly Node[],
  options: ConstantNodesOptions,
): Map<Node, ConstantNode> {
  const found = new Map<Node, ConstantNode>()
  const read = readNodes(graph, nodes)
  let shapes: ShapeMap | undefined
  const shapesOf = (node: Node): readonly Shape[] => {
    shapes ??= inferShapes(graph, {
      fed: new Set([...options.fed].map((each) => each.name)),
      declared: options.declaredShapes,
      evaluate: runOnConstants,
    })
    return shapes.shapesOf(node)
  }
  for (const node of inputsFirst(graph, nodes)) {
    if (options.fed.has(node)) continue
    const outputs = outputsOf(graph, node, found, read, options, shapesOf)
    if (outputs !== undefined)
      found.set(node, { outputs: outputs ?? undefined, waitsFor: waitsFor(graph, node, found) })
  }
  return found
}

/** The outputs of a constant node, null where they are not needed; undefined where it is not constant. */
function outputsOf(
  graph: Graph,
  node: Node,
  found: ReadonlyMap<Node, ConstantNode>,
  read: ReadonlySet<Node>,
  options: ConstantNodesOptions,
  shapesOf: (node: Node) => readonly Shape[],
): readonly Tensor[] | null | undefined {
  if (node.op === 'Const') return constantOutputs(node)
  if (isShapeOp(node)) {
    const known = staticShapeOutputs(graph, node, shapesOf)
    if (known) return known
  }
  const def = opDef(node.op)
  if (!def?.cpuKernel || def.stateful || neverConstant.has(node.op)) return undefined
  if (options.excludedOps.has(node.op) || options.excludedNodes.has(node.name)) return undefined
  const data = node.dataInputs
  if (data.length === 0) return node.op === 'NoOp' ? [] : undefined
  const inputs: Tensor[] = []
  for (const input of data) {
    const producer = graph.producer(input)
    const tensor = producer && found.get(producer)?.outputs?.[input.port]
    if (!tensor) return undefined
    inputs.push(tensor)
  }
  if (!read.has(node)) return null
  return compute(node, inputs, options, shapesOf)
}

function constantOutputs(node: Node): readonly Tensor[] | undefined {
  const value = node.attrs.tensor('value')
  return value && value.dtype !== 'resource' && value.dtype !== 'variant' ? [value] : undefined
}

/** The nodes whose outputs others of the nodes read. */
function readNodes(graph: Graph, nodes: readonly Node[]): ReadonlySet<Node> {
  const read = new Set<Node>()
  for (const node of nodes) {
    for (const input of node.dataInputs) {
      const producer = graph.producer(input)
      if (producer) read.add(producer)
    }
  }
  return read
}

function compute(
  node: Node,
  inputs: readonly Tensor[],
  { largestBytes, skip }: ConstantNodesOptions,
  shapesOf: (node: Node) => readonly Shape[],
): readonly Tensor[] | undefined {
  const problem = inputs.find((input) => input.problem !== undefined)?.problem ?? whyNotComputable(node, inputs)
  if (problem !== undefined) {
    skip(node, problem)
    return undefined
  }
  const types = outputTypes(node) ?? []
  for (const [port, shape] of shapesOf(node).entries()) {
    const bytes = isStatic(shape) ? elementCount(shape) * elementSize(baseDataType(types[port] ?? 'invalid')) : 0
    if (bytes <= largestBytes) continue
    skip(node, tooLarge(bytes, largestBytes))
    return undefined
  }
  try {
    const outputs = runNode(node, inputs)
    const largest = Math.max(0, ...outputs.map((output) => output.byteLength))
    if (largest <= largestBytes) return outputs
    skip(node, tooLarge(largest, largestBytes))
  } catch (error) {
    if (!(error instanceof GraphdefError)) throw error
    skip(node, error.details.what)
  }
  return undefined
}

/** Why a result is not folded. */
export function tooLarge(bytes: number, limit: number): string {
  return `the result would be ${bytes} bytes, and max_constant_size_in_bytes is ${limit}`
}

const shapeOps = new Set(['Shape', 'ShapeN', 'Size', 'Rank'])

export function isShapeOp(node: Node): boolean {
  return shapeOps.has(node.op)
}

/** What Shape, ShapeN, Size and Rank give where it is known without computing their inputs. */
function staticShapeOutputs(
  graph: Graph,
  node: Node,
  shapesOf: (node: Node) => readonly Shape[],
): readonly Tensor[] | undefined {
  const inputs = node.dataInputs.map((input) => {
    const producer = graph.producer(input)
    return (producer && shapesOf(producer)[input.port]) ?? null
  })
  if (inputs.length === 0 || inputs.includes(null)) return undefined
  const isLong = node.attrs.type('out_type') === 'int64'
  if (node.op === 'Rank') return [sizes([], [inputs[0]!.length], isLong)!]
  if (!inputs.every(isStatic)) return undefined
  const outputs =
    node.op === 'Size'
      ? [sizes([], [elementCount(inputs[0]!)], isLong)]
      : inputs.map((shape) => sizes([shape.length], shape, isLong))
  return outputs.every((output) => output !== undefined) ? outputs : undefined
}

function sizes(shape: readonly number[], values: readonly number[], isLong: boolean): Tensor | undefined {
  if (isLong) return Tensor.of('int64', shape, BigInt64Array.from(values, BigInt))
  return values.every((value) => value < 2 ** 31) ? Tensor.of('int32', shape, Int32Array.from(values)) : undefined
}

const nothing: ReadonlySet<Node> = new Set()

/** What a node's value must not come before: what its inputs wait for, and what of its inputs is not constant. */
function waitsFor(graph: Graph, node: Node, found: ReadonlyMap<Node, ConstantNode>): ReadonlySet<Node> {
  let waits = nothing
  for (const input of node.inputs) {
    const producer = graph.producer(input)
    if (!producer) continue
    const more = found.get(producer)?.waitsFor ?? new Set([producer])
    if (more.size === 0 || more === waits) continue
    waits = waits.size === 0 ? more : new Set([...waits, ...more])
  }
  return waits
}

/** The given nodes, each behind those of its inputs that are among them; an edge that closes a loop is not followed. */
function inputsFirst(graph: Graph, nodes: readonly Node[]): Node[] {
  const wanted = new Set(nodes)
  const ordered: Node[] = []
  const entered = new Set<Node>()
  for (const start of nodes) {
    if (entered.has(start)) continue
    entered.add(start)
    const path = [{ node: start, next: 0 }]
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const input = top.node.inputs[top.next++]
      if (!input) {
        ordered.push(top.node)
        path.pop()
        continue
      }
      const producer = graph.producer(input)
      if (!producer || !wanted.has(producer) || entered.has(producer)) continue
      entered.add(producer)
      path.push({ node: producer, next: 0 })
    }
  }
  return ordered
}
