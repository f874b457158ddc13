import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { encodeGraphDef, readGraphDef } from '../../src/codec/graphdef.js'
import { tensorflow } from '../../src/codec/messages.js'

const mobilenet = readFileSync(new URL('../../playground/models/mobilenet_v1_0.25_128_frozen.pb', import.meta.url))
const { GraphDef } = tensorflow

test('reading a GraphDef of 2 MB and writing it again', async ({ bench }) => {
  await bench.compare(
    bench('here', () => {
      encodeGraphDef(readGraphDef(mobilenet))
    }),
    bench("protobufjs's generated code", () => {
      GraphDef.encode(GraphDef.decode(mobilenet)).finish()
    }),
  )
})
