import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { encodeGraphDef, readGraphDef } from '../../src/codec/graphdef.js'
import { findEndpoints } from '../../src/manifest/endpoints.js'

const bytes = new Uint8Array(
  readFileSync(new URL('../../playground/models/mobilenet_v1_0.25_128_frozen.pb', import.meta.url)),
)

test('what a chain costs on MobileNet, beside reading and writing the file', { timeout: 600_000 }, async ({
  bench,
}) => {
  const run = (chain: string) => () => {
    const graph = readGraphDef(bytes)
    encodeGraphDef(runChain(graph, parseChain(chain), findEndpoints(graph, {})).graph)
  }
  await bench.compare(
    bench('reading and writing alone', () => {
      encodeGraphDef(readGraphDef(bytes))
    }),
    ...['strip_unused_nodes', 'deploy', 'rounded', 'eight_bit', 'quantized_nodes', 'inference'].map((chain) =>
      bench(chain, run(chain)),
    ),
  )
})
