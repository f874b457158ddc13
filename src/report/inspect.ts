import { bindFeeds } from '../chain/feeds.js'
import { bindInputShapes, type InputShape, printInputShapes } from '../chain/input-shapes.js'
import { readModel } from '../codec/read-model.js'
import type { ModelKind } from '../codec/wrong-file.js'
import type { Graph } from '../graph/graph.js'
import type { Candidate } from '../manifest/candidate.js'
import { type Candidates, describeCandidates } from '../manifest/endpoints.js'
import { type Feed, printFeeds } from '../transforms/feed-text.js'

/** What is in a model's file. */
export interface Inspection {
  format: ModelKind
  gzip: boolean
  bytes: number
  /** The TensorFlow graph version that wrote the graph, and the least that reads it; 0 where the graph does not tell. */
  producer: number
  minConsumer: number
  nodes: number
  /** How many nodes of each op there are, the most frequent first. */
  ops: Record<string, number>
  /** As far as can be told: where `unclear` says so, they have to be named in an import. */
  inputs: Candidate[]
  outputs: Candidate[]
  /** Others that were thought of, with the reason against them. */
  others: { inputs: Candidate[]; outputs: Candidate[] }
  /** Why the inputs or outputs have to be named; undefined where they are found. */
  unclear: Candidates['unclear']
  /** Variables that the outputs need: with any, the graph is not frozen. */
  variables: string[]
  /** Placeholders that were taken for constants, as an import's query has them. */
  feed?: string
  /** Sizes of inputs that were given, as an import's query has them. */
  shape?: string
  /** Elements of all constants. */
  parameters: number
}

/**
 * Tells what is in a model: a GraphDef, its text form, a memory-mapped package, or a gzip of one of them.
 * @param feeds placeholders that are taken for constants
 * @param shapes sizes of placeholders that the graph leaves open
 * @throws GraphdefError that says what the file is where it is something else
 */
export async function inspectModel(
  bytes: Uint8Array,
  feeds: readonly Feed[] = [],
  shapes: readonly InputShape[] = [],
): Promise<Inspection> {
  const { graph, kind, gzip } = await readModel(bytes)
  bindFeeds(graph, feeds)
  bindInputShapes(graph, shapes)
  const { inputs, outputs, variables, unclear } = describeCandidates(graph)
  return {
    format: kind,
    gzip,
    bytes: bytes.length,
    ...graph.envelope.versions,
    nodes: graph.size,
    ops: countOps(graph),
    inputs: inputs.filter(({ taken }) => taken),
    outputs: outputs.filter(({ taken }) => taken),
    others: { inputs: inputs.filter(({ taken }) => !taken), outputs: outputs.filter(({ taken }) => !taken) },
    unclear,
    variables,
    ...(feeds.length > 0 ? { feed: printFeeds(feeds) } : {}),
    ...(shapes.length > 0 ? { shape: printInputShapes(shapes) } : {}),
    parameters: countParameters(graph),
  }
}

function countOps(graph: Graph): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)))
}

function countParameters(graph: Graph): number {
  let count = 0
  for (const node of graph.nodes) if (node.op === 'Const') count += node.attrs.tensor('value')?.size ?? 0
  return count
}
