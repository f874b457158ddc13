import type { FunctionDef, FunctionLibrary } from '../codec/function-library.js'
import { baseDataType, type DataType } from '../graph/data-type.js'
import { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { type TensorName, tensorName } from '../graph/tensor-name.js'
import { constNode } from './const-node.js'
import { ConstantValues } from './constant-value.js'
import { CannotInline } from './function-body.js'
import { inlineCall } from './inline-call.js'
import { Reporter, type TransformContext } from './transform.js'

/** Whether the condition of a While is false before its first turn, as far as what it starts with is constant. */
export function isNeverEntered(
  graph: Graph,
  library: FunctionLibrary,
  node: Node,
  context: Pick<TransformContext, 'inputs'>,
): boolean {
  const called = node.attrs.func('cond')
  const condition = called && library.get(called.name)
  if (!condition) return false
  const values = new ConstantValues(graph, context)
  const starts = node.dataInputs.map((input, index) => {
    const value = values.of(input)
    return value ? constNode(`start${index}`, value) : new Node({ name: `start${index}`, op: 'Placeholder' })
  })
  const args = starts.map(({ name }) => tensorName(name))
  const call = new Node({ name: 'condition', op: 'PartitionedCall', inputs: args })
  const reader = new Node({ name: 'reader', op: 'Identity', inputs: [tensorName('condition')] })
  const trial = new Graph([...starts, call, reader], graph.envelope)
  const trialContext = { inputs: [], isPinned: () => false, report: new Reporter() }
  try {
    const attrs = called.attrs
    inlineCall(trial, library, { node: call, function: condition, args, attrs, conditional: false }, trialContext)
  } catch (error) {
    if (error instanceof CannotInline) return false
    throw error
  }
  return new ConstantValues(trial, trialContext).scalar(reader.dataInputs[0]) === 0
}

/** A function that returns its arguments, with the dtypes of a While. */
export function passThrough(node: Node): FunctionDef {
  const types: readonly DataType[] = node.attrs.types('T') ?? []
  const arg = (prefix: string) => (type: DataType, index: number) => {
    return { name: `${prefix}${index}`, type: baseDataType(type), isRef: false }
  }
  const inputs = types.map(arg('input'))
  const outputs = types.map(arg('output'))
  const returns = new Map<string, TensorName>(outputs.map(({ name }, index) => [name, tensorName(inputs[index]!.name)]))
  return { name: node.op, inputs, outputs, attrDefaults: new Map(), nodes: [], returns, controlReturns: [] }
}
