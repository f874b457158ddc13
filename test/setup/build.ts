import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The compiler writes every file anew; the generated modules come last. */
const lastBuilt = 'dist/client.d.ts'

/**
 * Builds dist/ before the tests where a source is newer than it: the command line is tested as the process that users start.
 * Type errors are told by `npm run typecheck` and do not stop the compiler.
 */
export default function build(): void {
  if (newest('proto') > changed('src/codec/messages.js')) run('proto/generate.mjs')
  if (newest('src') <= changed(lastBuilt)) return
  try {
    run('node_modules/typescript/bin/tsc', '-p', 'src')
  } catch (error) {
    if (!existsSync(join(root, 'dist/cli/main.js'))) throw error
  }
  run('proto/generate.mjs', '--into', 'dist')
  run('dist/manifest/write-client-types.js')
}

function run(script: string, ...args: string[]): void {
  execFileSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8' })
}

/** When a file was changed last; 0 where it is not there. */
function changed(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function newest(folder: string): number {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return Math.max(...paths.map((path) => changed(join(folder, path))))
}
