import { FunctionLibrary } from '../codec/function-library.js'
import { GraphdefError } from '../errors.js'
import { type DataType, dataTypeToNumber, historicalDataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { executionOrder } from '../graph/order.js'
import type { Shape } from '../graph/shape.js'
import { isControl, printTensorName } from '../graph/tensor-name.js'
import { tensorDebugText } from './tensor-debug-text.js'

const notOutputs: ReadonlySet<string> = new Set(['Const', 'Assign', 'NoOp', 'Placeholder'])

/**
 * The lines of the historical tool `summarize_graph`, its blanks at their ends included. Those before inputs that name no node come
 * before the error, as they did.
 * @param path the graph's file as the suggested benchmark command names it
 * @throws GraphdefError `invalid-graph` for inputs that name no node
 */
export function* graphSummary(graph: Graph, path: string): Iterable<string> {
  const { nodes } = graph
  const placeholders = nodes.filter(({ op }) => op === 'Placeholder')
  const variables = nodes.filter(({ op }) => op === 'Variable' || op === 'VariableV2')
  const outputs = nodes.filter(({ name, op }) => !notOutputs.has(op) && graph.readers(name).length === 0)
  yield found(placeholders, 'inputs', 'possible inputs', endpointText)
  yield found(variables, 'variables', 'variables', endpointText)
  yield found(outputs, 'outputs', 'possible outputs', ({ name, op }) => `(name=${name}, op=${op}) `)
  yield countsLine(nodes)
  checkInputs(graph)
  // The tool ends the texts about devices with no line break.
  yield devicesText(nodes) + opsLine(graph)
  yield 'To use with tensorflow/tools/benchmark:benchmark_model try these arguments:'
  yield benchmarkLine([...placeholders, ...variables], outputs, path)
}

function found(nodes: readonly Node[], none: string, some: string, text: (node: Node) => string): string {
  if (nodes.length === 0) return `No ${none} spotted.`
  return `Found ${nodes.length} ${some}: ${nodes.map(text).join('')}`
}

function endpointText({ name, attrs }: Node): string {
  const { type, number } = typeOf(attrs.type('dtype'))
  const shape = attrs.has('shape') ? shapeText(attrs.shape('shape')) : 'None'
  return `(name=${name}, type=${type}(${number}), shape=${shape}) `
}

function typeOf(dtype: DataType | undefined): { type: string; number: number } {
  if (!dtype) return { type: 'INVALID', number: 0 }
  return { type: historicalDataType(dtype), number: dataTypeToNumber(dtype) }
}

/** An attribute of another kind is a scalar's shape to TensorFlow. */
function shapeText(shape: Shape | undefined): string {
  return shape === null ? '<unknown>' : `[${(shape ?? []).map((size) => size ?? '?').join(',')}]`
}

function countsLine(nodes: readonly Node[]): string {
  let constants = 0
  let variables = 0
  let controls = 0
  for (const node of nodes) {
    controls += node.inputs.filter(isControl).length
    if (node.op !== 'Const' && node.op !== 'Variable' && node.op !== 'VariableV2') continue
    const tensor = node.attrs.tensor('value')
    const size = tensor && tensor.problem === undefined ? tensor.size : 0
    if (node.op === 'Const') constants += size
    else variables += size
  }
  return (
    `Found ${constants} (${humanNumber(constants)}) const parameters, ` +
    `${variables} (${humanNumber(variables)}) variable parameters, and ${controls} control_edges`
  )
}

/** `999` as it is, then `23.87M`: two decimals and k, M, B or T. */
function humanNumber(value: number): string {
  if (value < 1000) return String(value)
  if (value >= 1e15) return value.toExponential(2).replace('e+', 'E+')
  let scaled = value / 1000
  for (const letter of 'kMBT') {
    if (scaled < 1000 || letter === 'T') return `${scaled.toFixed(2)}${letter}`
    scaled /= 1000
  }
  return String(value)
}

function devicesText(nodes: readonly Node[]): string {
  const counts = new Map<string, number>()
  for (const { device } of nodes) if (device) counts.set(device, (counts.get(device) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([device, count]) => `${count} nodes assigned to device '${device}'`)
    .join('')
}

function checkInputs(graph: Graph): void {
  const dangling = graph.nodes.flatMap((node) =>
    node.inputs.filter((input) => !graph.producer(input)).map((input) => ({ node, input })),
  )
  const [first] = dangling
  if (!first) return
  throw new GraphdefError('invalid-graph', {
    what: dangling
      .map(({ node, input }) => `the input ${printTensorName(input)} of ${node.name} names no node`)
      .join('\n'),
    node: first.node.name,
    remedy: 'Freeze the model again.',
  })
}

function opsLine(graph: Graph): string {
  const counts = new Map<string, number>()
  const count = ({ op }: Node): void => {
    counts.set(op, (counts.get(op) ?? 0) + 1)
  }
  for (const node of graph.nodes) count(node)
  const library = new FunctionLibrary(graph.envelope)
  for (const name of graph.envelope.functionNames) for (const node of library.get(name)?.nodes ?? []) count(node)
  const ops = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return `Op types used: ${ops.map(([op, times]) => `${times} ${op}`).join(', ')}`
}

function benchmarkLine(inputs: readonly Node[], outputs: readonly Node[], path: string): string {
  const names = (nodes: readonly Node[]): string => nodes.map(({ name }) => name).join(',')
  const sizes = ({ attrs }: Node): string => (attrs.shape('shape') ?? []).map((size) => size ?? -1).join(',')
  return [
    `bazel run tensorflow/tools/benchmark:benchmark_model -- --graph=${path} --show_flops`,
    `--input_layer=${names(inputs)}`,
    `--input_layer_type=${inputs.map(({ attrs }) => typeOf(attrs.type('dtype')).type).join(',')}`,
    `--input_layer_shape=${inputs.map(sizes).join(':')}`,
    `--output_layer=${names(outputs)}`,
  ].join(' ')
}

/** A line a node in execution order, as `--print_structure` gives them. */
export function graphStructure(graph: Graph): string[] {
  return executionOrder(graph).sorted.map((node) => {
    const tensor = node.op === 'Const' ? node.attrs.tensor('value') : undefined
    const value = tensor && tensor.problem === undefined ? `, value=${tensorDebugText(tensor)}` : ''
    return `${node.name} (${node.op}): [${node.inputs.map(printTensorName).join(', ')}]${value}`
  })
}
