import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { largeModel } from './large-model.js'

const script = fileURLToPath(new URL('host-build.mjs', import.meta.url))

interface Cost {
  milliseconds: number
  mebibytes: number
}

function build(host: string, way: 'plain' | 'plugin', app: string): Cost {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, host, way, app], {
    encoding: 'utf8',
    cwd: app,
  })
  if (status !== 0) throw new Error(`${host} ${way}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Cost
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

/** Alternating runs: what else the machine does meets both ways. */
const rounds = Number(process.env.GRAPHDEF_BENCH_ROUNDS ?? 7)

test('a model of 200 MB in every host, beside the plain asset of that host', { timeout: 3_600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'graphdef-bench-'))
  const model = join(folder, 'large.pb')
  writeFileSync(model, largeModel(200e6))
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
  const cells = ['host', 'plain ms', 'plugin ms', 'ratio', 'plain MiB', 'plugin MiB', 'ratio', 'first run ms']
  const lines = [cells]
  for (const host of JSON.parse(stdout) as string[]) {
    const apps = { plain: join(folder, `${host} plain`), plugin: join(folder, `${host} plugin`) }
    for (const app of Object.values(apps)) {
      mkdirSync(join(app, 'src'), { recursive: true })
      linkSync(model, join(app, 'src/large.pb'))
    }
    // The first run fills the plugin's cache.
    const first = build(host, 'plugin', apps.plugin)
    const costs = Array.from({ length: rounds }, () => ({
      plain: build(host, 'plain', apps.plain),
      plugin: build(host, 'plugin', apps.plugin),
    }))
    const of = (way: 'plain' | 'plugin', cost: keyof Cost): number => median(costs.map((round) => round[way][cost]))
    const ratio = (cost: keyof Cost): string => (of('plugin', cost) / of('plain', cost)).toFixed(2)
    lines.push([
      host,
      of('plain', 'milliseconds').toFixed(0),
      of('plugin', 'milliseconds').toFixed(0),
      ratio('milliseconds'),
      of('plain', 'mebibytes').toFixed(0),
      of('plugin', 'mebibytes').toFixed(0),
      ratio('mebibytes'),
      first.milliseconds.toFixed(0),
    ])
    for (const app of Object.values(apps)) rmSync(app, { recursive: true, force: true })
  }
  console.log(
    lines.map(([name, ...rest]) => [name!.padEnd(12), ...rest.map((cell) => cell.padStart(12))].join('')).join('\n'),
  )
  rmSync(folder, { recursive: true, force: true })
})
