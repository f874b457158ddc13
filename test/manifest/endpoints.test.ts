import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { GraphdefError } from '../../src/errors.js'
import type { DataType } from '../../src/graph/data-type.js'
import { Graph } from '../../src/graph/graph.js'
import { Node } from '../../src/graph/node.js'
import type { Shape } from '../../src/graph/shape.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName, printTensorName } from '../../src/graph/tensor-name.js'
import { describeCandidates, type EndpointOptions, findEndpoints } from '../../src/manifest/endpoints.js'
import { fixture } from '../codec/fixture.js'
import { describeWithModels, model } from '../models/models.js'

type Given = Record<string, DataType | readonly DataType[] | number | boolean | Shape>

/** A node in a few words: `['y', 'Softmax', 'x']`. `T` and `dtype` are float32 where nothing else is said. */
type Line = readonly [name: string, op: string, inputs?: string, attrs?: Given]

function graphOf(...lines: Line[]): Graph {
  const graph = new Graph()
  for (const [name, op, inputs = '', given = {}] of lines) {
    const words = inputs === '' ? [] : inputs.split(' ')
    const node = new Node({ name, op, inputs: words.map(parseTensorName) })
    const attrs: Given = { T: 'float32', dtype: 'float32', ...given }
    for (const [key, value] of Object.entries(attrs)) {
      if (typeof value === 'string') node.attrs.setType(key, value as DataType)
      else if (typeof value === 'number') node.attrs.setInt(key, value)
      else if (typeof value === 'boolean') node.attrs.setBool(key, value)
      else if (key === 'shape') node.attrs.setShape(key, value as Shape)
      else node.attrs.set(key, { kind: 'list', value: { type: value as readonly DataType[] } })
    }
    if (op === 'Const' && !('value' in given)) {
      const dtype = attrs.dtype as DataType
      const size = (given.size as number | undefined) ?? 1
      node.attrs.setTensor('value', Tensor.of(dtype, size === 1 ? [] : [size], new Float32Array(size)))
    }
    graph.add(node)
  }
  return graph
}

const image: Line = ['image', 'Placeholder', '', { shape: [null, 8, 8, 3] }]

function endpoints(graph: Graph, options?: EndpointOptions): { inputs: string; outputs: string } {
  const { inputs, outputs } = findEndpoints(graph, options)
  return { inputs: inputs.map(printTensorName).join(' '), outputs: outputs.map(printTensorName).join(' ') }
}

