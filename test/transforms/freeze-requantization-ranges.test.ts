import { expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { readRangeRecords } from '../../src/transforms/requantization-log.js'
import { parseGraph } from './graph-text.js'

const line = ';tower/r__print__;__requant_min_max:[-2.4313571][10.584145]\r\n'

test('a log in UTF-16 is read', () => {
  const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`noise\r\n${line}`, 'utf16le')])
  const expected = [{ node: 'tower/r', min: Math.fround(-2.4313571), max: Math.fround(10.584145) }]
  expect(readRangeRecords(wide)).toEqual(expected)
  expect(readRangeRecords(Buffer.from(line))).toEqual(expected)
})

test('a run that is given no files names the one that the chain needs', () => {
  const source = parseGraph('q = Placeholder[dtype=qint32]()')
  const chain = parseChain('freeze_requantization_ranges(min_max_log_file=logs/ranges.log)')
  expect(() => runChain(source.graph, chain, { inputs: [parseTensorName('q')], outputs: [] })).toThrow(
    [
      'the chain names a file, and its content was not given',
      '  file: logs/ranges.log',
      '  transform: freeze_requantization_ranges(min_max_log_file=logs/ranges.log)',
      '  Give optimize() the option readFile: it gets the path as written and returns the bytes.',
    ].join('\n'),
  )
})

test('percentiles are from 0 to 100', () => {
  const chain = (options: string): string => `freeze_requantization_ranges(min_max_log_file=r.log, ${options})`
  expect(() => parseChain(chain('max_percentile=101'))).toThrow(
    'the parameter max_percentile of freeze_requantization_ranges is wrong: 101 is more than 100',
  )
  expect(() => parseChain(chain('min_percentile=-0.5'))).toThrow('is wrong: -0.5 is less than 0')
  expect(() => parseChain(chain('min_percentile=nan'))).toThrow('is wrong: "nan" is not a number')
  expect(parseChain(chain('min_percentile=0, max_percentile=100'))).toHaveLength(1)
})

test('a log must be named', () => {
  expect(() => parseChain('freeze_requantization_ranges')).toThrow(
    'the parameter min_max_log_file of freeze_requantization_ranges must be given',
  )
  expect(() => parseChain('freeze_requantization_ranges(min_max_log_file="")')).toThrow('is wrong: the path is empty')
})
