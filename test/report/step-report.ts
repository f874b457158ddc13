import type { StepReport } from '../../src/chain/run.js'

/** A report of a step that changed one node of three. */
export function step(name: string, facts: Partial<StepReport> = {}): StepReport {
  return {
    name,
    text: name,
    fidelity: 'exact',
    nodesBefore: 3,
    nodesAfter: 3,
    bytesBefore: 10,
    bytesAfter: 10,
    changed: 1,
    removed: 0,
    added: 0,
    skipped: [],
    notes: [],
    milliseconds: 1,
    ...facts,
  }
}
