import type { Node } from '../graph/node.js'

const variableOps: ReadonlySet<string> = new Set([
  'Variable',
  'VariableV2',
  'TemporaryVariable',
  'AutoReloadVariable',
  'VarHandleOp',
  '_VarHandlesOp',
])

/** Whether a node stands for a variable, whose value is not in the graph: a placeholder of a resource is fed with one. */
export function isVariable(node: Node): boolean {
  if (variableOps.has(node.op)) return true
  return node.op === 'Placeholder' && node.attrs.type('dtype') === 'resource'
}
