import { stripVTControlCharacters } from 'node:util'
import { runCommandLine } from '../../src/cli/command-line.js'

/** What a command line did. */
export interface Outcome {
  status: number
  stdout: string
  stderr: string
}

/** Runs a command line within this process; colours are taken off. */
export async function runHere(...given: string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' }
  const status = await runCommandLine(given, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  })
  return {
    status,
    stdout: stripVTControlCharacters(written.stdout),
    stderr: stripVTControlCharacters(written.stderr),
  }
}
