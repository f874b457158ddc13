import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../src/codec/read-model.js'
import { needBuild, runShell } from './command.js'
import { type SmallModelNames, testFolder, writeSmallModel } from './small-model.js'

interface PostedLine extends SmallModelNames {
  title: string
  /** The model that the line reads, and the file it writes. */
  source: string
  target: string
  line: string
  /** Ops that must and must not be in the result. */
  has: string[]
  hasNot: string[]
}

/** What stands for the path of the historical tool. */
const lines: PostedLine[] = [
  {
    title: 'Optimizing for Deployment',
    source: 'tensorflow_inception_graph.pb',
    target: 'optimized_inception_graph.pb',
    input: 'Mul',
    line: `graphdef transform_graph \\
--in_graph=tensorflow_inception_graph.pb \\
--out_graph=optimized_inception_graph.pb \\
--inputs='Mul' \\
--outputs='softmax' \\
--transforms='
  strip_unused_nodes(type=float, shape="1,299,299,3")
  remove_nodes(op=Identity, op=CheckNumerics)
  fold_constants(ignore_errors=true)
  fold_batch_norms
  fold_old_batch_norms'`,
    has: ['Placeholder', 'Conv2D', 'Softmax'],
    hasNot: ['Identity', 'Neg', 'Mul', 'Add'],
  },
  {
    title: 'Shrinking File Size',
    source: 'tensorflow_inception_graph.pb',
    target: 'optimized_inception_graph.pb',
    input: 'Mul',
    line: `graphdef transform_graph \\
--in_graph=tensorflow_inception_graph.pb \\
--out_graph=optimized_inception_graph.pb \\
--inputs='Mul:0' \\
--outputs='softmax:0' \\
--transforms='
strip_unused_nodes(type=float, shape="1,299,299,3")
fold_constants(ignore_errors=true)
fold_batch_norms
fold_old_batch_norms
round_weights(num_steps=256)'`,
    has: ['Placeholder', 'Conv2D', 'Softmax'],
    hasNot: ['Neg', 'Mul'],
  },
  {
    title: 'Eight-bit weights, with the closing quotation mark on a line of its own',
    source: 'frozen_inference_graph.pb',
    target: 'quantized.pb',
    input: 'image_tensor',
    output: 'detection_scores',
    line: `graphdef transform_graph --in_graph=frozen_inference_graph.pb --out_graph=quantized.pb \\
  --inputs=image_tensor --outputs='detection_scores' --transforms='
  add_default_attributes
  strip_unused_nodes(type=float, shape="1,16,16,8")
  remove_nodes(op=Identity, op=CheckNumerics)
  fold_constants(ignore_errors=true)
  fold_batch_norms
  fold_old_batch_norms
  quantize_weights
  strip_unused_nodes
  sort_by_execution_order
'`,
    has: ['Dequantize', 'Conv2D'],
    hasNot: ['Identity', 'Neg'],
  },
  {
    title: 'double quotation marks outside, which the shell takes off inside',
    source: 'frozen.pb',
    target: 'out.pb',
    input: 'input_1',
    output: 'k2tfout_0',
    line: `graphdef transform_graph --in_graph=frozen.pb --out_graph=out.pb --inputs="input_1" --outputs="k2tfout_0" --transforms="strip_unused_nodes(type=float, shape="1,224,224,3") fold_constants(ignore_errors=true) fold_batch_norms fold_old_batch_norms"`,
    has: ['Placeholder', 'Softmax'],
    hasNot: ['Neg'],
  },
  {
    title: 'escaped quotation marks, and a backslash at the end of each line of the chain',
    source: 'frozen.pb',
    target: 'out.pb',
    line: `graphdef transform_graph --in_graph=frozen.pb --out_graph=out.pb --inputs=input --outputs=softmax \\
  --transforms="\\
  strip_unused_nodes(type=float, shape=\\"1,299,299,3\\") \\
  remove_nodes(op=Identity) \\
  fold_constants(ignore_errors=true)"`,
    has: ['Placeholder', 'Conv2D'],
    hasNot: ['Identity'],
  },
  {
    title: 'one dash, commas in the chain and a shape with x',
    source: 'frozen.pb',
    target: 'out.pb',
    line: `graphdef transform_graph -in_graph=frozen.pb -out_graph=out.pb -inputs='input' -outputs='softmax' -transforms='strip_unused_nodes(shape="1x299x299x3"), remove_nodes(op=Identity)'`,
    has: ['Placeholder'],
    hasNot: ['Identity', 'Neg'],
  },
  {
    title: 'bazel run, whose flags stand behind --',
    source: 'frozen.pb',
    target: 'out.pb',
    line: `graphdef transform_graph -- --in_graph=$PWD/frozen.pb --out_graph=$PWD/out.pb --outputs=softmax --transforms='fold_constants'`,
    has: ['Softmax', 'Const'],
    hasNot: ['Add'],
  },
  {
    title: 'optimize_for_inference of TensorFlow for Poets',
    source: 'tf_files/retrained_graph.pb',
    target: 'tf_files/optimized_graph.pb',
    input: 'input',
    output: 'final_result',
    line: `graphdef optimize_for_inference \\
  --input=tf_files/retrained_graph.pb \\
  --output=tf_files/optimized_graph.pb \\
  --input_names="input" \\
  --output_names="final_result"`,
    has: ['Placeholder', 'Softmax'],
    hasNot: ['Identity', 'Neg'],
  },
  {
    title: "optimize_for_inference with Python's True",
    source: 'frozen.pb',
    target: 'inference.pb',
    input: 'I',
    output: 'O',
    line: `graphdef optimize_for_inference --input frozen.pb --output inference.pb --frozen_graph True --input_names I --output_names O`,
    has: ['Placeholder'],
    hasNot: ['Identity', 'Neg'],
  },
  {
    title: 'optimize_for_inference with a type for the placeholder',
    source: 'frozen_har.pb',
    target: 'optimized_frozen_har.pb',
    line: `graphdef optimize_for_inference --input=frozen_har.pb --output=optimized_frozen_har.pb --frozen_graph=True --input_names=input --output_names=softmax --placeholder_type_enum=1 --toco_compatible=True`,
    has: ['Placeholder'],
    hasNot: ['Identity', 'Neg'],
  },
  {
    title: 'convert_graphdef_memmapped_format of DeepSpeech',
    source: 'output_graph.pb',
    target: 'output_graph.pbmm',
    line: 'graphdef convert_graphdef_memmapped_format --in_graph=output_graph.pb --out_graph=output_graph.pbmm',
    has: ['Const', 'Identity', 'Neg'],
    hasNot: ['ImmutableConst'],
  },
]

describe('command lines as people posted them', () => {
  beforeAll(needBuild)

  it.each(lines)('$title', async ({ source, target, line, has, hasNot, ...names }) => {
    const folder = testFolder()
    mkdirSync(join(folder, dirname(source)), { recursive: true })
    writeSmallModel(folder, source, names)
    expect(runShell(folder, line)).toMatchObject({ status: 0, stderr: '' })
    const { graph } = await readModel(new Uint8Array(readFileSync(join(folder, target))))
    const ops = new Set(graph.nodes.map(({ op }) => op))
    for (const op of has) expect(ops).toContain(op)
    for (const op of hasNot) expect(ops).not.toContain(op)
  })
})
