import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { StepReport } from '../../src/chain/run.js'
import { buildLine, printDuration } from '../../src/report/build-line.js'
import { step } from './step-report.js'

const quantized = step('quantize_weights', { fidelity: 'lossy', notes: ['largest relative error 0.4 %'] })
const source = { kind: 'graphdef', bytes: 1_998_252, nodes: 3 }

function line(steps: StepReport[], extra: Partial<Parameters<typeof buildLine>[3]> = {}, format = 'graphdef'): string {
  const manifest = { format: format as 'graphdef', bytes: 533_123 }
  const facts = { milliseconds: 412.4, name: 'deploy', ...extra }
  return stripVTControlCharacters(buildLine('models/mobilenet.pb', { source, steps }, manifest, facts))
}

describe('buildLine', () => {
  it('has sizes, chain and time', () => {
    expect(line([step('a'), step('b')])).toBe(
      'graphdef  models/mobilenet.pb  2 MB → 533 kB  deploy: 2 transforms, 412 ms',
    )
  })

  it('has the gzipped size where it is known, and what is lossy', () => {
    expect(line([step('a'), quantized], { gzipBytes: 402_000, name: 'eight_bit' })).toBe(
      'graphdef  models/mobilenet.pb  2 MB → 533 kB (gzip 402 kB)  eight_bit: 2 transforms, 412 ms' +
        '   lossy: quantize_weights, largest relative error 0.4 %',
    )
  })

  it('differs on a hit in the time alone', () => {
    const facts = { gzipBytes: 402_000, name: 'eight_bit' }
    const hit = line([quantized], { ...facts, cached: true, milliseconds: 3.2 })
    expect(hit).toContain('eight_bit: 1 transform, cached, 3 ms')
    expect(hit.replace('cached, 3 ms', '412 ms')).toBe(line([quantized], facts))
  })

  it('does not call lossy what changed nothing', () => {
    expect(line([{ ...quantized, changed: 0 }])).not.toContain('lossy')
  })

  it('names another format, and a chain without steps', () => {
    expect(line([], {}, 'memmapped')).toContain('533 kB  no transforms, memmapped, 412 ms')
  })

  it('cuts a long chain, and leaves out one without a name', () => {
    expect(line([step('a')], { name: `strip_unused_nodes\n  fold_constants(${'x'.repeat(60)})` })).toContain(
      '  strip_unused_nodes fold_constants(xxxxxxxxxxxxx…: 1 transform, ',
    )
    expect(line([step('a')], { name: '' })).toContain('kB  1 transform, 412 ms')
  })
})

it('prints durations', () => {
  expect([0.2, 3.4, 999.4, 999.6, 12_345].map(printDuration)).toEqual(['<1 ms', '3 ms', '999 ms', '1.0 s', '12.3 s'])
})
