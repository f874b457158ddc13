import { baseDataType, type DataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { printShape, type Shape } from '../graph/shape.js'
import { printTensorName, type TensorName } from '../graph/tensor-name.js'
import { outputTypes } from '../ops/op-defs.js'
import type { ShapeMap } from '../ops/shapes/infer.js'

/** A tensor that may be an input or output of the model. */
export interface Candidate {
  tensor: TensorName
  /** As it is written in a request: `node`, or `node:1` for a later port. */
  name: string
  op: string
  dtype: DataType
  shape: Shape
  /** Whether it is one, as far as can be told. */
  taken: boolean
  /** Why it is one, or why not. */
  reason: string
}

/** A tensor and what is thought of it, before its dtype and shape are looked up. */
export interface Judged {
  tensor: TensorName
  taken: boolean
  reason: string
}

/** Which tensors are taken for inputs or outputs, of all that may be. */
export interface Choice {
  judged: Judged[]
  /** Why that is a guess, where it is one. */
  unclear: string | undefined
}

export function describeCandidate(graph: Graph, shapes: ShapeMap, { tensor, taken, reason }: Judged): Candidate {
  const node = graph.get(tensor.node)!
  return {
    tensor,
    name: printTensorName(tensor),
    op: node.op,
    dtype: baseDataType(outputTypes(node)?.[tensor.port] ?? node.attrs.type('dtype') ?? 'invalid'),
    shape: shapes.shapeOf(tensor),
    taken,
    reason,
  }
}

/** How many candidates an error lists. */
const listed = 20

/** One line a candidate: name, dtype and shape, op, reason; those that are taken come first. */
export function printCandidates(candidates: readonly Candidate[]): string[] {
  const ordered = [...candidates].sort((a, b) => Number(b.taken) - Number(a.taken))
  const rows = ordered
    .slice(0, listed)
    .map(({ name, dtype, shape, op, reason }) => [name, `${dtype} ${printShape(shape)}`, op, reason])
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`)
  if (ordered.length > listed) lines.push(`  and ${ordered.length - listed} more`)
  return lines
}