function failure(graph: Graph, options?: EndpointOptions): { code: string; message: string } {
  try {
    findEndpoints(graph, options)
  } catch (error) {
    if (error instanceof GraphdefError) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('nothing was thrown')
}

/** `name: taken or not, reason` of each candidate. */
function reasons(graph: Graph, side: 'inputs' | 'outputs'): Record<string, string> {
  return Object.fromEntries(
    describeCandidates(graph)[side].map(({ name, taken, reason }) => [name, `${taken ? 'yes' : 'no'}: ${reason}`]),
  )
}

describe('outputs that are not named', () => {
  it('are the nodes that nobody reads', () => {
    const graph = graphOf(image, ['conv', 'Relu', 'image'], ['scores', 'Softmax', 'conv'], ['box', 'Identity', 'conv'])
    expect(endpoints(graph)).toEqual({ inputs: 'image', outputs: 'scores box' })
    expect(reasons(graph, 'outputs')).toEqual({
      scores: 'yes: nobody reads it',
      box: 'yes: nobody reads it, behind Relu',
    })
  })

  it('may be waited for by a group, and are every output of a node', () => {
    const graph = graphOf(
      image,
      ['top', 'TopKV2', 'image k'],
      ['k', 'Const', '', { dtype: 'int32' }],
      ['all', 'NoOp', '^top'],
    )
    expect(endpoints(graph).outputs).toBe('top top:1')
  })

  it('are the first output of ops whose others are for gradients', () => {
    const norm = (name: string, is_training: boolean): Line => [
      name,
      'FusedBatchNorm',
      'image s s s s',
      { is_training },
    ]
    const graph = graphOf(image, ['s', 'Const'], norm('infer', false), norm('train_like', true))
    expect(endpoints(graph).outputs).toBe('infer train_like train_like:1 train_like:2')
  })

  it('are not what training leaves behind', () => {
    const graph = graphOf(
      image,
      ['labels', 'Placeholder', '', { dtype: 'int64', shape: [null] }],
      ['logits', 'Relu', 'image'],
      ['scores', 'Softmax', 'logits'],
      ['pred', 'ArgMax', 'scores axis', { output_type: 'int64' }],
      ['axis', 'Const', '', { dtype: 'int32' }],
      ['right', 'Equal', 'pred labels', { T: 'int64' }],
      ['histogram/tag', 'Const', '', { dtype: 'string', value: true }],
      ['histogram', 'HistogramSummary', 'histogram/tag logits'],
      ['gradients/logits_grad', 'ReluGrad', 'image logits'],
      ['shape', 'Shape', 'logits'],
      ['check', 'CheckNumerics', 'logits'],
      ['constant_output', 'Neg', 'axis', { T: 'int32' }],
      ['root', 'Sqrt', 'logits'],
      ['unused', 'Const'],
      ['table', 'HashTableV2', '', { key_dtype: 'string', value_dtype: 'int64' }],
      ['assert', 'Assert', 'right logits', { T: ['float32'] }],
      ['init', 'NoOp'],
      ['result', 'Softmax', 'scores'],
    )
    expect(reasons(graph, 'outputs')).toEqual({
      right: 'no: only "assert" (Assert) reads it',
      'gradients/logits_grad': 'no: nobody reads it, but it is part of a gradient',
      shape: 'no: nobody reads it, but Shape is rarely a result',
      check: 'no: nobody reads it, but CheckNumerics is rarely a result',
      constant_output: 'no: nobody reads it, but it depends on no input',
      root: 'yes: nobody reads it',
      result: 'yes: nobody reads it',
    })
    expect(endpoints(graph)).toEqual({ inputs: 'image', outputs: 'root result' })
  })

  it('are not losses and metrics, which depend on labels', () => {
    const graph = graphOf(
      image,
      ['y_', 'Placeholder', '', { shape: [null, 10] }],
      ['logits', 'Relu', 'image'],
      ['loss', 'SoftmaxCrossEntropyWithLogits', 'logits y_'],
      ['scores', 'Softmax', 'logits'],
    )
    expect(endpoints(graph)).toEqual({ inputs: 'image', outputs: 'scores' })
    expect(reasons(graph, 'inputs')).toEqual({ image: 'yes: feeds Relu', y_: 'no: the outputs do not need it' })
  })

  it('are taken whatever they are where there is nothing else', () => {
    expect(endpoints(graphOf(image, ['size', 'Size', 'image', { out_type: 'int32' }])).outputs).toBe('size')
    expect(endpoints(graphOf(image, ['checked', 'CheckNumerics', 'image'])).outputs).toBe('checked')
  })

  it('are not within loops and branches, nor the counter of a loop', () => {
    const graph = graphOf(
      ['x', 'Placeholder', '', { shape: [] }],
      ['zero', 'Const', '', { dtype: 'int32' }],
      ['enter', 'Enter', 'x'],
      ['enter_i', 'Enter', 'zero', { T: 'int32' }],
      ['merge', 'Merge', 'enter next', { N: 2 }],
      ['merge_i', 'Merge', 'enter_i next_i', { N: 2, T: 'int32' }],
      ['less', 'Less', 'merge_i limit', { T: 'int32' }],
      ['limit', 'Const', '^merge_i', { dtype: 'int32' }],
      ['cond', 'LoopCond', 'less'],
      ['switch', 'Switch', 'merge cond'],
      ['switch_i', 'Switch', 'merge_i cond', { T: 'int32' }],
      ['body', 'Neg', 'switch:1'],
      ['inside', 'Exp', 'body'],
      ['next', 'NextIteration', 'body'],
      ['next_i', 'NextIteration', 'switch_i:1', { T: 'int32' }],
      ['exit', 'Exit', 'switch'],
      ['exit_i', 'Exit', 'switch_i', { T: 'int32' }],
      ['pick', 'Switch', 'x flag'],
      ['flag', 'PlaceholderWithDefault', 'flag_default', { dtype: 'bool', shape: [] }],
      ['flag_default', 'Const', '', { dtype: 'bool', value: true }],
      ['lost', 'Neg', 'pick:1'],
    )
    expect(endpoints(graph)).toEqual({ inputs: 'x', outputs: 'exit' })
    expect(reasons(graph, 'outputs')).toEqual({
      inside: 'no: it is within a loop',
      exit: 'yes: nobody reads it',
      exit_i: 'no: nobody reads it, but it depends on no input',
      lost: 'no: it is within a branch of a condition',
    })
    graph.add(new Node({ name: 'start', op: 'Placeholder' }))
    graph.get('start')!.attrs.setType('dtype', 'int32')
    graph.setInputs(graph.get('enter_i')!, [parseTensorName('start')])
    expect(reasons(graph, 'outputs').exit_i).toBe('no: the counter of a loop')
    const after = graph.add(new Node({ name: 'after', op: 'Neg', inputs: [parseTensorName('x')] }))
    after.attrs.setType('T', 'float32')
    expect(reasons(graph, 'outputs').exit).toBe('no: a variable of a loop that nobody reads afterwards')
  })

  it('of a condition are the value, not which branch it came from', () => {
    const graph = graphOf(
      ['x', 'Placeholder', '', { shape: [] }],
      ['flag', 'Placeholder', '', { dtype: 'bool', shape: [] }],
      ['switch', 'Switch', 'x flag'],
      ['negative', 'Neg', 'switch:1'],
      ['merge', 'Merge', 'switch negative', { N: 2 }],
    )
    expect(endpoints(graph)).toEqual({ inputs: 'x flag', outputs: 'merge' })
  })

  it('depend on the inputs that are named', () => {
    const graph = graphOf(
      image,
      ['features', 'Relu', 'image'],
      ['scores', 'Softmax', 'features'],
      ['other', 'Neg', 'image'],
    )
    expect(endpoints(graph, { inputs: ['features'] })).toEqual({ inputs: 'features', outputs: 'scores' })
  })

  it('are found in what TensorFlow 2 freezes', () => {
    expect(endpoints(readGraphDef(fixture('frozen_tf2.pb')))).toEqual({ inputs: 'x', outputs: 'Identity' })
  })
})

describe('outputs that are not clear', () => {
  const heads = graphOf(
    image,
    ['features', 'Relu', 'image'],
    ['Predictions', 'Softmax', 'features'],
    ['AuxLogits/Predictions', 'Softmax', 'features'],
    ['train/mean', 'Tanh', 'features'],
  )

  it('are listed with what speaks for and against each, and lines to paste', () => {
    expect(failure(heads, { file: 'inception.pb' })).toEqual({
      code: 'ambiguous-output',
      message: `the outputs are not named and cannot be told: nobody reads 3 nodes, and some of them look like parts of training
  file: inception.pb
  Candidates:
    Predictions            float32 [?,8,8,3]  Softmax  nobody reads it
    AuxLogits/Predictions  float32 [?,8,8,3]  Softmax  nobody reads it, but "AuxLogits" in its name says that it is an auxiliary head
    train/mean             float32 [?,8,8,3]  Tanh     nobody reads it, but "train" in its name speaks of training
  Name the outputs, for instance:
    in the import: ?optimize=deploy&outputs=Predictions
    on the command line: --outputs=Predictions`,
    })
  })

  it('are found where the doubtful ones are all there is', () => {
    const graph = graphOf(image, ['train/scores', 'Softmax', 'image'], ['train/box', 'Relu', 'image'])
    expect(endpoints(graph).outputs).toBe('train/scores train/box')
  })

  it('may be one number for all beside others', () => {
    const graph = graphOf(image, ['scores', 'Softmax', 'image'], ['decay', 'L2Loss', 'image'])
    expect(failure(graph).message.split('\n').slice(0, 4)).toEqual([
      'the outputs are not named and cannot be told: nobody reads 2 nodes, and some of them look like parts of training',
      '  Candidates:',
      '    scores  float32 [?,8,8,3]  Softmax  nobody reads it',
      '    decay   float32 []         L2Loss   nobody reads it, but it is one number for all, as losses are',
    ])
  })

  it('are what only training reads', () => {
    const graph = graphOf(
      image,
      ['labels', 'Placeholder', '', { shape: [null, 10] }],
      ['logits', 'Relu', 'image'],
      ['loss', 'SoftmaxCrossEntropyWithLogits', 'logits labels'],
    )
    expect(failure(graph)).toEqual({
      code: 'ambiguous-output',
      message: `the outputs are not named and cannot be told: only training reads the results
  Candidates:
    logits  float32 [?,8,8,3]       Relu                           only what depends on labels reads it
    loss    float32 <unknown rank>  SoftmaxCrossEntropyWithLogits  nobody reads it, but it depends on labels, as losses do
  Name the outputs, for instance:
    in the import: ?optimize=deploy&outputs=logits
    on the command line: --outputs=logits`,
    })
  })

  it('may belong to two models in one file', () => {
    const graph = graphOf(
      image,
      ['code', 'Relu', 'image'],
      ['code_in', 'Placeholder', '', { shape: [null, 2] }],
      ['picture', 'Sigmoid', 'code_in'],
    )
    expect(failure(graph).message.split('\n')[0]).toBe(
      'the outputs are not named and cannot be told: nobody reads 2 nodes, and they have no input in common',
    )
    expect(endpoints(graph, { outputs: ['picture'] })).toEqual({ inputs: 'code_in', outputs: 'picture' })
  })

  it('may be too many to be told, or none', () => {
    const many = graphOf(image, ...Array.from({ length: 33 }, (_, index): Line => [`y${index}`, 'Relu', 'image']))
    const lines = failure(many).message.split('\n')
    expect(lines[0]).toBe('the outputs are not named and cannot be told: nobody reads 33 nodes')
    expect(lines[22]).toBe('    and 13 more')
    expect(failure(graphOf(image)).message).toBe(
      `the outputs are not named and cannot be told: no node looks like one
  Name the outputs, for instance:
    in the import: ?optimize=deploy&outputs=NODE
    on the command line: --outputs=NODE`,
    )
    const sides = graphOf(image, ['shape', 'Shape', 'image'], ['rank', 'Rank', 'image'])
    expect(failure(sides).message.split('\n')[0]).toBe(
      'the outputs are not named and cannot be told: none of the 2 nodes that nobody reads looks like one',
    )
  })
})

describe('inputs that are not named', () => {
  it('are the placeholders that the outputs need', () => {
    const graph = graphOf(
      image,
      ['keep_prob', 'Placeholder', '', { shape: [] }],
      ['unused', 'Placeholder', '', { shape: [] }],
      ['y', 'Mul', 'image keep_prob'],
    )
    expect(endpoints(graph).inputs).toBe('image keep_prob')
  })

  it('are those with a default unless they are settings or computed from another', () => {
    const withDefault = (name: string, value: string, given: Given = {}): Line => [
      name,
      'PlaceholderWithDefault',
      value,
      given,
    ]
    const graph = graphOf(
      image,
      ['false', 'Const', '', { dtype: 'bool', value: true }],
      withDefault('training', 'false', { dtype: 'bool', shape: [] }),
      ['one', 'Const'],
      withDefault('keep_prob', 'one', { shape: [] }),
      ['zeros', 'Const', '', { size: 192 }],
      withDefault('mask', 'zeros', { shape: [null, 192] }),
      ['features', 'Relu', 'image'],
      withDefault('bottleneck', 'features', { shape: [null, 8, 8, 3] }),
      ['next', 'IteratorGetNext', 'iterator', { output_types: ['float32'] }],
      ['iterator', 'IteratorFromStringHandle', 'handle'],
      ['handle', 'Placeholder', '', { dtype: 'string', shape: [] }],
      withDefault('img', 'next', { shape: [null, 8, 8, 3] }),
      ['y', 'AddN', 'training keep_prob mask bottleneck img', { N: 5 }],
    )
    expect(endpoints(graph).inputs).toBe('image mask img')
    expect(reasons(graph, 'inputs')).toEqual({
      image: 'yes: feeds Relu',
      training: 'no: a switch that has a default',
      keep_prob: 'no: a single number that has a default',
      mask: 'yes: feeds AddN; it has a default',
      bottleneck: 'no: its default is computed from "image"',
      next: 'no: the outputs do not need it',
      handle: 'no: the outputs do not need it',
      img: 'yes: its default comes from "next" (IteratorGetNext)',
    })
  })

  it('are none where a graph needs none', () => {
    expect(endpoints(graphOf(['c', 'Const'], ['y', 'Neg', 'c']))).toEqual({ inputs: '', outputs: 'y' })
  })

  it('are not clear where the graph fetches its data', () => {
    const graph = graphOf(
      ['iterator', 'OneShotIterator', ''],
      ['next', 'IteratorGetNext', 'iterator', { output_types: ['float32'] }],
      ['y', 'Relu', 'next'],
    )
    expect(failure(graph)).toEqual({
      code: 'ambiguous-input',
      message: `the inputs are not named and cannot be told: the graph fetches data itself, with "next" (IteratorGetNext)
  Candidates:
    next  float32 <unknown rank>  IteratorGetNext  fetches data itself, which an app has to feed instead
  Name the inputs, for instance:
    in the import: ?optimize=deploy&inputs=next
    on the command line: --inputs=next`,
    })
    expect(endpoints(graph, { inputs: ['next'] })).toEqual({ inputs: 'next', outputs: 'y' })
  })
})

describe('names', () => {
  const graph = graphOf(
    image,
    ['axis', 'Const', '', { dtype: 'int32' }],
    ['parts', 'Split', 'axis image', { num_split: 2 }],
    ['scores', 'Softmax', 'parts:1'],
    ['done', 'NoOp'],
  )

  it('are read with and without port; any node may be an input; one that stands twice counts once', () => {
    expect(endpoints(graph, { inputs: ['image:0'], outputs: ['parts:1', 'scores', 'scores:0'] })).toEqual({
      inputs: 'image',
      outputs: 'parts:1 scores',
    })
    expect(endpoints(graph, { inputs: ['parts:1'] })).toEqual({ inputs: 'parts:1', outputs: 'scores' })
  })

  it('that the graph does not have are errors, with what may be meant', () => {
    expect(failure(graph, { outputs: ['softmax/scores', 'score'] }).message.split('\n')[0]).toBe(
      'the graph has no node "softmax/scores", which is named as output',
    )
    expect(failure(graph, { outputs: ['score'] })).toEqual({
      code: 'unknown-output',
      message: `the graph has no node "score", which is named as output
  did you mean "scores"?
  What looks like outputs:
    scores  float32 [?,8,8,3]  Softmax  nobody reads it`,
    })
    expect(failure(graph, { inputs: ['imgae:0'] })).toEqual({
      code: 'unknown-input',
      message: `the graph has no node "imgae:0", which is named as input
  did you mean "image"?
  What looks like inputs:
    image  float32 [?,8,8,3]  Placeholder  feeds Split`,
    })
    expect(failure(graph, { outputs: ['^scores'] }).code).toBe('unknown-output')
  })

  it('of outputs that a node does not have are errors', () => {
    const first = (outputs: string[]): string => failure(graph, { outputs }).message.split('\n')[0]!
    expect(first(['parts:2'])).toBe('"parts:2" is named as output, and "parts" (Split) has 2 outputs')
    expect(first(['scores:1'])).toBe('"scores:1" is named as output, and "scores" (Softmax) has 1 output')
    expect(first(['done'])).toBe('"done" is named as output, and "done" (NoOp) has no output')
  })
})

describe('a graph with variables', () => {
  const freeze = (nodes: string): string =>
    `Freeze it with TensorFlow (CHECKPOINT is where the weights were saved), then import frozen.pb:
    python -m tensorflow.python.tools.freeze_graph --input_graph=GRAPH.pb --input_binary=true --input_checkpoint=CHECKPOINT --output_node_names=${nodes} --output_graph=frozen.pb
  In a TensorFlow 1 session: tf.compat.v1.graph_util.convert_variables_to_constants(session, graph_def, [output nodes]).`

  it('is not frozen where an output needs one', () => {
    const graph = readGraphDef(fixture('unfrozen.pb'))
    expect(failure(graph)).toEqual({
      code: 'not-frozen',
      message: `the graph is not frozen: the value of its variable "w" is not in it\n  ${freeze('y')}`,
    })
    expect(failure(graph, { outputs: ['MatMul'] }).message).toContain('--output_node_names=MatMul ')
    expect(describeCandidates(graph).variables).toEqual(['w'])
  })

  it('is not frozen whatever the outputs are, where they cannot be told', () => {
    const weights = Array.from({ length: 6 }, (_, index): Line => [`w${index}`, 'VarHandleOp', '', { shape: [] }])
    const reads = weights.map(([name]): Line => [`${name}/read`, 'ReadVariableOp', name])
    const sum: Line = ['sum', 'AddN', ['image', ...reads.map(([name]) => name)].join(' '), { N: 7 }]
    const graph = graphOf(image, ...weights, ...reads, sum, ['y', 'Relu', 'sum'], ['aux/y', 'Relu', 'sum'])
    expect(failure(graph).message).toBe(
      `the graph is not frozen: the values of its 6 variables are not in it: "w0", "w1", "w2", "w3", "w4", …\n  ${freeze('y')}`,
    )
  })

  it('is frozen where no output needs one, or what is fed stands before it', () => {
    const graph = graphOf(
      image,
      ['step', 'VariableV2', '', { shape: [] }],
      ['y', 'Relu', 'image'],
      ['z', 'Add', 'y step'],
    )
    expect(endpoints(graph, { outputs: ['y'] }).outputs).toBe('y')
    expect(endpoints(graph, { inputs: ['y', 'step'], outputs: ['z'] }).inputs).toBe('y step')
  })

  it('is not frozen where a placeholder stands for a variable', () => {
    const graph = graphOf(
      image,
      ['kernel', 'Placeholder', '', { dtype: 'resource', shape: [] }],
      ['read', 'ReadVariableOp', 'kernel'],
      ['y', 'Mul', 'image read'],
    )
    expect(failure(graph).message.split('\n')[0]).toBe(
      'the graph is not frozen: the value of its variable "kernel" is not in it',
    )
  })
})

/** Where what is found is not what was recorded, and why. */
const otherOutputs: Record<string, string> = {
  ut_deep_mlp: 'logits is read by the ArgMax that is found',
  ut_quant_mnist: 'logits is read by the ArgMax that is found',
  ut_simple_mnist: 'logits is read by the ArgMax that is found',
  ut_test_cnn: '40 quantizations that nobody reads any more are no outputs beside pred_label',
  'dl4j_rnn__lstmblockfusedcell__batch1_n5-3_tsLength4_noPH_clip-0.3_fBias2_withIS':
    'an output of BlockLSTM of which others are read is not taken',
}
const otherInputs: Record<string, string> = {
  faced_face_corrector: '"training" is a switch that has a default',
}

describeWithModels('every model', 'all', (models) => {
  it('has the inputs and outputs that were recorded, but for those listed', () => {
    const outputs: string[] = []
    const inputs: string[] = []
    for (const entry of models) {
      const found = endpoints(readGraphDef(readFileSync(entry.path)))
      const sorted = (names: readonly string[]): string => [...names].sort().join(' ')
      if (sorted(found.outputs.split(' ')) !== sorted(entry.outputs)) outputs.push(entry.name)
      if (sorted(found.inputs.split(' ').filter(Boolean)) !== sorted(entry.inputs)) inputs.push(entry.name)
    }
    expect(outputs.sort()).toEqual(Object.keys(otherOutputs).sort())
    expect(inputs).toEqual(Object.keys(otherInputs))
  })
})

describe('describeCandidates', () => {
  it('tells dtype and shape', () => {
    const graph = readGraphDef(readFileSync(model('catdog_inception').path))
    expect(describeCandidates(graph)).toEqual({
      inputs: [
        {
          tensor: { node: 'conv2d_1_input', port: 0 },
          name: 'conv2d_1_input',
          op: 'Placeholder',
          dtype: 'float32',
          shape: [null, 128, 128, 3],
          taken: true,
          reason: 'feeds Conv2D',
        },
      ],
      outputs: [
        {
          tensor: { node: 'activation_4/Softmax', port: 0 },
          name: 'activation_4/Softmax',
          op: 'Softmax',
          dtype: 'float32',
          shape: [null, 2],
          taken: true,
          reason: 'nobody reads it',
        },
      ],
      variables: [],
      unclear: { inputs: undefined, outputs: undefined },
    })
  })
})
