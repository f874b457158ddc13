import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChain } from '../../src/chain/parse.js'
import { runChain } from '../../src/chain/run.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { firstDifference } from './compare.js'
import { describeGraph } from './describe.js'
import { deployGolden } from './goldens.js'
import { models } from './models.js'

const golden = deployGolden()

/**
 * Where the result is another computation than the real tool's, and why: rows of the table of differences. Each is a difference
 * still, or it has to go from this list.
 */
const branch = 'remove_nodes keeps an Identity whose control edges stand for a branch of a Switch'
const growth = 'fold_constants folds nothing that makes the file bigger'
const further = 'fold_constants folds what TensorFlow 2.21 leaves for want of a static shape or a further reader'
const known: Record<string, string> = {
  faced_face_corrector: branch,
  'mobilenet_v1_0.25_128_quantized': growth,
  mtcnn: branch,
  'mtcnn_1.12': branch,
  ut_test_cnn: growth,
  dl4j_adjust_contrast__emptyArrayTests__rank3_float32: further,
  dl4j_adjust_hue__rank3_float32: further,
  dl4j_adjust_saturation__rank3_float32: further,
  dl4j_cond__cond_false: branch,
  dl4j_confusion__no_num_classes_with_weights: branch,
  dl4j_embedding_lookup__rank2_multiple_mod_maxnorm1: further,
  dl4j_emptyArrayTests__identity_n__rank1: further,
  dl4j_emptyArrayTests__size__rank2: further,
  dl4j_losses__sparse_softmax_ce_NONE: further,
  dl4j_non2d_2: further,
  dl4j_primitive_gru_dynamic: branch,
  dl4j_ragged__reduce_mean__2d_a0: branch,
  dl4j_ragged__reduce_mean__2d_a1: further,
  dl4j_rnn__bstack__d_b1_n3: branch,
  'dl4j_rnn__grublockcellv2__static_b1_n5-3_ts4_withIS_f32': further,
  'dl4j_rnn__lstmblockcell__static_batch1_n3-2_tsLength1_noPH_noClip_fBias1_noIS': further,
  'dl4j_rnn__lstmblockfusedcell__batch1_n5-3_tsLength4_noPH_clip-0.3_fBias2_withIS': further,
  dl4j_simple_while: branch,
  'dl4j_svd__rank2_4,3_full_noUv': further,
  dl4j_tensor_dot_misc: further,
  'dl4j_unique10-5': further,
  'dl4j_uniqueWithCounts10-5': further,
}

describe('the deploy chain gives the computation of the real tool run until nothing changes', () => {
  for (const model of models()) {
    const row = golden.graphs[model.name]
    if (!row) continue
    it(model.name, () => {
      if ('refused' in row) throw new Error(`the real tool refused: ${row.message}`)
      const { graph } = runChain(readGraphDef(readFileSync(model.path)), parseChain(row.chain ?? golden.chain), {
        inputs: row.inputs.map(parseTensorName),
        outputs: model.outputs.map(parseTensorName),
      })
      const difference = firstDifference(row, describeGraph(graph, model.outputs), golden)
      if (known[model.name]) expect(difference, known[model.name]).toBeDefined()
      else expect(difference).toBeUndefined()
    })
  }
})
