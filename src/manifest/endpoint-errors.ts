import { graphAdvice } from '../codec/freeze-advice.js'
import { didYouMean, GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { type Candidate, printCandidates } from './candidate.js'

export type Side = 'input' | 'output'

/** The error for a name that the graph does not have, with what may be meant. */
export function unknownName(
  side: Side,
  what: string,
  { word, graph, candidates }: { word?: string; graph: Graph; candidates: readonly Candidate[] },
): GraphdefError {
  const hint =
    word === undefined
      ? undefined
      : didYouMean(
          word,
          graph.nodes.map(({ name }) => name),
        )
  const likely = candidates.filter(({ taken }) => taken)
  const lines = [
    ...(hint === undefined ? [] : [hint]),
    ...(likely.length > 0 ? [`What looks like ${side}s:`, ...printCandidates(likely)] : []),
  ]
  return new GraphdefError(`unknown-${side}`, { what, remedy: lines.join('\n') || undefined })
}

/** The error for inputs or outputs that have to be named, with the candidates and lines to paste. */
export function ambiguous(side: Side, why: string, candidates: readonly Candidate[]): GraphdefError {
  const taken = candidates.filter((candidate) => candidate.taken)
  const names = (taken.length > 0 ? taken : candidates).map(({ name }) => name)
  const pasted = names.length > 0 ? names.join(',') : 'NODE'
  return new GraphdefError(`ambiguous-${side}`, {
    what: `the ${side}s are not named and cannot be told: ${why}`,
    remedy: [
      ...(candidates.length > 0 ? ['Candidates:', ...printCandidates(candidates)] : []),
      `Name the ${side}s, for instance:`,
      `  in the import: ?optimize=deploy&${side}s=${pasted}`,
      `  on the command line: --${side}s=${pasted}`,
    ].join('\n'),
  })
}

/** The error for a graph whose outputs need variables. */
export function notFrozen(variables: readonly string[], outputNodes: readonly string[]): GraphdefError {
  const names = variables.slice(0, 5).map((name) => `"${name}"`)
  if (variables.length > names.length) names.push('…')
  const what =
    variables.length === 1
      ? `the value of its variable ${names[0]} is not in it`
      : `the values of its ${variables.length} variables are not in it: ${names.join(', ')}`
  return new GraphdefError('not-frozen', {
    what: `the graph is not frozen: ${what}`,
    remedy: graphAdvice([...new Set(outputNodes)]),
  })
}
