import type fc from 'fast-check'
import type { Choices } from './choices.js'
import { arithmetic, foldConstantsChain } from './families/arithmetic.js'
import { calls } from './families/functions.js'
import { layers } from './families/layers.js'
import { anyInput, nodeName, plumbing } from './families/plumbing.js'
import { weightsOf } from './families/weights.js'
import { casesOf, type Family, type FuzzCase } from './fuzz-case.js'
import type { GraphBuilder } from './graph-builder.js'

const passing = ['Identity', 'CheckNumerics', 'StopGradient', 'Relu', 'AddN', 'Split', 'IdentityN', 'Add'] as const

const batchNormSteps = [
  'normalizedConvolution',
  'normalizedConvolution',
  'batchNorm',
  'concat',
  'spread',
  'convolution',
  'bias',
  'relu',
  'addConstant',
]
const fuseSteps = [
  'resizePadAndConvolution',
  'padAndConvolution',
  'resizeAndConvolution',
  'padAndConvolution',
  'resizeAndConvolution',
  'resizePadAndConvolution',
  'convolution',
  'pad',
  'resize',
  'relu',
]
const scaleSteps = ['scaledConvolution', 'multiply', 'convolution', 'matmul', 'row', 'bias', 'addConstant', 'relu']

/** Which graphs each transform is tried on, and with which parameters. */
const families: Readonly<Record<string, Family>> = {
  strip_unused_nodes: plumbing({
    endpoints: anyInput,
    chain: (builder, choose) => {
      const parameters: string[] = []
      if (choose.once(4)) parameters.push('type=float')
      if (choose.once(2)) parameters.push('shape="2,2"')
      if (choose.once(6)) {
        parameters.push(`name=${nodeName(builder, choose)}`, 'type_for_name=float', 'shape_for_name="2,2"')
      }
      return parameters.length ? `strip_unused_nodes(${parameters.join(', ')})` : 'strip_unused_nodes'
    },
  }),
  remove_nodes: plumbing({
    chain: (builder, choose) => {
      const there = builder.nodes.map((node) => node.op).filter((op) => (passing as readonly string[]).includes(op))
      const ops = Array.from({ length: choose.between(1, 2) }, () => {
        return `op=${there.length > 0 && !choose.once(4) ? choose.latest(there) : choose.of(passing)}`
      })
      if (choose.once(5)) ops.push('op="StopGradient|Relu"')
      if (choose.once(4)) ops.push(`max_inputs=${choose.between(2, 3)}`)
      return `remove_nodes(${ops.join(', ')})`
    },
    changesMeaning: (chain) => /Relu|Add|Split|IdentityN/.test(chain),
  }),
  remove_training_nodes: plumbing({ chain: () => 'remove_training_nodes' }),
  remove_attribute: plumbing({
    chain: (builder, choose) => {
      const node = choose.latest(builder.nodes)
      const attribute = choose.of([...node.attrs.names(), '_private', 'T'])
      const op = choose.once(2) ? `, op_name=${choose.once(5) ? '*' : node.op}` : ''
      return `remove_attribute(attribute_name=${attribute}${op.replace('*', '"*"')})`
    },
    changesMeaning: (chain) => !chain.includes('attribute_name=_'),
  }),
  remove_control_dependencies: plumbing({ chain: () => 'remove_control_dependencies' }),
  fold_constants: arithmetic({ chain: foldConstantsChain }),
  fold_batch_norms: layers(scaleSteps, { chain: () => 'fold_batch_norms' }),
  fold_old_batch_norms: layers(batchNormSteps, {
    chain: (_builder, choose) => (choose.once(6) ? 'fold_old_batch_norms(arithmetic=float64)' : 'fold_old_batch_norms'),
  }),
  fuse_resize_pad_and_conv: layers(fuseSteps, { chain: () => 'fuse_resize_pad_and_conv' }),
  fuse_resize_and_conv: layers(fuseSteps, { chain: () => 'fuse_resize_and_conv' }),
  fuse_pad_and_conv: layers(fuseSteps, { chain: () => 'fuse_pad_and_conv' }),
  round_weights: weightsOf((_builder, choose) =>
    choose.once(2) ? `round_weights(num_steps=${choose.of([16, 1, 2, 3, 255, 1000])})` : 'round_weights',
  ),
  quantize_weights: weightsOf((_builder, choose) => `quantize_weights(minimum_size=${choose.of([16, 1, 0, 20])})`),
  quantize_graph: weightsOf((_builder, choose) =>
    choose.once(2) ? `quantize_graph(bitdepth=${choose.of([4, 1, 2, 8])})` : 'quantize_graph',
  ),
  add_default_attributes: layers([...batchNormSteps, ...fuseSteps, 'matmul', 'row', 'pool'], {
    chain: () => 'add_default_attributes',
  }),
  sort_by_execution_order: plumbing({ chain: () => 'sort_by_execution_order' }),
  merge_duplicate_nodes: plumbing({ chain: () => 'merge_duplicate_nodes' }, ['twin', 'products']),
  obfuscate_names: plumbing({ chain: () => 'obfuscate_names' }),
  remove_device: plumbing({
    chain: () => 'remove_device',
    decoration: { devices: 2, controlInputs: 6, privateAttrs: 0 },
  }),
  set_device: plumbing({
    decoration: { devices: 3, controlInputs: 6, privateAttrs: 0 },
    chain: (_builder, choose) => {
      const device = choose.of(['device="/cpu:0"', 'device="/device:GPU:0"', 'device=""', ''])
      const parameters = [device, choose.of(['', 'if_default=true', 'if_default=false'])].filter(Boolean)
      return parameters.length ? `set_device(${parameters.join(', ')})` : 'set_device'
    },
  }),
  rename_attribute: plumbing({
    chain: (builder, choose) => {
      const node = choose.latest(builder.nodes)
      const attribute = choose.of([...node.attrs.names(), '_private', 'T'])
      const to = choose.of(['_other', 'T', attribute])
      const op = choose.once(2) ? `, op_name=${choose.once(5) ? '"*"' : node.op}` : ''
      return `rename_attribute(old_attribute_name=${attribute}, new_attribute_name=${to}${op})`
    },
    changesMeaning: () => true,
  }),
  rename_op: plumbing({
    chain: (builder, choose) =>
      `rename_op(old_op_name=${choose.latest(builder.nodes).op}, new_op_name=${choose.of(['Neg', 'Custom', 'Relu'])})`,
    changesMeaning: () => true,
  }),
  rename_node: plumbing({
    chain: (builder, choose) =>
      `rename_node(old_node_name=${nodeName(builder, choose)}, new_node_name=${choose.once(5) ? nodeName(builder, choose) : 'scope/renamed'})`,
  }),
  insert_logging: plumbing({
    chain: (builder, choose) => {
      const parameters = [
        choose.once(2) ? `op=${choose.latest(builder.nodes).op}` : '',
        choose.once(3) ? `prefix=${choose.of(['scope', 'relu', 'x'])}` : '',
        choose.once(3) ? 'message=hello' : '',
        choose.of(['', 'show_name=true', 'show_op=true']),
        choose.of(['', 'first_n=3', 'summarize=2']),
      ].filter(Boolean)
      return parameters.length ? `insert_logging(${parameters.join(', ')})` : 'insert_logging'
    },
  }),
  backport_concatv2: plumbing({ chain: () => 'backport_concatv2' }, ['lookup']),
  backport_tensor_array_v3: plumbing({ chain: () => 'backport_tensor_array_v3' }, ['tensorArray']),
  sparsify_gather: plumbing({ chain: () => 'sparsify_gather' }, ['lookup']),
  convert_placeholder_to_const: plumbing({ chain: () => 'convert_placeholder_to_const' }, ['training']),
  remove_dropout: plumbing({ chain: () => 'remove_dropout' }, ['dropout']),
  remove_idle_dropout: plumbing({ chain: () => 'remove_idle_dropout' }, ['dropout']),
  resolve_conditionals: plumbing({ chain: () => 'resolve_conditionals' }, ['branch']),
  inline_partitionedcall: calls(
    ['PartitionedCall', 'PartitionedCall', 'StatefulPartitionedCall'],
    () => 'inline_partitionedcall',
  ),
  inline_functions: calls(['PartitionedCall', 'StatefulPartitionedCall'], (choose) =>
    choose.once(3) ? 'inline_functions(allow_growth=true)' : 'inline_functions',
  ),
  freeze_requantization_ranges: plumbing(
    {
      chain: (_builder, choose) => {
        const percent = choose.of(['', '', ', min_percentile=0, max_percentile=0', ', min_percentile=50'])
        return `freeze_requantization_ranges(min_max_log_file=ranges.log${percent})`
      },
      files: rangesLog,
    },
    ['ranges'],
  ),
  flatten_atrous_conv: layers(['spread', 'spread', 'convolution', 'relu', 'bias'], {
    chain: () => 'flatten_atrous_conv',
  }),
  fuse_decomposed_batch_norm: layers(['decomposed', 'decomposed', 'convolution', 'relu', 'bias', 'multiply'], {
    chain: () => 'fuse_decomposed_batch_norm',
  }),
  fold_subdivmul_batch_norms: layers(['subDivMul', 'subDivMul', 'convolution', 'relu', 'bias', 'multiply'], {
    chain: () => 'fold_subdivmul_batch_norms',
  }),
  quantize_nodes: layers(
    [
      'convolution',
      'matmul',
      'row',
      'relu',
      'pool',
      'bias',
      'flatten',
      'addConstant',
      'resize',
      'fakeQuant',
      'fakeQuant',
    ],
    {
      chain: (_builder, choose) => {
        const parameters = [
          choose.once(3) ? 'input_min=-2, input_max=2' : '',
          choose.once(3) ? 'fallback_min=-8, fallback_max=8' : '',
          choose.once(4) ? `ignore_op=${choose.of(['Conv2D', 'Relu', 'MatMul'])}` : '',
        ].filter(Boolean)
        return parameters.length ? `quantize_nodes(${parameters.join(', ')})` : 'quantize_nodes'
      },
    },
  ),
}

