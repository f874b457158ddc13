import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { describeGraph, type GraphDescription, type NodeDescription } from './describe.js'
import { models } from './models.js'

/** Whose names the chain promises; record/chains.py has the same. */
const named: Readonly<Record<string, (node: NodeDescription) => boolean>> = {
  merge_duplicate_nodes: () => false,
  obfuscate_names: () => true,
  fuse_resize_pad_and_conv: () => true,
  fuse_resize_and_conv: () => true,
  fuse_pad_and_conv: () => true,
  inference: ({ op }) => op !== 'Const',
}
/** The real tool leaves names in `_class` that nobody has any more: the row "colocation" of both. */
const placedAnywhere = new Set(['merge_duplicate_nodes', 'obfuscate_names'])

/** Model to chain to what the real tool's result is: a digest, or `unchanged`. */
const { graphs } = JSON.parse(readFileSync(new URL('goldens/chains.json', import.meta.url), 'utf8')) as {
  graphs: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const inLoop = 'fuse_resize_and_conv puts the paddings of a convolution in a loop there too'
/**
 * Where the result is another computation than the real tool's, and why: rows of the tables of differences. Each is a
 * difference still, or it has to go from this list.
 */
const known: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  merge_duplicate_nodes: {
    dl4j_batchnorm__rank4_nchw_batch2_sz5_fused: 'two nodes that only differ by a name in _class become one',
    dl4j_div__int8: 'two nodes that only differ by a name in _class become one',
  },
  obfuscate_names: {
    'dl4j_rnn__lstmblockfusedcell__batch1_n5-3_tsLength4_noPH_clip-0.3_fBias2_withIS':
      'an output that was named as x:6 keeps its name',
  },
  fuse_resize_and_conv: { mtcnn: inLoop, 'mtcnn_1.12': inLoop },
  inference: { mtcnn: inLoop, 'mtcnn_1.12': inLoop },
}

describe.each(Object.keys(named))('%s gives the computation of the real tool', (chain) => {
  for (const model of models()) {
    it(model.name, () => {
      const original = readGraphDef(readFileSync(model.path))
      const golden = graphs[model.name]?.[chain]
      expect(golden, 'nothing is recorded').toBeDefined()
      const digestOf = (graph: typeof original) => digest(describeGraph(graph, model.outputs), chain)
      const expected = golden === 'unchanged' ? digestOf(original) : golden
      const { graph } = runChain(original, parseChain(chain), {
        inputs: model.inputs.map(parseTensorName),
        outputs: model.outputs.map(parseTensorName),
      })
      const reason = known[chain]?.[model.name]
      if (reason === undefined) expect(digestOf(graph)).toBe(expected)
      else expect(digestOf(graph), `no difference any more: ${reason}`).not.toBe(expected)
    })
  }
})

/** The same for graphs that differ only in the order of nodes, and in what the chain does not promise. */
function digest({ outputs, nodes }: GraphDescription, chain: string): string {
  const lines = [outputs.join(' '), ...nodes.map((node) => nodeText(node, chain))]
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
}

function nodeText(node: NodeDescription, chain: string): string {
  const { name, op, device = '', attrs, inputs, tensor } = node
  const keys = Object.keys(attrs).filter((key) => key !== '_class' || !placedAnywhere.has(chain))
  const attrTexts = keys.sort().map((key) => `${key}=${attrs[key]}`)
  const value = tensor ? `${tensor.dtype}:${tensor.shape.join(',')}:${tensor.digest}` : ''
  return [op, device, attrTexts.join(';'), inputs.join(' '), value, ...(named[chain]!(node) ? [name] : [])].join('|')
}
