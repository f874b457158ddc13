import type { Shape } from '../../graph/shape.js'
import { forOps, type ShapeContext, type ShapeFunctions } from './shape-function.js'

/** Where each key was, its value is. */
function find(c: ShapeContext): Shape[] {
  const keys = c.shape(1)
  const [key, value] = c.held(0) ?? []
  if (!key || !value || keys === null) return [null]
  return [[...keys.slice(0, keys.length - key.length), ...value]]
}

const tables = 'HashTable MutableHashTable MutableHashTableOfTensors MutableDenseHashTable'
const tablesV2 = 'HashTableV2 MutableHashTableV2 MutableHashTableOfTensorsV2 MutableDenseHashTableV2'

/** Tables, and queues and stacks, which are handles too. */
export const lookupShapes: ShapeFunctions = {
  // A handle of version 1 is two strings: container and name.
  ...forOps(`${tables} FIFOQueue PaddingFIFOQueue FakeQueue Stack StackV2`, () => [[2]]),
  ...forOps(`${tablesV2} FIFOQueueV2 PaddingFIFOQueueV2`, () => [[]]),
  LookupTableFindV2: find,
  LookupTableFind: () => [null],
  ...forOps('LookupTableSize LookupTableSizeV2', () => [[]]),
  LookupTableExport: () => [[null], null],
  LookupTableExportV2: () => [null, null],
  ...forOps('QueueIsClosed QueueIsClosedV2 QueueSize QueueSizeV2', () => [[]]),
  StackPush: (c) => [c.shape(1)],
  StackPushV2: (c) => [c.shape(1)],
}
