import type { StepReport } from '../../../src/chain/run.js'
import type { Graph } from '../../../src/graph/graph.js'
import type { Node } from '../../../src/graph/node.js'
import { isControl, printTensorName, type TensorName } from '../../../src/graph/tensor-name.js'
import { controlsOf, type Difference } from '../differences.js'
import type { FuzzCase } from '../fuzz-case.js'
import type { Outcome } from '../tool.js'

/** What a row may look at. */
export interface Situation {
  readonly fuzzCase: FuzzCase
  /** The graph before. */
  readonly source: Graph
  readonly ours: Outcome
  readonly theirs: Outcome
  /** What our transform reports; undefined where it was refused. */
  readonly report: StepReport | undefined
  readonly all: readonly Difference[]
}

/** Whether a row of the table of differences explains a difference. */
export type Row = (difference: Difference, situation: Situation) => boolean

/** A transform's rows, by the name of the test that shows each; a row that is gone is thus noticed. The first that fits counts. */
export type Rows = Readonly<Record<string, Row>>

export function isPinned(node: string, { fuzzCase }: Situation): boolean {
  return [...fuzzCase.inputs, ...fuzzCase.outputs].some((name) => name === node || name.startsWith(`${node}:`))
}

/** Whether our report says why a node was left, in words that fit. */
export function skips({ report }: Situation, words: RegExp, node?: string): boolean {
  return report?.skipped.some((skip) => (node === undefined || skip.node === node) && words.test(skip.reason)) ?? false
}

/** We gave a graph where the tool refused, crashed, ran for ever or wrote no graph. */
export function onlyTheyFail({ kind }: Difference, { ours, theirs }: Situation, text: RegExp = /(?:)/): boolean {
  return kind === 'outcome' && ours.kind === 'graph' && theirs.kind !== 'graph' && text.test(theirs.text)
}

/** The names in ours that theirs has not, of what stands between commas. */
export function moreThan(ours: string, theirs: string): string[] {
  const known = new Set(theirs.split(', '))
  return ours.split(', ').filter((name) => name !== '' && !known.has(name))
}

/** The control inputs that only our node has. */
export function extraControls({ ours, theirs }: Difference): string[] {
  return ours && theirs ? moreThan(controlsOf(ours), controlsOf(theirs)).map((name) => name.slice(1)) : []
}

/** Whether our node has the tool's control inputs and more. */
export function hasMoreControls({ kind, ours, theirs }: Difference): boolean {
  if (kind !== 'control inputs' || !ours || !theirs) return false
  return moreThan(controlsOf(theirs), controlsOf(ours)).length === 0
}

/** What an input reads when nodes that pass on their first input, and that one side has and the other has not, are looked through. */
export function through(input: TensorName, graph: Graph, passing: (node: Node) => boolean): string {
  const seen = new Set<string>()
  let name = input
  for (let node = graph.get(name.node); node && passing(node) && !seen.has(node.name); node = graph.get(name.node)) {
    seen.add(node.name)
    const first = node.dataInputs[0]
    if (!first) break
    name = isControl(name) ? { node: first.node, port: name.port } : first
  }
  return printTensorName(name)
}

/** The graphs of both, where both gave one. */
export function bothGraphs({ ours, theirs }: Situation): { ours: Graph; theirs: Graph } | undefined {
  return ours.kind === 'graph' && theirs.kind === 'graph' ? { ours: ours.graph, theirs: theirs.graph } : undefined
}
