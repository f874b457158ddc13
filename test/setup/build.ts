import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** What the build printed when it failed; empty where it went well. */
    buildError: string
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const built = 'dist/cli/main.js'

/**
 * Builds dist/ before the tests where a source is newer than it, since the command line is tested as the process that users
 * start. A build that fails fails those tests alone, not the rest.
 */
export default function build(project: TestProject): void {
  project.provide('buildError', '')
  if (Math.max(newest('src'), newest('proto')) <= changed(built)) return
  const { status, stdout, stderr } = spawnSync('npm run build', { cwd: root, encoding: 'utf8', shell: true })
  if (status === 0) return
  // The compiler writes in spite of errors; the next run is to build again.
  rmSync(join(root, built), { force: true })
  project.provide('buildError', `npm run build failed:\n${stdout}${stderr}`)
}

/** When a file was changed last; 0 where it is not there. */
function changed(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function newest(folder: string): number {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return Math.max(...paths.map((path) => changed(join(folder, path))))
}
