import { expect, test } from 'vitest'
import { kernelTable, printBound } from '../../src/kernels/kernel-table.js'
import { kernels } from '../../src/kernels/registry.js'

test('the table has every op and dtype of every kernel once', () => {
  const listed = kernelTable().flatMap(({ op, dtypes }) => dtypes.map((dtype) => `${op} ${dtype}`))
  const declared = kernels.flatMap(({ ops, dtypes }) => ops.flatMap((op) => dtypes.map((dtype) => `${op} ${dtype}`)))
  expect(listed.toSorted()).toEqual(declared.toSorted())
})

test('rows are sorted by op, exact dtypes first', () => {
  const ops = kernelTable().map(({ op }) => op)
  expect(ops).toEqual(ops.toSorted())
  const [exact, near] = kernelTable().filter(({ op }) => op === 'Sum')
  expect([exact!.bound, exact!.dtypes.includes('int32')]).toEqual([undefined, true])
  expect([near!.bound?.of, near!.dtypes.includes('float32')]).toEqual(['largest', true])
})

test.each([
  [undefined, 'exact'],
  [{ ulp: 3, of: 'element' }, 'within 3 ulp'],
  [{ ulp: 4, of: 'largest' }, 'within 4 ulp of the largest'],
] as const)('a bound is printed', (bound, text) => {
  expect(printBound(bound)).toBe(text)
})
