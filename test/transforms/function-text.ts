import { FunctionLibrary } from '../../src/codec/function-library.js'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import type { Slices } from '../../src/codec/slices.js'
import { WireReader } from '../../src/codec/wire-reader.js'
import { varintType } from '../../src/codec/wire-types.js'
import { WireWriter } from '../../src/codec/wire-writer.js'
import { dataTypeToNumber, historicalDataType, parseDataType } from '../../src/graph/data-type.js'
import { Graph, type GraphEnvelope } from '../../src/graph/graph.js'
import type { Node } from '../../src/graph/node.js'
import { printTensorName } from '../../src/graph/tensor-name.js'
import type { ArgDef } from '../../src/ops/op-defs.js'

/**
 * The functions of a graph as text: a line for the signature, then one for each node of the body.
 *
 *     function F(p: float, q: $T) -> (z: float = add:z, ^done = n)
 *     F| add = Add[T=float](p, q)
 *     F| n = NoOp()
 *
 * Inputs within a body are `node:output` or, of a later tensor of that output, `node:output:1`; `$T` is the attribute T.
 */
export function parseFunctions(lines: readonly string[], parseNode: (line: string) => Node): GraphEnvelope | undefined {
  const names = lines.flatMap((line) => /^function (\w+)/.exec(line)?.[1] ?? [])
  if (names.length === 0) return undefined
  const library = new WireWriter()
  for (const name of names) {
    const signature = lines.find((line) => line.startsWith(`function ${name}(`))!
    const nodes = lines
      .filter((line) => line.startsWith(`${name}|`))
      .map((line) => parseNode(line.slice(name.length + 1)))
    library.messageField(1, encodeFunction(name, signature, nodes))
  }
  const record = new WireWriter()
  record.messageField(2, library.finish())
  return {
    versions: { producer: 0, minConsumer: 0 },
    functionNames: new Set(names),
    otherFields: [joinSlices(record.finish().list)],
  }
}

export function isFunctionLine(line: string): boolean {
  return /^(function \w+\(|\w+\|)/.test(line)
}

function encodeFunction(name: string, line: string, nodes: readonly Node[]): Slices {
  const [, inputs, outputs] = /\((.*?)\) -> \((.*?)\)$/.exec(line) ?? []
  if (outputs === undefined) throw new Error(`no signature of a function: ${line}`)
  const list = (text: string): string[] => text.split(',').flatMap((item) => item.trim() || [])
  const signature = new WireWriter()
  signature.stringField(1, name)
  const writer = new WireWriter()
  const returns: { field: 4 | 6; key: string; value: string }[] = []
  for (const item of list(inputs!)) {
    const [arg, type] = item.split(/:\s*/) as [string, string]
    signature.messageField(2, encodeArg(arg, type))
  }
  for (const item of list(outputs)) {
    const [, key, type, value] = /^(\^?\w+)(?::\s*(\S+))?\s*=\s*(\S+)$/.exec(item)!
    if (key!.startsWith('^')) returns.push({ field: 6, key: key!.slice(1), value: value! })
    else {
      signature.messageField(3, encodeArg(key!, type!))
      returns.push({ field: 4, key: key!, value: value! })
    }
  }
  writer.messageField(1, signature.finish())
  for (const node of nodes) {
    const reader = new WireReader(joinSlices(encodeGraphDef(new Graph([node])).list))
    reader.varint()
    writer.bytesField(3, reader.view())
  }
  for (const { field, key, value } of returns) {
    const entry = new WireWriter()
    entry.stringField(1, key)
    entry.stringField(2, value)
    writer.messageField(field, entry.finish())
  }
  return writer.finish()
}

function encodeArg(name: string, type: string): Slices {
  const writer = new WireWriter()
  writer.stringField(1, name)
  if (type.startsWith('$')) writer.stringField(4, type.slice(1))
  else {
    writer.tag(3, varintType)
    writer.varint(dataTypeToNumber(parseDataType(type)!))
  }
  return writer.finish()
}

export function printFunctions(envelope: GraphEnvelope, printNode: (node: Node) => string): string[] {
  const library = new FunctionLibrary(envelope)
  return [...library.names].flatMap((name) => {
    const { inputs, outputs, nodes, returns, controlReturns } = library.get(name)!
    const arg = ({ name: key, type, typeAttr }: ArgDef): string =>
      `${key}: ${type ? historicalDataType(type) : `$${typeAttr}`}`
    const results = [
      ...outputs.map((output) => `${arg(output)} = ${printTensorName(returns.get(output.name)!)}`),
      ...controlReturns.map((node) => `^${node} = ${node}`),
    ]
    return [
      `function ${name}(${inputs.map(arg).join(', ')}) -> (${results.join(', ')})`,
      ...nodes.map((node) => `${name}| ${printNode(node)}`),
    ]
  })
}
