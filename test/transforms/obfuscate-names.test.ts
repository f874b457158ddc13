import { expect, test } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { encodeGraphDef, joinSlices, readGraphDef } from '../../src/codec/graphdef.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import { tensorName } from '../../src/graph/tensor-name.js'

test('the names in debug information are dropped with the others', () => {
  const secret = new TextEncoder().encode('secret')
  const hidden = new Node({ name: 'secret/x', op: 'Placeholder' })
  // NodeDef.experimental_debug_info (6) { original_node_names (1) }, and a field behind it that is kept.
  const debugInfo = Uint8Array.of(0x32, secret.length + 2, 0x0a, secret.length, ...secret)
  const another = Uint8Array.of(0x3a, 1, 0)
  hidden.otherFields = [debugInfo, another]
  const output = new Node({ name: 'y', op: 'Identity', inputs: [tensorName('secret/x')] })
  output.otherFields = [debugInfo]
  const envelope = { versions: { producer: 0, minConsumer: 0 }, functionNames: new Set<string>() }
  const run = (otherFields: Uint8Array[]): ReturnType<typeof runChain> => {
    const graph = new Graph(
      [hidden, output].map((node) => node.copy()),
      { ...envelope, otherFields },
    )
    return runChain(readGraphDef(joinSlices(encodeGraphDef(graph).list)), parseChain('obfuscate_names'), {
      inputs: [],
      outputs: [tensorName('y')],
    })
  }
  const plain = run([])
  const written = joinSlices(encodeGraphDef(plain.graph).list)
  expect(new TextDecoder().decode(written)).not.toContain('secret')
  expect(plain.graph.get('0')!.otherFields.map((record) => [...record])).toEqual([[...another]])
  expect(plain.steps[0]!.notes).toEqual([])
  // GraphDef.debug_info (5).
  const noted = run([Uint8Array.of(0x2a, secret.length, ...secret)])
  expect(noted.steps[0]!.notes).toEqual(["the graph's debug_info still has the old names"])
})
