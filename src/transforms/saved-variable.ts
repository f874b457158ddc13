import type { Checkpoint } from '../codec/checkpoint.js'
import { parseShapeAndSlice } from '../codec/tensor-slice.js'
import { didYouMean } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { cannotTransform } from './transform.js'

/**
 * The value that a checkpoint has for a variable: what the graph's saver would restore. That tells the name and, for a part of
 * a partitioned variable, the slice; without a saver the variable's own name counts.
 * @throws GraphdefError where the checkpoint does not have it
 */
export function savedValue(graph: Graph, variable: Node, checkpoint: Checkpoint): Tensor {
  const { name, part } = restored(graph, variable) ?? { name: variable.name, part: '' }
  const slice = part === '' ? undefined : parseShapeAndSlice(part)
  if (part !== '' && !slice) throw cannotTransform(variable, `"${part}" is no slice of a tensor`)
  const value = checkpoint.tensor(name, slice)
  if (value) return value
  throw cannotTransform(
    variable,
    `the checkpoint has no tensor "${name}"`,
    [didYouMean(name, checkpoint.names()), 'Name the checkpoint of this graph as input_checkpoint.']
      .filter(Boolean)
      .join('\n'),
  )
}

/** What is restored into a variable: an Assign reads it and an output of a RestoreV2, which has a list of names. */
function restored(graph: Graph, variable: Node): { name: string; part: string } | undefined {
  for (const assign of graph.readers(variable.name)) {
    const [target, value] = assign.dataInputs
    if (assign.op !== 'Assign' || target?.node !== variable.name) continue
    const restore = graph.producer(value)
    if (restore?.op !== 'RestoreV2') continue
    const [, names, parts] = restore.dataInputs.map((input) => textsOf(graph.producer(input)))
    const found = names?.indexOf(wholeName(variable.name)) ?? -1
    const place = found < 0 ? value!.port : found
    const name = names?.[place]
    if (name !== undefined) return { name, part: parts?.[place] ?? '' }
  }
  return undefined
}

/** A partitioned variable `w` is the variables `w/part_0`, `w/part_1` and so on, and one tensor in a checkpoint. */
function wholeName(name: string): string {
  return name.replace(/\/part_[^/]*$/, '')
}

function textsOf(node: Node | undefined): string[] | undefined {
  const tensor = node?.attrs.tensor('value')
  if (node?.op !== 'Const' || tensor?.storage.kind !== 'strings') return undefined
  return tensor.strings().map((text) => new TextDecoder().decode(text))
}
