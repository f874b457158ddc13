import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { computationDigest } from './computation-digest.js'
import { describeGraph } from './describe.js'
import { quantizedGolden } from './goldens.js'
import { models } from './models.js'

const golden = quantizedGolden()

type ChainName = keyof (typeof golden.graphs)[string]

/** What we run for each column of the golden. */
const chains: Readonly<Record<ChainName, string>> = {
  quantize_nodes: golden.chain,
  weights_rounded: 'quantize_graph(mode=weights_rounded)',
  weights: 'quantize_graph(mode=weights)',
  eightbit: 'remove_training_nodes quantize_graph(mode=eightbit)',
}

/**
 * Where the result is another computation than the real tool's, and why: rows of the tables of differences. Each is a
 * difference still, or it has to go from this list.
 */
const controls = 'control inputs are no data, and keep a node in its loop or branch'
const broadcast = 'an Add or Mul is quantized only where what is broadcast is known and right in eight bits'
const measured = 'what measures the ranges of a graph that is quantized already is not quantized itself'
const range = 'the bytes of a constant are of the range that is stored with them'
const splat = 'a constant that is one repeated value, or too small for float32, stays'
const colocation = 'nodes that are placed with nodes which became one (_class) may become one too'
const integers = 'only float32 layers are replaced'

const known: Readonly<Record<ChainName, Readonly<Record<string, string>>>> = {
  quantize_nodes: {
    mtcnn: broadcast,
    'mtcnn_1.12': broadcast,
    t2o_gru: broadcast,
    t2o_lstm: broadcast,
    ut_test_cnn_float: broadcast,
    ut_test_dropout: broadcast,
    ut_test_quant_dropout: broadcast,
    ut_test_quant_quantized_add: measured,
    dl4j_batchnorm__rank4_nchw_batch2_sz5_fused: colocation,
    dl4j_div__int8: colocation,
    dl4j_igamma__emptyArrayTest__float32: colocation,
    dl4j_igammac__emptyArrayTest__float32: colocation,
    dl4j_losses__sparse_softmax_ce_NONE: controls,
  },
  weights_rounded: {
    dl4j_cond__cond_false: controls,
  },
  weights: {
    'mobilenet_v1_0.25_128_frozen': range,
    'mobilenet_v1_0.25_128_quantized': range,
    poets_optimized: range,
    poets_retrained: range,
    ut_quant_mnist: range,
    ut_test_cnn: range,
    ut_test_linreg: range,
    ut_test_quant_linreg: range,
    ut_test_quant_relu: range,
    ut_test_quant_reshape_2: range,
    ut_test_quant_reshape_4: range,
    dl4j_cond__cond_false: controls,
    dl4j_fake_quant__min_max_args_per_channel__rank1_8bit: range,
    dl4j_histogram_fixed_width__rank0: range,
    dl4j_random_gamma__rank1_float32: splat,
    dl4j_rint__rank0: range,
    'dl4j_rnn__lstmblockcell__static_batch1_n3-2_tsLength1_noPH_noClip_fBias1_noIS': splat,
    'dl4j_rnn__lstmblockfusedcell__batch1_n5-3_tsLength4_noPH_clip-0.3_fBias2_withIS': splat,
    dl4j_simple_run__one_hot: range,
    dl4j_slogdet__rank2: splat,
    'dl4j_svd__rank2_4,3_full_noUv': splat,
    dl4j_truncatemod__1_4: range,
  },
  eightbit: {
    faced_face_corrector: controls,
    mtcnn: controls,
    'mtcnn_1.12': controls,
    ut_quant_mnist: measured,
    ut_test_cnn: measured,
    ut_test_linreg: range,
    ut_test_quant_quantized_add: measured,
    ut_test_quant_reshape_2: measured,
    dl4j_rnn__bstack__d_b1_n3: controls,
    dl4j_tensor_dot_misc: integers,
  },
}

/** Why the real tools gave nothing, by what they said: more rows of those tables. */
const refusals: Readonly<Record<string, RegExp>> = {
  'what a node does not say is the default of its op': /^No attr named 'Tshape'/,
  'a tensor that a layer reads twice is quantized once': /contains a cycle|Duplicate node names/,
  'a constant without elements stays': /zero-size array/,
  'only float32 layers are replaced': /Failed to quantized constant/,
  'a FakeQuant that cannot go into a layer stays': /^ValueError: FakeQuant/,
}

describe.each(Object.keys(chains) as ChainName[])('%s gives the computation of the real tool', (name) => {
  for (const model of models()) {
    const expected = golden.graphs[model.name]?.[name]
    if (expected === undefined) continue
    it(model.name, () => {
      const { graph } = runChain(readGraphDef(readFileSync(model.path)), parseChain(chains[name]), {
        inputs: model.inputs.map(parseTensorName),
        outputs: model.outputs.map(parseTensorName),
      })
      const found = computationDigest(describeGraph(graph, model.outputs))
      const reason = known[name][model.name]
      if (typeof expected !== 'string') {
        expect(expected.refused).toSatisfy((said: string) => Object.values(refusals).some((known) => known.test(said)))
      } else if (reason === undefined) expect(found).toBe(expected)
      else expect(found, `no difference any more: ${reason}`).not.toBe(expected)
    })
  }
})
