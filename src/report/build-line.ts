import { styleText } from 'node:util'
import prettyBytes from 'pretty-bytes'
import type { StepReport } from '../chain/run.js'
import type { ModelManifest } from '../manifest/types.js'
import type { Report } from '../optimize.js'

/** What a build line says beyond the report. */
export interface BuildLineFacts {
  /** Bytes of the result when gzipped, where that was measured. */
  gzipBytes?: number | undefined
  /** Whether the result came from the cache. */
  cached?: boolean | undefined
  /** What it took this time: on a hit far less than the report says. */
  milliseconds: number
  /** The chain as asked, e.g. `deploy`; empty where it has no short name. */
  name: string
}

const longestName = 48

/**
 * One line a model: size before and after, the chain, the time, and what is lossy in it. Coloured on a terminal.
 *
 *     graphdef  mobilenet.pb  2 MB → 533 kB (gzip 402 kB)  eight_bit: 6 transforms, 412 ms   lossy: quantize_weights
 */
export function buildLine(
  file: string,
  { source, steps }: Pick<Report, 'source' | 'steps'>,
  manifest: Pick<ModelManifest, 'format' | 'bytes'>,
  { gzipBytes, cached, milliseconds, name }: BuildLineFacts,
): string {
  const gzip = gzipBytes === undefined ? '' : ` (gzip ${prettyBytes(gzipBytes)})`
  const work = [chainText(name, steps.length)]
  if (manifest.format !== 'graphdef') work.push(manifest.format)
  work.push(`${cached ? 'cached, ' : ''}${printDuration(milliseconds)}`)
  const line = [
    styleText('cyan', 'graphdef'),
    styleText('bold', file),
    `${prettyBytes(source.bytes)} → ${prettyBytes(manifest.bytes)}${gzip}`,
    styleText('dim', work.join(', ')),
  ].join('  ')
  const lossy = lossyText(steps)
  return lossy ? `${line}   ${styleText('yellow', `lossy: ${lossy}`)}` : line
}

function chainText(name: string, count: number): string {
  if (count === 0) return 'no transforms'
  const transforms = `${count} transform${count === 1 ? '' : 's'}`
  const words = name.trim().replaceAll(/\s+/g, ' ')
  if (words === '') return transforms
  return `${words.length > longestName ? `${words.slice(0, longestName - 1)}…` : words}: ${transforms}`
}

/** The steps that changed answers, each with what it noted about how far. */
function lossyText(steps: readonly StepReport[]): string {
  return steps
    .filter((step) => step.fidelity === 'lossy' && step.changed + step.removed + step.added > 0)
    .map((step) => [step.name, ...step.notes].join(', '))
    .join('; ')
}

/** `<1 ms`, `412 ms`, `1.2 s`. */
export function printDuration(milliseconds: number): string {
  if (milliseconds < 0.5) return '<1 ms'
  return milliseconds < 999.5 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
