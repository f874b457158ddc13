import { expect, test } from 'vitest'
import { findTransform } from '../../src/transforms/registry.js'
import { rows } from './rows/rows.js'

test.each(Object.entries(rows))('the rows of %s are in the table of differences', (name, explained) => {
  const known = findTransform(name)!.differences.map((difference) => difference.test)
  expect(Object.keys(explained).filter((row) => !known.includes(row))).toEqual([])
})
