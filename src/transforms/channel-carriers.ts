import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { intsOrDefault } from './attr-default.js'
import type { Channels, Found } from './linear-layer.js'

type Carried = (graph: Graph, node: Node, source: Channels) => Channels | undefined

/**
 * Ops that move elements and compute nothing, so that what is done to each channel may be done before them. Each tells
 * where the channels are behind it, undefined where they may be split or mixed.
 */
const carriers: Readonly<Record<string, Carried>> = {
  BatchToSpaceND: (graph, node, source) => {
    const size = constantAt(graph, node, 1)?.length
    return size !== undefined && size < source.rank - source.axisFromEnd ? source : undefined
  },
  BatchToSpace: (_graph, _node, source) => (source.axisFromEnd === 1 && source.rank === 4 ? source : undefined),
  Squeeze: (_graph, node, source) => {
    const { rank, axisFromEnd } = source
    const axes = new Set(intsOrDefault(node, 'squeeze_dims').map((axis) => (axis + rank) % rank))
    const channelAxis = rank - axisFromEnd
    if (axes.size === 0 || axes.has(channelAxis)) return undefined
    const behind = [...axes].filter((axis) => axis > channelAxis).length
    return { ...source, rank: rank - axes.size, axisFromEnd: axisFromEnd - behind }
  },
  ExpandDims: (graph, node, source) => {
    const axis = constantAt(graph, node, 1)?.[0]
    if (axis === undefined) return undefined
    const rank = source.rank + 1
    const behind = (axis + rank) % rank > source.rank - source.axisFromEnd
    return { ...source, rank, axisFromEnd: source.axisFromEnd + (behind ? 1 : 0) }
  },
  Transpose: (graph, node, source) => {
    const permutation = constantAt(graph, node, 1)
    if (permutation?.length !== source.rank) return undefined
    const axis = permutation.indexOf(source.rank - source.axisFromEnd)
    return axis < 0 ? undefined : { ...source, axisFromEnd: source.rank - axis }
  },
  Reshape: (graph, node, source) => {
    const shape = constantAt(graph, node, 1)
    if (source.axisFromEnd !== 1 || shape?.at(-1) !== source.channels) return undefined
    return { ...source, rank: shape.length }
  },
}

export function isCarrier(node: Node): boolean {
  return Object.hasOwn(carriers, node.op)
}

/** Where a carrier puts the channels of what it reads; or why that cannot be said. */
export function carriedChannels(graph: Graph, node: Node, source: Channels): Found<Channels> {
  return carriers[node.op]!(graph, node, source) ?? `"${node.name}" may move channels`
}

/** The numbers of a constant input; undefined where it is no constant. */
export function constantAt(graph: Graph, node: Node, index: number): number[] | undefined {
  const constant = graph.producer(node.dataInputs[index])
  const tensor = constant?.op === 'Const' ? constant.attrs.tensor('value') : undefined
  if (!tensor || tensor.problem !== undefined || tensor.dtype === 'string') return undefined
  return tensor.numbers()
}
