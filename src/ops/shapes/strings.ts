import type { Shape } from '../../graph/shape.js'
import { type Dim, mergeButScalars, unknownOfRank, withRank } from './dimensions.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'
import { sparseTensor } from './sparse.js'

const sameAsFirst = (c: ShapeContext): Shape[] => [c.shape(0)]

/** Sparse tensors by three lists of outputs, as parsers give them. */
function sparseOutputs(count: number, rank: Dim): Shape[] {
  const [indices, values, shape] = sparseTensor(rank)
  return [indices, values, shape].flatMap((each) => new Array<Shape>(count).fill(each))
}

function listLength(c: ShapeContext, attr: string): number {
  const value = c.attr(attr)
  return value?.kind === 'list' ? (value.value.type ?? []).length : 0
}

/** A batch of Example messages. */
function parseExample(c: ShapeContext): Shape[] {
  const batch = c.shape(0)?.[0] ?? null
  const dense = c.shapesAttr('dense_shapes').map((shape): Shape => (shape === null ? null : [batch, ...shape]))
  return [...sparseOutputs(c.intAttr('Nsparse') ?? 0, 2), ...dense]
}

function parseSingleExample(c: ShapeContext): Shape[] {
  return [...sparseOutputs(c.intAttr('num_sparse') ?? 0, 1), ...c.shapesAttr('dense_shapes')]
}

/** One SequenceExample: what holds for all of it, and lists over its steps. */
function parseSingleSequence(c: ShapeContext): Shape[] {
  const steps = c
    .shapesAttr('feature_list_dense_shapes')
    .map((shape): Shape => (shape === null ? null : [null, ...shape]))
  return [
    ...sparseOutputs(listLength(c, 'context_sparse_types'), 1),
    ...c.shapesAttr('context_dense_shapes'),
    ...sparseOutputs(listLength(c, 'feature_list_sparse_types'), 2),
    ...steps,
  ]
}

/** Pieces of each string, as a sparse matrix. */
const split = (): Shape[] => [...sparseTensor(2)]

function reduceJoin(c: ShapeContext): Shape[] {
  const input = c.shape(0)
  const axes = c.ints(1)
  const keep = c.boolAttr('keep_dims')
  if (input === null) return [null]
  if (!axes) return [keep ? unknownOfRank(input.length) : null]
  const reduced = new Set(axes.map((axis) => (axis < 0 ? axis + input.length : axis)))
  const sizes = input.map((size, axis): Dim | undefined => (reduced.has(axis) ? (keep ? 1 : undefined) : size))
  return [sizes.filter((size) => size !== undefined)]
}

/** Strings, the messages that are parsed from them, files and summaries. */
export const stringShapes: ShapeFunctions = {
  ...forOps(
    `AsString DecodeBase64 EncodeBase64 RegexFullMatch RegexReplace StaticRegexFullMatch StaticRegexReplace StringLength
     StringLower StringStrip StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber
     StringUpper`,
    sameAsFirst,
  ),
  StringJoin: (c) => [mergeButScalars(c.shapes)],
  ...forOps('StringSplit StringSplitV2', split),
  StringNGrams: (c) => [[null], withRank(c.shape(1), 1)],
  ReduceJoin: reduceJoin,
  DecodeRaw: (c) => [c.shape(0) === null ? null : [...c.shape(0)!, null]],
  ParseExample: parseExample,
  ParseSingleExample: parseSingleExample,
  ParseSingleSequenceExample: parseSingleSequence,
  ...forOps('ShardedFilename ShardedFilespec ReadFile', () => [[]]),
  ...forOps('HistogramSummary MergeSummary ScalarSummary', () => [[]]),
  ...forOps('Restore RestoreSlice', () => [null]),
  RestoreV2: (c) => new Array<Shape>(c.outputCount).fill(null),
}
