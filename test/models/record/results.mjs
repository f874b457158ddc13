// Optimises all models by all chains with the code that is built in dist/, for answers.py:
//
//     node test/models/record/results.mjs FOLDER [MODEL ...]
//
// Writes FOLDER/results.json, which has the SHA-256 of each result by model and chain, and FOLDER/<SHA-256>.pb for each
// that is not the model's own file: many results are the same. An error's text stands in the place of the digest.
// Development only: needs ../shared/models beside the repository and `npm run build`.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { optimize, parseChain } from '../../../dist/index.js'

/** What is held against TensorFlow's answers. */
const chains = [
  'deploy',
  'rounded',
  'eight_bit',
  'quantized_nodes',
  'inference',
  'merge_duplicate_nodes',
  'obfuscate_names',
  'fuse_resize_pad_and_conv',
  'fuse_resize_and_conv',
  'fuse_pad_and_conv',
  'weights_rounded',
  'weights_eightbit',
  'eightbit',
]

/** How the real tool ends what our code begins: it must make the same computation of it. */
const endings = {
  rounded: { base: 'deploy', ending: 'round_weights(num_steps=256)' },
  eight_bit: { base: 'deploy', ending: 'quantize_weights' },
  quantized_nodes: {
    base: 'add_default_attributes deploy',
    ending: 'quantize_weights quantize_nodes strip_unused_nodes sort_by_execution_order',
  },
}
const all = new Set([...chains, ...Object.values(endings).map(({ base }) => base)])

const folderOfModels = fileURLToPath(new URL('../../../../shared/models', import.meta.url))
const [folder, ...names] = process.argv.slice(2)
if (!folder) throw new Error('usage: results.mjs FOLDER [MODEL ...]')
mkdirSync(folder, { recursive: true })

const graphs = {}
for (const row of JSON.parse(readFileSync(join(folderOfModels, 'index.json'), 'utf8'))) {
  if (names.length > 0 && !names.includes(row.name)) continue
  const source = readFileSync(join(folderOfModels, row.file))
  graphs[row.name] = {}
  const unchanged = createHash('sha256').update(source).digest('hex')
  for (const chain of all) graphs[row.name][chain] = await digestOf(row, source, unchanged, chain)
}
writeFileSync(join(folder, 'results.json'), JSON.stringify({ chains, endings, graphs }))

async function digestOf(row, source, unchanged, chain) {
  const inputs = row.feeds ? Object.keys(row.feeds) : row.inputs.map(({ name }) => name)
  try {
    const { bytes, manifest } = await optimize(source, {
      chain: parseChain(chain),
      inputs: inputs.map((tensor) => tensor.replace(/:\d+$/, '')),
      outputs: row.likelyOutputs.map((tensor) => tensor.replace(/:0$/, '')),
      format: 'graphdef',
      inline: false,
    })
    const path = join(folder, `${manifest.sha256}.pb`)
    if (manifest.sha256 !== unchanged && !existsSync(path)) writeFileSync(path, Buffer.concat(bytes))
    return manifest.sha256
  } catch (error) {
    console.error(`${row.name}, ${chain}: ${error.message}`)
    return { failed: error.message }
  }
}
