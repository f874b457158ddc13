import type { Difference } from '../differences.js'
import * as constants from './constants.js'
import * as dilations from './dilations.js'
import * as eightBits from './eight-bits.js'
import * as layers from './layers.js'
import * as names from './names.js'
import * as plumbing from './plumbing.js'
import * as rewriting from './rewriting.js'
import type { Rows, Situation } from './row.js'
import * as weights from './weights.js'

/** The rows of each transform that is compared with the tool. */
export const rows: Readonly<Record<string, Rows>> = {
  strip_unused_nodes: plumbing.stripUnusedNodes,
  remove_nodes: plumbing.removeNodes,
  remove_control_dependencies: plumbing.removeControlDependencies,
  fold_constants: constants.foldConstants,
  fold_batch_norms: layers.foldBatchNorms,
  fold_old_batch_norms: layers.foldOldBatchNorms,
  fuse_resize_pad_and_conv: layers.fuseResizePadAndConv,
  fuse_resize_and_conv: layers.fuseResizeAndConv,
  fuse_pad_and_conv: layers.fusePadAndConv,
  rename_attribute: names.renameAttribute,
  rename_op: names.renameOp,
  rename_node: names.renameNode,
  merge_duplicate_nodes: names.mergeDuplicateNodes,
  insert_logging: names.insertLogging,
  backport_concatv2: names.backportConcatV2,
  backport_tensor_array_v3: rewriting.backportTensorArrayV3,
  inline_partitionedcall: rewriting.inlinePartitionedcall,
  sparsify_gather: rewriting.sparsifyGather,
  freeze_requantization_ranges: rewriting.freezeRequantizationRanges,
  flatten_atrous_conv: dilations.flattenAtrousConv,
  quantize_nodes: eightBits.quantizeNodes,
  round_weights: weights.roundWeights,
  quantize_weights: weights.quantizeWeights,
}

/** The transforms whose result has the tool's order of nodes. */
const inTheirOrder: ReadonlySet<string> = new Set([
  'strip_unused_nodes',
  'remove_attribute',
  'remove_control_dependencies',
  'round_weights',
  'quantize_weights',
  'add_default_attributes',
  'sort_by_execution_order',
  'remove_device',
  'set_device',
  'rename_attribute',
  'rename_op',
  'rename_node',
  'obfuscate_names',
  'insert_logging',
  'backport_concatv2',
  'backport_tensor_array_v3',
])

/** Which rows explain the differences of a transform's run, and which differences none explains. */
export function explain(
  transform: string,
  situation: Situation,
): { rows: ReadonlySet<string>; unexplained: readonly Difference[] } {
  const used = new Set<string>()
  const unexplained = situation.all.filter((difference) => {
    if (difference.kind === 'order' && !inTheirOrder.has(transform)) return false
    const row = Object.entries(rows[transform] ?? {}).find(([, explains]) => explains(difference, situation))
    if (row) used.add(row[0])
    return !row
  })
  return { rows: used, unexplained }
}
