import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterEach, expect, it } from 'vitest'
import type { Project } from '../plugin/project.js'
import { distFiles, expected, linreg, makeApp } from './app.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))

let project: Project
let command: ChildProcess
afterEach(async () => {
  if (command.exitCode === null) {
    command.kill()
    await once(command, 'exit')
  }
  project.remove()
})

/** The plugin as one file that a configuration can import, since a command runs in a process of its own. */
async function writePlugin(): Promise<void> {
  await build({
    entryPoints: [join(repository, 'src/rollup.ts')],
    outfile: join(project.root, 'plugin.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire as toRequire } from 'node:module'; const require = toRequire(import.meta.url)",
    },
    logLevel: 'silent',
  })
  // Where the plugin finds its version.
  mkdirSync(join(project.root, 'node_modules'))
  symlinkSync(repository, join(project.root, 'node_modules/unplugin-graphdef'))
}

const config = (options: object): string => `import graphdef from './plugin.mjs'
export default {
  input: 'src/main.js',
  output: { dir: 'dist' },
  plugins: [graphdef(${JSON.stringify(options)})],
}
`

/** Rolldown's command does not look at its configuration again. */
it("builds anew when the plugin's options change under rollup --watch", async () => {
  project = makeApp({
    'src/main.js': `import model from './models/linreg.pb?optimize'\nglobalThis.model = model\n`,
    'host.config.mjs': config({}),
  })
  await writePlugin()
  const printed: string[] = []
  const rollup = join(repository, 'node_modules/rollup/dist/bin/rollup')
  command = spawn(process.execPath, [rollup, '--config', 'host.config.mjs', '--watch'], { cwd: project.root })
  for (const stream of [command.stdout!, command.stderr!]) stream.on('data', (text) => printed.push(String(text)))
  const hashes = (): string[] => {
    try {
      return Object.values(distFiles(project))
    } catch {
      return printed
    }
  }
  const { sha256 } = await expected(linreg, 'optimize')
  await expect.poll(hashes, { timeout: 60_000 }).toContain(sha256)

  const steps = 'round_weights(num_steps=2)'
  project.write('host.config.mjs', config({ presets: { web: [steps] }, default: 'web' }))
  const rounded = await expected(linreg, `optimize=${steps}`)
  await expect.poll(hashes, { timeout: 60_000 }).toContain(rounded.sha256)
  expect(project.read('dist/main.js').toString()).toContain(rounded.sha256)
})
