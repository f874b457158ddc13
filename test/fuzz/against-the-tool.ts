import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { parseChain } from '../../src/chain/parse.js'
import type { StepReport } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import { transforms } from '../../src/transforms/registry.js'
import { type Difference, differences, withComparableNames } from './differences.js'
import { type FuzzCase, printCase } from './fuzz-case.js'
import { generators } from './generators.js'
import { broken, run } from './properties.js'
import { explain } from './rows/rows.js'
import { type Outcome, Tool } from './tool.js'

/** Transforms that the tool does not have; they come from TensorFlow's Python tools, from its history, or are our own. */
const notInTheTool: ReadonlySet<string> = new Set([
  'resolve_conditionals',
  'remove_idle_dropout',
  'remove_dropout',
  'inline_functions',
  'remove_training_nodes',
  'quantize_graph',
  'convert_placeholder_to_const',
  'fuse_decomposed_batch_norm',
  'fold_subdivmul_batch_norms',
])

/** After so many differences that no row explains, a transform is left. */
const enough = 3

/** For so many milliseconds a case is made smaller: where the tool runs for ever, each try costs seconds. */
const patience = 60_000

interface Tally {
  graphs: number
  equal: number
  refused: number
  /** How many graphs a row had a part in. */
  rows: Map<string, number>
  unexplained: number
}

/** What one case came to. */
interface Verdict {
  rows: ReadonlySet<string>
  unexplained: readonly Difference[]
  /** Properties that our result breaks, which no row excuses. */
  problems: readonly string[]
  bothRefuse: boolean
}

async function judge(fuzzCase: FuzzCase, tool: Tool): Promise<Verdict> {
  const steps = parseChain(fuzzCase.chain)
  const ran = run(fuzzCase, steps)
  if (ran.error !== undefined && !(ran.error instanceof GraphdefError)) throw ran.error
  const result: Outcome = ran.result
    ? { kind: 'graph', graph: ran.result.graph }
    : { kind: 'refused', text: (ran.error as Error).message.split('\n')[0]! }
  const [ours, theirs] = withComparableNames(result, await tool.transform(fuzzCase, fuzzCase.chain))
  const all = differences(ours, theirs)
  const report: StepReport | undefined = ran.result?.reports[0]
  const source = readGraphDef(fuzzCase.bytes)
  const { rows, unexplained } = explain(steps[0]!.transform.name, { fuzzCase, source, ours, theirs, report, all })
  const problems = all.length > 0 ? broken(fuzzCase, steps) : []
  return { rows, unexplained, problems, bothRefuse: all.length === 0 && ours.kind === 'refused' }
}

async function fuzz(transform: string, tool: Tool, { graphs, seed }: { graphs: number; seed: number }): Promise<Tally> {
  const tally: Tally = { graphs: 0, equal: 0, refused: 0, rows: new Map(), unexplained: 0 }
  for (let round = 0; tally.graphs < graphs && tally.unexplained < enough; round++) {
    // Once a case fails, the calls that follow only make it smaller, and are not counted.
    let failedAt: number | undefined
    const property = fc.asyncProperty(generators[transform]!, async (fuzzCase) => {
      if (failedAt !== undefined && performance.now() - failedAt > patience) return
      const verdict = await judge(fuzzCase, tool)
      const { rows, unexplained, problems } = verdict
      if (failedAt === undefined) count(tally, verdict)
      if (unexplained.length + problems.length === 0) return
      failedAt ??= performance.now()
      const lines = unexplained.map(({ kind, node, text }) => `${kind} ${node}: ${text}`)
      throw new Error([...problems, ...lines, ...(rows.size ? [`besides: ${[...rows].join(', ')}`] : [])].join('\n'))
    })
    const details = await fc.check(property, { seed: seed + round, numRuns: graphs - tally.graphs })
    if (!details.failed) continue
    tally.unexplained++
    const [fuzzCase] = details.counterexample!
    console.log(`\n${transform}: no row explains this (seed ${details.seed})`)
    console.log(printCase(fuzzCase))
    console.log(details.errorInstance instanceof Error ? details.errorInstance.message : details.errorInstance)
  }
  return tally
}

function count(tally: Tally, { rows, unexplained, problems, bothRefuse }: Verdict): void {
  tally.graphs++
  for (const row of rows) tally.rows.set(row, (tally.rows.get(row) ?? 0) + 1)
  if (rows.size + unexplained.length + problems.length > 0) return
  tally.equal++
  if (bothRefuse) tally.refused++
}

/**
 * Compares transforms with the Graph Transform Tool on random graphs.
 *
 *     npm run fuzz -- [--graphs 2000] [--seed 1] [TRANSFORM ...]
 *
 * @returns the exit status: 1 where a difference is in no row of the table
 */
export async function main(args: readonly string[]): Promise<number> {
  const oracle = process.env.GRAPHDEF_ORACLE
  if (!oracle) {
    console.log('GRAPHDEF_ORACLE names no folder with TensorFlow, so there is nothing to compare with.')
    return 0
  }
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { graphs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
  })
  const asked = positionals.length ? positionals : transforms.map(({ name }) => name)
  const tool = await Tool.start(oracle)
  let unexplained = 0
  for (const transform of asked) {
    if (notInTheTool.has(transform)) {
      console.log(`${transform}: not in the tool`)
      continue
    }
    const tally = await fuzz(transform, tool, { graphs: Number(values.graphs), seed: Number(values.seed) })
    unexplained += tally.unexplained
    const rows = [...tally.rows].sort(([, a], [, b]) => b - a).map(([row, times]) => `${row} ${times}`)
    const { graphs, equal, refused } = tally
    console.log(
      `${transform}: ${graphs} graphs, ${equal} equal (${refused} refused by both), ${tally.unexplained} unexplained${rows.length ? `; by row: ${rows.join(', ')}` : ''}`,
    )
  }
  tool.stop()
  return unexplained > 0 ? 1 : 0
}