/** The log of a graph that printed its ranges: some of them, some often, one in eight of a node that is not there. */
function rangesLog(builder: GraphBuilder, choose: Choices): ReadonlyMap<string, string> {
  const lines: string[] = ['an other line']
  for (const { name } of builder.nodes.filter(({ op }) => op === 'RequantizationRange')) {
    for (let times = choose.between(0, 12); times > 0; times--) {
      const [low, high] = [-choose.below(100) / 8, choose.below(100) / 8]
      lines.push(`;${name}__print__;__requant_min_max:[${low}][${high}]`)
    }
  }
  if (choose.once(8)) lines.push(';absent__print__;__requant_min_max:[-1][1]')
  return new Map([['ranges.log', `${lines.join('\n')}\n`]])
}

/** The cases of each transform, by its name. */
export const generators: Readonly<Record<string, fc.Arbitrary<FuzzCase>>> = Object.fromEntries(
  Object.entries(families).map(([name, family]) => [name, casesOf(family)]),
)

/** Whole models with the chains that people run on them. */
export const presetCases: fc.Arbitrary<FuzzCase> = casesOf(
  layers(
    ['normalizedConvolution', 'scaledConvolution', 'concat', 'spread', 'relu', 'flatten', 'matmul', 'bias', 'pool'],
    {
      chain: (_builder, choose) =>
        choose.of([
          'deploy',
          'kernels',
          'inference',
          'deploy,round_weights',
          'deploy,quantize_weights(minimum_size=16)',
          'weights_rounded',
        ]),
    },
  ),
)
