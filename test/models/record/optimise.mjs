// Optimises all models with the command line that is built here, for answers.py:
//
//     node test/models/record/optimise.mjs deploy FOLDER [MODEL ...]
//
// Writes FOLDER/<model>.pb, and prints the error of each that fails. The chain is a preset, or transforms.
// Development only: needs ../shared/models beside the repository and `npm run build`.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const folderOfModels = join(repository, '../shared/models')

const [chain, folder, ...names] = process.argv.slice(2)
if (!chain || !folder) throw new Error('usage: optimise.mjs CHAIN FOLDER [MODEL ...]')
mkdirSync(folder, { recursive: true })
const rows = JSON.parse(readFileSync(join(folderOfModels, 'index.json'), 'utf8'))
let ran = 0
let failed = 0
for (const row of rows) {
  if (names.length > 0 && !names.includes(row.name)) continue
  ran++
  const inputs = row.feeds
    ? Object.keys(row.feeds).map((name) => name.split(':')[0])
    : row.inputs.map(({ name }) => name)
  const done = spawnSync(
    process.execPath,
    [
      join(repository, 'dist/cli/main.js'),
      'transform_graph',
      `--in_graph=${join(folderOfModels, row.file)}`,
      `--out_graph=${join(folder, `${row.name}.pb`)}`,
      `--inputs=${inputs.join(',')}`,
      `--outputs=${row.likelyOutputs.map((name) => name.replace(/:0$/, '')).join(',')}`,
      `--transforms=${chain}`,
    ],
    { encoding: 'utf8' },
  )
  if (done.status === 0) continue
  failed++
  console.error(`${row.name}: status ${done.status}: ${done.stderr.trim().slice(0, 600)}`)
}
console.log(`${ran} models, ${failed} failed`)
