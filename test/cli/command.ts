import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import type { Outcome } from './in-process.js'

/** The command line as it is built. */
export const main: string = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Throws what the build said, where it failed. */
export function needBuild(): void {
  if (inject('buildError')) throw new Error(inject('buildError'))
  if (!existsSync(main)) throw new Error('there is no dist/cli/main.js')
}

/** Runs a command line in a process of its own. */
export function runGraphdef(folder: string, ...given: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...given], { cwd: folder, encoding: 'utf8' })
  return { status: status ?? -1, stdout, stderr }
}

/** Runs a text as a shell does; `graphdef` in it is the command line. */
export function runShell(folder: string, text: string): Outcome {
  const graphdef = `graphdef() { '${process.execPath}' '${main}' "$@"; }`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${graphdef}\n${text}`], { cwd: folder, encoding: 'utf8' })
  return { status: status ?? -1, stdout, stderr }
}
