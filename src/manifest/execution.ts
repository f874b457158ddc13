import type { Graph } from '../graph/graph.js'

/**
 * Ops that TensorFlow.js runs only through `executeAsync`: control flow, and those whose output's size depends on values
 * that must first be read back from the device (category `dynamic` of its converter).
 */
const asynchronousOps: ReadonlySet<string> = new Set([
  'Switch',
  'Merge',
  'Enter',
  'Exit',
  'NextIteration',
  'LoopCond',
  'If',
  'StatelessIf',
  'While',
  'StatelessWhile',
  'TensorArrayV3',
  'TensorArrayWriteV3',
  'TensorArrayReadV3',
  'TensorArrayGatherV3',
  'TensorArrayScatterV3',
  'TensorArrayConcatV3',
  'TensorArraySplitV3',
  'TensorArraySizeV3',
  'TensorArrayCloseV3',
  'TensorListScatterV2',
  'TensorListGather',
  'TensorListGetItem',
  'TensorListSetItem',
  'TensorListReserve',
  'TensorListFromTensor',
  'TensorListStack',
  'TensorListConcat',
  'TensorListPushBack',
  'TensorListPopBack',
  'TensorListSplit',
  'TensorListLength',
  'TensorListResize',
  'NonMaxSuppressionV2',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'Where',
  'ListDiff',
  'HashTable',
  'HashTableV2',
  'LookupTableImport',
  'LookupTableImportV2',
  'LookupTableFind',
  'LookupTableFindV2',
  'LookupTableSize',
  'LookupTableSizeV2',
  'InitializeTable',
  'InitializeTableV2',
])

export function runsAsynchronously(graph: Graph): boolean {
  return graph.nodes.some((node) => asynchronousOps.has(node.op))
}
