import { didYouMean, GraphdefError } from '../errors.js'
import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { Tensor } from '../graph/tensor.js'
import { controlInput, isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { conditionalNodes, switchOps } from './conditional-nodes.js'
import { constNode } from './const-node.js'
import { float, requiredFile } from './options.js'
import { type RangeRecord, readRangeRecords } from './requantization-log.js'
import { cannotTransform, defineTransform, type Transform, type TransformContext } from './transform.js'

/**
 * Puts constants in the place of ranges that an eight-bit graph finds anew in each run: those of a log of many runs, without
 * the most extreme ones.
 *
 *     r = RequantizationRange(q, a, b); y = Requantize(q, a, b, r, r:1)
 *     →   r/frozen_min = Const; r/frozen_max = Const; y = Requantize(q, a, b, r/frozen_min, r/frozen_max)
 */
export const freezeRequantizationRanges: Transform = defineTransform({
  name: 'freeze_requantization_ranges',
  summary: 'puts ranges that were logged in the place of those that are found in each run',
  fidelity: 'lossy',
  // The second run finds nothing to freeze under the names of the log.
  idempotent: false,
  options: {
    min_max_log_file: requiredFile({
      help: 'what the graph printed after insert_logging(op=RequantizationRange, show_name=true, message="__requant_min_max:")',
    }),
    min_percentile: float({
      default: 5,
      minimum: 0,
      maximum: 100,
      help: 'how much of the lowest minima is left out, in percent',
    }),
    max_percentile: float({
      default: 5,
      minimum: 0,
      maximum: 100,
      help: 'how much of the highest maxima is left out, in percent',
    }),
  },
  differences: [
    {
      test: 'control-input',
      historical: 'leaves control inputs on the removed node dangling, and the run fails',
      here: 'who waited for it waits for what it waited for',
    },
    {
      test: 'own-control-inputs',
      historical: 'drops the control inputs of the node',
      here: 'the constants keep them',
    },
    {
      test: 'output-stays',
      historical: 'removes a node that is an output',
      here: 'it is left, with a reason',
    },
    {
      test: 'in-a-branch',
      historical: 'takes the range out of its loop or branch, which TensorFlow then refuses to run',
      here: 'the constants wait for what the node read',
    },
    {
      test: 'hundred-percent',
      historical: 'a min_percentile of 100, or from 50 on if there is one record, reads beyond the end of the list',
      here: 'the last minimum',
    },
    {
      test: 'percentiles are from 0 to 100',
      historical: 'takes percentiles below 0 and above 100',
      here: 'an error where the chain is read',
    },
    {
      test: 'not-finite',
      historical: 'sorts NaN among the numbers and may freeze an infinite range',
      here: 'such records are left out, with a note',
    },
    { test: 'a log in UTF-16 is read', historical: 'finds no record in a log that PowerShell wrote', here: 'reads it' },
  ],
  run(graph, { min_max_log_file: file, min_percentile, max_percentile }, context) {
    const records = recordsByNode(context.file(file), file)
    const nodes = [...records.keys()].map((name) => rangeNode(graph, name, file))
    const conditional = conditionalNodes(graph)
    for (const node of nodes) {
      const logged = records.get(node.name)!
      const finite = logged.filter(({ min, max }) => Number.isFinite(min) && Number.isFinite(max))
      if (finite.length < logged.length) {
        context.report.note(
          `${logged.length - finite.length} of ${logged.length} records of ${node.name} are not finite`,
        )
      }
      const reason = finite.length === 0 ? 'none of its records is finite' : obstacle(graph, node, context)
      if (reason !== undefined) {
        context.report.skip(node, reason)
        continue
      }
      const min = pick(
        finite.map((record) => record.min),
        fraction(min_percentile),
      )
      const max = pick(
        finite.map((record) => record.max),
        Math.fround(1 - fraction(max_percentile)),
      )
      freeze(graph, node, min, max, conditional, context)
    }
  },
})

function recordsByNode(log: Uint8Array, file: string): Map<string, RangeRecord[]> {
  const byNode = new Map<string, RangeRecord[]>()
  for (const record of readRangeRecords(log)) {
    const known = byNode.get(record.node)
    if (known) known.push(record)
    else byNode.set(record.node, [record])
  }
  if (byNode.size > 0) return byNode
  throw new GraphdefError('transform-failed', {
    what: `the log "${file}" has no record of a range`,
    remedy: `Run the graph that insert_logging(op=RequantizationRange, show_name=true, message="__requant_min_max:") gives
on typical inputs, and keep what it prints to standard error.`,
  })
}

function rangeNode(graph: Graph, name: string, file: string): Node {
  const node = graph.get(name)
  if (!node) {
    const known = graph.nodes.filter(({ op }) => op === 'RequantizationRange').map((range) => range.name)
    throw new GraphdefError('transform-failed', {
      what: `the log "${file}" has a range of "${name}", and there is no such node`,
      remedy: [didYouMean(name, known), 'The log must come from this graph as it is at this step of the chain.']
        .filter(Boolean)
        .join('\n'),
    })
  }
  if (node.op === 'RequantizationRange') return node
  throw cannotTransform(node, `the log "${file}" has a range of a ${node.op}, not of a RequantizationRange`)
}

function obstacle(graph: Graph, node: Node, { isPinned }: TransformContext): string | undefined {
  if (isPinned(node)) return 'it is an input or output of the graph'
  const source = node.dataInputs
    .map((input) => graph.producer(input))
    .find((producer) => switchOps.has(producer?.op ?? ''))
  // To wait for a Switch is no wish for one of its branches.
  return source && `it reads the ${source.op} "${source.name}", whose branch constants cannot be put in`
}

/** A percentage as float32, as the historical tool reckons. */
function fraction(percent: number): number {
  return Math.fround(Math.fround(percent) / 100)
}

/** The value at a fraction of the way through the sorted ones: the place is rounded in float32, half away from zero. */
function pick(values: readonly number[], fractionOfAll: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = Math.round(Math.fround(sorted.length * fractionOfAll))
  return sorted[Math.min(place, sorted.length - 1)]!
}

function freeze(
  graph: Graph,
  node: Node,
  min: number,
  max: number,
  conditional: ReadonlySet<string>,
  { report }: TransformContext,
): void {
  const waitedFor = node.inputs.map((input) => controlInput(input.node))
  const controlInputs = tidyInputs(
    node.inputs
      .filter((input) => isControl(input) || conditional.has(input.node))
      .map((input) => controlInput(input.node)),
  )
  const [low, high] = [
    { name: `${node.name}/frozen_min`, value: min },
    { name: `${node.name}/frozen_max`, value: max },
  ].map(({ name, value }) => {
    const scalar = Tensor.of('float32', [], Float32Array.of(value))
    return graph.add(constNode(graph.freeName(name), scalar, { controlInputs }), { before: node })
  }) as [Node, Node]
  for (const reader of graph.readers(node.name)) {
    const inputs = reader.inputs.flatMap((input): TensorName[] => {
      if (input.node !== node.name) return [input]
      return isControl(input) ? waitedFor : [tensorName((input.port === 0 ? low : high).name)]
    })
    graph.setInputs(reader, tidyInputs(inputs))
  }
  graph.remove(node)
  report.add(low)
  report.add(high)
  report.remove(node)
}
