import { didYouMean, GraphdefError } from '../errors.js'
import { baseDataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { printShape, type Shape } from '../graph/shape.js'
import { parseTensorName } from '../graph/tensor-name.js'
import { runOnConstants } from '../kernels/run-on-constants.js'
import { outputTypes } from '../ops/op-defs.js'
import { inferShapes } from '../ops/shapes/infer.js'
import { isPlaceholder } from '../transforms/bind-placeholder.js'
import { BadValue, parseShapeText } from '../transforms/options.js'

/** An input and the shape that it is given before anything else is done. */
export interface InputShape {
  /** The node's name. */
  readonly name: string
  /** Unknown sizes stay what they are in the graph. */
  readonly shape: Shape
}

/**
 * Reads `image:1,224,224,3;mask:?,224`: -1 or ? leaves a size as it is, `[]` is a scalar; a port 0 may stand behind the name.
 * @throws BadValue
 */
export function parseInputShapes(text: string): InputShape[] {
  const shapes = text.split(';').map((item): InputShape => {
    const found = /^\s*([^:=\s]+?)(?::0(?=\s*[:=]))?\s*[:=](.*)$/s.exec(item)
    if (!found) {
      const what = item.trim() === '' ? 'an empty item' : `"${item.trim()}" without a name or sizes`
      throw new BadValue(`has ${what}; write name:sizes, as image:1,224,224,3;mask:1,224`)
    }
    try {
      return { name: found[1]!, shape: parseShapeText(found[2]!) }
    } catch (error) {
      throw error instanceof BadValue ? new BadValue(`gives ${found[1]} no shape: ${error.message}`) : error
    }
  })
  for (const [index, { name }] of shapes.entries()) {
    if (shapes.findIndex((other) => other.name === name) < index) throw new BadValue(`gives ${name} two shapes`)
  }
  return shapes
}

/** The same text for the same shapes, whatever their order. */
export function printInputShapes(shapes: readonly InputShape[]): string {
  return shapes
    .map(({ name, shape }) => `${name}:${printSizes(shape)}`)
    .sort()
    .join(';')
}

function printSizes(shape: Shape): string {
  if (shape === null) return 'unknown'
  return shape.length === 0 ? '[]' : shape.map((size) => size ?? -1).join(',')
}

/**
 * Gives placeholders the sizes that the graph does not know. A node that is no placeholder becomes one where it is listed among
 * the inputs, as its own value is not asked for then.
 *
 * @throws GraphdefError `unknown-input` where there is no such node, `bad-shape` where it is no input or has another shape
 */
export function bindInputShapes(
  graph: Graph,
  shapes: readonly InputShape[],
  { inputs = [] }: { inputs?: readonly string[] | undefined } = {},
): void {
  const listed = inputs.map(parseTensorName)
  for (const { name, shape } of shapes) {
    const node = graph.get(name)
    if (!node) throw unknownInput(graph, name)
    if (isPlaceholder(node)) {
      node.attrs.setShape('shape', joined(name, knownShape(graph, node), shape))
    } else if (listed.some((input) => input.node === name && input.port === 0)) {
      putPlaceholder(graph, node, joined(name, knownShape(graph, node), shape))
    } else {
      throw new GraphdefError('bad-shape', {
        what: `"${name}" is given a shape, and it is no placeholder but a ${node.op}`,
        remedy: `If it is fed all the same, list it among the inputs. ${placeholdersOf(graph)}`,
      })
    }
  }
}

function knownShape(graph: Graph, node: Node): Shape {
  return inferShapes(graph, { evaluate: runOnConstants }).shapesOf(node)[0] ?? null
}

/** What is known of a shape from the graph and from the request. */
function joined(name: string, known: Shape, given: Shape): Shape {
  if (known === null || given === null) return known ?? given
  const fits =
    known.length === given.length && known.every((size, axis) => (given[axis] ?? size) === (size ?? given[axis]))
  if (fits) return known.map((size, axis) => size ?? given[axis]!)
  const rank = known.length === given.length ? '' : ', which has another number of dimensions'
  throw new GraphdefError('bad-shape', {
    what: `"${name}" has the shape ${printShape(known)} in the graph and cannot be given ${printShape(given)}${rank}`,
    remedy:
      'Only sizes that the graph leaves open, shown as ?, can be given. Leave the others as they are, with ? or -1.',
  })
}

function putPlaceholder(graph: Graph, node: Node, shape: Shape): void {
  const later = graph.edgesFrom(node.name).find((edge) => edge.input.port > 0)
  if (later) {
    throw new GraphdefError('bad-shape', {
      what: `"${node.name}" is given a shape, and "${later.reader.name}" reads its output ${later.input.port}`,
      remedy: 'Only an input with one output can be given a shape.',
    })
  }
  const placeholder = new Node({ name: node.name, op: 'Placeholder', device: node.device })
  placeholder.attrs.setType('dtype', baseDataType(outputTypes(node)?.[0] ?? 'float32'))
  placeholder.attrs.setShape('shape', shape)
  graph.replace(node, [placeholder])
}

function unknownInput(graph: Graph, name: string): GraphdefError {
  const names = graph.nodes.filter(isPlaceholder).map((node) => node.name)
  return new GraphdefError('unknown-input', {
    what: `the graph has no node "${name}", which is given a shape`,
    remedy: [didYouMean(name, names), placeholdersOf(graph)].filter(Boolean).join('\n'),
  })
}

function placeholdersOf(graph: Graph): string {
  const most = 8
  const names = graph.nodes.filter(isPlaceholder).map((node) => node.name)
  if (names.length === 0) return 'The graph has no placeholder.'
  const more = names.length > most ? ` and ${names.length - most} more` : ''
  return `Its placeholders: ${names.slice(0, most).join(', ')}${more}.`
}
