import type { AttrValue } from '../graph/attr.js'
import type { DataType } from '../graph/data-type.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import { attrOrDefault } from './op-defs.js'

const text = new TextDecoder()

/** A node's attributes with the op's defaults where it has none of its own. */
export class NodeAttrs {
  readonly node: Node

  constructor(node: Node) {
    this.node = node
  }

  attr(name: string): AttrValue | undefined {
    return attrOrDefault(this.node, name)
  }
  intAttr(name: string): number | undefined {
    const value = this.attr(name)
    return value?.kind === 'i' ? Number(value.value) : undefined
  }
  floatAttr(name: string): number | undefined {
    const value = this.attr(name)
    return value?.kind === 'f' ? value.value : undefined
  }
  boolAttr(name: string): boolean {
    const value = this.attr(name)
    return value?.kind === 'b' && value.value
  }
  stringAttr(name: string): string {
    const value = this.attr(name)
    return value?.kind === 's' ? text.decode(value.value) : ''
  }
  intsAttr(name: string): number[] {
    const value = this.attr(name)
    return value?.kind === 'list' ? (value.value.i ?? []).map(Number) : []
  }
  typeAttr(name: string): DataType | undefined {
    const value = this.attr(name)
    return value?.kind === 'type' ? value.value : undefined
  }
  shapeAttr(name: string): Shape {
    const value = this.attr(name)
    return value?.kind === 'shape' ? value.value : null
  }
  shapesAttr(name: string): readonly Shape[] {
    const value = this.attr(name)
    return value?.kind === 'list' ? (value.value.shape ?? []) : []
  }
}
