import { styleText } from 'node:util'
import prettyBytes from 'pretty-bytes'
import type { StepReport } from '../chain/run.js'
import type { Skip } from '../transforms/transform.js'
import { printDuration } from './build-line.js'

/**
 * What of a chain is worth knowing although it worked: what steps left as it was, with the first node and its reason, what
 * changed nothing, and what failed and was passed over. No lines where there is nothing.
 */
export function remarkLines(steps: readonly StepReport[]): string[] {
  const lines: string[] = []
  const idle: string[] = []
  for (const step of steps) {
    if (step.ignoredError !== undefined) lines.push(`  ${step.name}: ${ignoredText(step.ignoredError)}`)
    else if (step.skipped.length > 0) lines.push(`  ${step.name}: ${skippedText(step.skipped)}`)
    else if (!didAnything(step)) idle.push(step.name)
  }
  if (idle.length > 0) lines.push(`  nothing to do: ${idle.join(', ')}`)
  return lines
}

/** Every step with its nodes, bytes and time, its notes, and what it left as it was, by reason. */
export function stepLines(steps: readonly StepReport[]): string[] {
  const lines: string[] = []
  const width = Math.max(...steps.map((step) => step.text.length))
  for (const step of steps) {
    const size = (before: string, after: string): string => (before === after ? after : `${before} → ${after}`)
    const facts = [
      `${size(String(step.nodesBefore), String(step.nodesAfter))} nodes`,
      size(prettyBytes(step.bytesBefore), prettyBytes(step.bytesAfter)),
      printDuration(step.milliseconds),
    ]
    lines.push(`  ${step.text.padEnd(width)}  ${styleText('dim', facts.join(', '))}`)
    if (step.ignoredError !== undefined) lines.push(`    ${ignoredText(step.ignoredError)}`)
    else if (!didAnything(step) && step.skipped.length === 0) lines.push('    nothing to do')
    for (const note of step.notes) lines.push(`    ${note}`)
    for (const skips of byReason(step.skipped)) lines.push(`    ${skippedText(skips)}`)
  }
  return lines
}

function didAnything(step: StepReport): boolean {
  return step.changed + step.removed + step.added > 0 || step.bytesBefore !== step.bytesAfter
}

function ignoredText(error: string): string {
  return `failed and was passed over (ignore_errors=true): ${error.split('\n')[0]}`
}

function skippedText(skips: readonly Skip[]): string {
  const { node, reason } = skips[0]!
  return skips.length === 1 ? `1 node left, ${node}: ${reason}` : `${skips.length} nodes left, first ${node}: ${reason}`
}

function byReason(skips: readonly Skip[]): Skip[][] {
  const groups = new Map<string, Skip[]>()
  for (const skip of skips) {
    const group = groups.get(skip.reason)
    if (group) group.push(skip)
    else groups.set(skip.reason, [skip])
  }
  return [...groups.values()]
}
