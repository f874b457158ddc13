import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { printTensorName } from '../graph/tensor-name.js'
import { EqualValues } from '../transforms/equal-values.js'

/**
 * The first difference of two graphs, by the rules of `compare_graphs`: the order of nodes, of attributes and of control inputs does
 * not matter, nor do versions, functions and attributes that begin with `_`; `x` is `x:0`, and tensors are compared by their
 * elements, however they are stored. A default that is written out is a difference.
 *
 * @returns undefined where there is none
 */
export function graphDifference(actual: Graph, expected: Graph): string | undefined {
  const values = new EqualValues()
  for (const node of expected.nodes) {
    const found = actual.get(node.name)
    if (!found) return `Did not find expected node '${node.name}' (${node.op})`
    const difference = nodeDifference(found, node, values)
    if (difference) return `Node '${node.name}' ${difference}`
  }
  const unexpected = actual.nodes.find((node) => !expected.has(node.name))
  return unexpected && `Found unexpected node '${unexpected.name}' (${unexpected.op})`
}

function nodeDifference(actual: Node, expected: Node, values: EqualValues): string | undefined {
  if (actual.op !== expected.op) return `has op '${actual.op}' that is not the expected '${expected.op}'`
  if (actual.device !== expected.device) {
    return `has device '${actual.device}' that is not the expected '${expected.device}'`
  }
  return inputDifference(actual, expected) ?? attrDifference(actual, expected, values)
}

function inputDifference(actual: Node, expected: Node): string | undefined {
  if (actual.inputs.length !== expected.inputs.length) {
    return `has ${actual.inputs.length} inputs that are not the expected ${expected.inputs.length}`
  }
  const [found, wanted] = [actual.dataInputs.map(printTensorName), expected.dataInputs.map(printTensorName)]
  const index = found.findIndex((input, at) => input !== wanted[at])
  if (index >= 0) return `has input ${index} '${found[index]}' that is not the expected '${wanted[index] ?? ''}'`
  const controls = new Set(actual.controlInputs.map(printTensorName))
  const missing = expected.controlInputs.map(printTensorName).find((input) => !controls.has(input))
  return missing && `lacks the expected control input '${missing}'`
}

function attrDifference(actual: Node, expected: Node, values: EqualValues): string | undefined {
  const compared = (node: Node): string[] =>
    node.attrs
      .names()
      .filter((name) => !name.startsWith('_'))
      .sort()
  for (const name of compared(expected)) {
    const found = actual.attrs.get(name)
    if (!found) return `lacks the expected attribute '${name}'`
    if (values.textOf(found) !== values.textOf(expected.attrs.get(name)!)) {
      return `has another value of the attribute '${name}' than the expected one`
    }
  }
  const unexpected = compared(actual).find((name) => !expected.attrs.has(name))
  return unexpected && `has the unexpected attribute '${unexpected}'`
}
