import { GraphdefError } from '../errors.js'
import type { AttrKind, AttrValue } from '../graph/attr.js'
import type { DataType } from '../graph/data-type.js'
import type { Node } from '../graph/node.js'
import { attrOrDefault } from '../ops/op-defs.js'

/**
 * A node's attribute or, where it was stripped, the op's default.
 * @throws GraphdefError `missing-attr` where there is neither, `bad-attr` where it is of another kind
 */
function required<K extends AttrKind>(node: Node, name: string, kind: K): Extract<AttrValue, { kind: K }> {
  const value = attrOrDefault(node, name)
  if (!value) {
    throw new GraphdefError('missing-attr', {
      what: `a ${node.op} has no attribute "${name}", which has no default`,
      node: node.name,
    })
  }
  if (value.kind !== kind) {
    throw new GraphdefError('bad-attr', { what: `the attribute "${name}" is of another kind`, node: node.name })
  }
  return value as Extract<AttrValue, { kind: K }>
}

export function boolOrDefault(node: Node, name: string): boolean {
  return required(node, name, 'b').value
}
export function floatOrDefault(node: Node, name: string): number {
  return required(node, name, 'f').value
}
export function typeOrDefault(node: Node, name: string): DataType {
  return required(node, name, 'type').value
}
export function stringOrDefault(node: Node, name: string): string {
  return new TextDecoder().decode(required(node, name, 's').value)
}
export function intsOrDefault(node: Node, name: string): readonly number[] {
  return (required(node, name, 'list').value.i ?? []).map(Number)
}
