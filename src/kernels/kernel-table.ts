import type { DataType } from '../graph/data-type.js'
import { type Bound, boundOf, type Kernel } from './kernel.js'
import { kernels } from './registry.js'

/** What is computed of an op in some dtypes, and how near it is to TensorFlow. */
export interface KernelTableRow {
  op: string
  /** The dtypes of the input that counts; none for an op without inputs. */
  dtypes: readonly DataType[]
  /** Undefined where results are TensorFlow's bit by bit. */
  bound: Omit<Bound, 'dtypes'> | undefined
}

/** Every op that folding computes, by name: first the dtypes in which it is exact, then those within a bound, closest first. */
export function kernelTable(): KernelTableRow[] {
  const rows = new Map<string, KernelTableRow & { dtypes: DataType[] }>()
  for (const kernel of kernels) {
    for (const op of kernel.ops) {
      for (const dtype of kernel.dtypes) addTo(rows, op, kernel, dtype)
    }
  }
  return [...rows.values()].sort((a, b) => compare(a.op, b.op) || (a.bound?.ulp ?? 0) - (b.bound?.ulp ?? 0))
}

function addTo(
  rows: Map<string, KernelTableRow & { dtypes: DataType[] }>,
  op: string,
  kernel: Kernel,
  dtype: DataType,
) {
  const bound = boundOf(kernel, dtype)
  const key = `${op} ${printBound(bound)}`
  const row = rows.get(key)
  if (row) row.dtypes.push(dtype)
  else rows.set(key, { op, dtypes: [dtype], bound: bound && { ulp: bound.ulp, of: bound.of } })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `exact`, `within 3 ulp`, or `within 3 ulp of the largest`. */
export function printBound(bound: KernelTableRow['bound']): string {
  if (!bound) return 'exact'
  return `within ${bound.ulp} ulp${bound.of === 'largest' ? ' of the largest' : ''}`
}
