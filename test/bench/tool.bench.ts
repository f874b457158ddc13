import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { largeModel } from './large-model.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const main = join(repository, 'dist/cli/main.js')
const peer = join(repository, '../shared/oracle')
const environment = process.env.GRAPHDEF_ORACLE ?? join(repository, '.oracle')
const hasTool = existsSync(join(environment, 'bin/python')) && existsSync(join(peer, 'bench_peer.py'))

const folder = mkdtempSync(join(tmpdir(), 'graphdef-bench-'))
const run = (command: string, args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** Milliseconds of a whole process. */
function timeOf(command: string, args: readonly string[]): number {
  const started = performance.now()
  run(command, args)
  return performance.now() - started
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

test('a chain that only strips a graph of 96 MB, beside cp and sha256sum', { timeout: 600_000 }, () => {
  const model = join(folder, 'large.pb')
  writeFileSync(model, largeModel(96e6))
  const [copy, stripped] = [join(folder, 'copy.pb'), join(folder, 'stripped.pb')]
  const flags = [
    `--in_graph=${model}`,
    `--out_graph=${stripped}`,
    '--outputs=output',
    '--transforms=strip_unused_nodes',
  ]
  const rounds = Array.from({ length: 5 }, () => ({
    node: timeOf(process.execPath, ['-e', '0']),
    cp: timeOf('sh', ['-c', `cp '${model}' '${copy}' && sha256sum '${model}'`]),
    strip: timeOf(process.execPath, [main, 'transform_graph', ...flags]),
  }))
  const ratio = median(rounds.map(({ node, cp, strip }) => (strip - node) / cp))
  console.log(
    `strip_unused_nodes, Node's own start aside, over cp + sha256sum: ${ratio.toFixed(2)}\n` +
      `(medians: Node ${median(rounds.map(({ node }) => node)).toFixed(0)} ms, cp + sha256sum ` +
      `${median(rounds.map(({ cp }) => cp)).toFixed(0)} ms, here ${median(rounds.map(({ strip }) => strip)).toFixed(0)} ms)`,
  )
  rmSync(folder, { recursive: true, force: true })
})

test.skipIf(!hasTool)(
  'whole processes beside the C++ tool on InceptionV3 (skipped where GRAPHDEF_ORACLE names none)',
  { timeout: 1_800_000 },
  () => {
    const models = mkdtempSync(join(tmpdir(), 'graphdef-bench-'))
    const model = join(models, 'inception.pb')
    const python = join(environment, 'bin/python')
    writeFileSync(join(models, 'inception.json'), run(python, [join(peer, 'make_big.py'), model]))
    const ours = `${process.execPath} ${main} transform_graph --in_graph={in} --out_graph={out} --inputs={inputs} --outputs={outputs} --transforms={transforms}`
    console.log(run('python3', [join(peer, 'bench_peer.py'), model, '--oracle', python, '--repeat', '5', '--vs', ours]))
    rmSync(models, { recursive: true, force: true })
  },
)
