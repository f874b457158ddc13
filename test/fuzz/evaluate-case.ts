import { GraphdefError } from '../../src/errors.js'
import { type DataType, newElements } from '../../src/graph/data-type.js'
import type { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { elementCount, type StaticShape } from '../../src/graph/shape.js'
import { Tensor } from '../../src/graph/tensor.js'
import { isControl, type TensorName, tensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { kernelFor } from '../../src/kernels/registry.js'
import { constNode } from '../../src/transforms/const-node.js'
import { decideBranches } from './decide-branches.js'
import { functions } from './families/functions.js'
import type { FuzzCase } from './fuzz-case.js'

/**
 * What a graph gives for its outputs; undefined for an output that our evaluator cannot compute: control flow, random numbers,
 * what is not fed.
 */
export function answersOf(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  outputs: readonly TensorName[],
): (Tensor | undefined)[] {
  const plain = withoutFusedOps(graph, new Set(feeds.keys()))
  return outputs.map((output) => {
    try {
      return evaluate(plain, feeds, [output])[0]
    } catch (error) {
      if (error instanceof GraphdefError) return undefined
      throw error
    }
  })
}

/** The fused ops taken apart again, which our evaluator does not have: what they mean is what they are made of. */
function withoutFusedOps(source: Graph, fed: ReadonlySet<string>): Graph {
  const graph = source.copy()
  for (const node of graph.nodes) {
    if (node.op === 'FusedResizeAndPadConv2D') takeApart(graph, node, true)
    else if (node.op === 'FusedPadConv2D') takeApart(graph, node, false)
    else if (node.op === 'Print') passOn(graph, node)
  }
  decideBranches(graph, fed)
  for (const node of graph.nodes) {
    if (node.op.endsWith('PartitionedCall')) call(graph, node)
    else if (node.op === 'RandomUniform') noLongerRandom(graph, node)
  }
  if (!kernelFor('ResizeBilinear'))
    for (const node of graph.nodes) if (node.op === 'ResizeBilinear') standIn(graph, node)
  return graph
}

function passOn(graph: Graph, node: Node): void {
  node.op = 'Identity'
  graph.setInputs(node, [node.dataInputs[0]!, ...node.controlInputs])
}

function takeApart(graph: Graph, node: Node, resizes: boolean): void {
  const [image, ...rest] = node.dataInputs
  const [paddings, weights] = rest.slice(-2)
  const parts: Node[] = []
  let input = image!
  if (resizes) {
    const resize = new Node({
      name: graph.freeName(`${node.name}/resize`),
      op: 'ResizeBilinear',
      inputs: [input, rest[0]!],
    })
    resize.attrs.setBool('align_corners', node.attrs.bool('resize_align_corners') ?? false)
    parts.push(resize)
    input = tensorName(resize.name)
  }
  const pad = new Node({ name: graph.freeName(`${node.name}/pad`), op: 'MirrorPad', inputs: [input, paddings!] })
  pad.attrs.copy('mode', node.attrs)
  const conv = new Node({ name: node.name, op: 'Conv2D', inputs: [tensorName(pad.name), weights!] })
  for (const name of ['T', 'strides', 'padding']) conv.attrs.copy(name, node.attrs)
  graph.replace(node, [...parts, pad, conv])
}

/** A half for every random number. */
function noLongerRandom(graph: Graph, node: Node): void {
  const half = constNode(graph.freeName(`${node.name}/half`), Tensor.of('float32', [], Float32Array.of(0.5)))
  graph.add(half)
  node.op = 'Fill'
  graph.setInputs(node, [...node.dataInputs, tensorName(half.name)])
}

/** The body of a function that the generators call, in place of the call. */
function call(graph: Graph, node: Node): void {
  const called = functions[node.attrs.func('f')?.name ?? '']
  if (!called) return
  const name = (inner: string): string => `${node.name}!${inner}`
  const resolve = (reference: string): TensorName => {
    const at = called.args.indexOf(reference)
    return at < 0 ? tensorName(name(reference.slice(0, reference.indexOf(':')))) : node.dataInputs[at]!
  }
  const body = called.nodes.map(({ name: inner, op, inputs }) => {
    return new Node({ name: name(inner), op, inputs: [...inputs.map(resolve), ...node.controlInputs] })
  })
  const returned = Object.values(called.returns).map(resolve)
  const readers = graph.edgesFrom(node.name).map(({ reader }) => reader)
  for (const reader of new Set(readers)) {
    const inputs = reader.inputs.map((input) =>
      input.node === node.name && !isControl(input) ? returned[input.port]! : input,
    )
    graph.setInputs(reader, inputs)
  }
  const first = new Node({ name: node.name, op: 'Identity', inputs: [returned[0]!] })
  graph.replace(node, [...body, first])
}

/** Any function of image, size and align_corners that has the resized shape does where two graphs are compared. */
function standIn(graph: Graph, node: Node): void {
  const size = graph.producer(node.dataInputs[1])?.attrs.tensor('value')?.numbers()
  if (!size) return
  const corners = node.attrs.bool('align_corners') ? 1 : 0
  let input = node.dataInputs[0]!
  const parts: Node[] = []
  for (const [index, extent] of size.entries()) {
    const picks = Int32Array.from({ length: extent }, (_, at) => (at + corners) % 2)
    const name = graph.freeName(`${node.name}/picks${index}`)
    const constants = [
      constNode(name, Tensor.of('int32', [extent], picks)),
      constNode(`${name}/axis`, Tensor.of('int32', [], Int32Array.of(index + 1))),
    ]
    const gather = new Node({
      name: index === 0 ? `${name}/gather` : node.name,
      op: 'GatherV2',
      inputs: [input, ...constants.map((constant) => tensorName(constant.name))],
    })
    parts.push(...constants, gather)
    input = tensorName(gather.name)
  }
  graph.replace(node, parts)
}

/** A tensor for each input, the same for the same name and type: floats of eighths, small integers. */
export function feedsFor({ feeds }: FuzzCase): Map<string, Tensor> {
  return new Map([...feeds].map(([name, { dtype, shape }]) => [name, numbersFor(name, dtype, shape)]))
}

function numbersFor(name: string, dtype: DataType, shape: StaticShape): Tensor {
  const elements = newElements(dtype, elementCount(shape))
  let state = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 7)
  for (let index = 0; index < elements.length; index++) {
    state = (state * 1103515245 + 12345) % 2147483648
    const value = (Math.floor(state / 65536) % 33) - 16
    if (elements instanceof BigInt64Array || elements instanceof BigUint64Array) elements[index] = BigInt(value)
    else elements[index] = dtype.startsWith('float') ? value / 8 : dtype === 'bool' ? Number(value > 0) : value
  }
  return Tensor.of(dtype, shape, elements)
}
