import { describe, expect, it } from 'vitest'
import { writeGraph } from './graph-file.js'
import { runHere } from './in-process.js'
import { testFolder } from './small-model.js'

/** What the command prints about a graph, the file's name as `PATH`. */
async function summarize(text: string, ...flags: string[]): Promise<string> {
  const file = writeGraph(testFolder(), 'model.pb', text)
  const { status, stdout, stderr } = await runHere('summarize_graph', `--in_graph=${file}`, ...flags)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.replaceAll(file, 'PATH')
}

describe('summarize_graph', () => {
  it('prints the lines of the historical tool', async () => {
    const text = `
x = Placeholder[dtype=float, shape=shape[?,2]]()
n = Placeholder[dtype=int32]()
w = Const[dtype=float, value=float[2,600]<1.5>]() @/cpu:0
v = VariableV2[dtype=float, shape=shape[4]]()
y = MatMul[T=float](x, w, ^n)
z = Softmax[T=float](y) @/cpu:0
unread = Const[dtype=int32, value=int32[]{1}]()
`
    expect(await summarize(text)).toBe(
      [
        'Found 2 possible inputs: (name=x, type=float(1), shape=[?,2]) (name=n, type=int32(3), shape=None) ',
        'Found 1 variables: (name=v, type=float(1), shape=[4]) ',
        'Found 2 possible outputs: (name=v, op=VariableV2) (name=z, op=Softmax) ',
        'Found 1201 (1.20k) const parameters, 0 (0) variable parameters, and 1 control_edges',
        "2 nodes assigned to device '/cpu:0'Op types used: 2 Const, 2 Placeholder, 1 MatMul, 1 Softmax, 1 VariableV2",
        'To use with tensorflow/tools/benchmark:benchmark_model try these arguments:',
        'bazel run tensorflow/tools/benchmark:benchmark_model -- --graph=PATH --show_flops --input_layer=x,n,v ' +
          '--input_layer_type=float,int32,float --input_layer_shape=-1,2::4 --output_layer=v,z',
        '',
      ].join('\n'),
    )
  })

  it('says where there is nothing', async () => {
    const lines = (await summarize('c = Const[dtype=float, value=float[]{1}]()')).split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'No inputs spotted.',
      'No variables spotted.',
      'No outputs spotted.',
      'Found 1 (1) const parameters, 0 (0) variable parameters, and 0 control_edges',
    ])
  })

  it('writes shapes without a rank, and types that are missing, as the tool does', async () => {
    const text = 'a = Placeholder[dtype=float, shape=shape?]()\nb = Placeholder[shape=shape[]]()'
    expect(await summarize(text)).toContain(
      'Found 2 possible inputs: (name=a, type=float(1), shape=<unknown>) (name=b, type=INVALID(0), shape=[]) \n',
    )
  })

  it('prints the structure in execution order, with the first elements of constants', async () => {
    const text = `
sum = Add[T=float](a, b:0)
a = Const[dtype=float, value=float[2,2]{0.1, 2, 3, 4}]()
b = Const[dtype=half, value=half[]{0x2e66}]()
s = Const[dtype=string, value=string[2]<"x'", "y">]()
i = Const[dtype=int64, value=int64[5]{1, 2, 3, 4, 5}]()
e = Const[dtype=float, value=float[3]{0x3727c5ac, 0x7f800000, 0x4d000001}]()
d = Const[dtype=double, value=double[2]{0.1, 1e300}]()
c = Const[dtype=complex64, value=complex64[1]<1, 2>]()
`
    const structure = (await summarize(text, '--print_structure')).split('\n').slice(7, -1)
    expect(structure.sort()).toEqual([
      'a (Const): [], value=Tensor<type: float shape: [2,2] values: [0.1 2][3...]...>',
      'b (Const): [], value=Tensor<type: half shape: [] values: 0.0999755859>',
      'c (Const): [], value=Tensor<type: complex64 shape: [1] values: ?>',
      'd (Const): [], value=Tensor<type: double shape: [2] values: 0.1 1e+300>',
      'e (Const): [], value=Tensor<type: float shape: [3] values: 1e-05 inf 134217744>',
      'i (Const): [], value=Tensor<type: int64 shape: [5] values: 1 2 3...>',
      "s (Const): [], value=Tensor<type: string shape: [2] values: x\\' y>",
      'sum (Add): [a, b]',
    ])
  })

  it('gives 255 and names the inputs that are missing, behind what could be told', async () => {
    const file = writeGraph(testFolder(), 'model.pb', 'y = Relu[T=float](gone, ^away)')
    const { status, stdout, stderr } = await runHere('summarize_graph', `--in_graph=${file}`)
    expect(status).toBe(255)
    expect(stdout.split('\n')).toEqual([
      'No inputs spotted.',
      'No variables spotted.',
      'Found 1 possible outputs: (name=y, op=Relu) ',
      'Found 0 (0) const parameters, 0 (0) variable parameters, and 1 control_edges',
      '',
    ])
    expect(stderr).toContain('summarize_graph: invalid-graph: the input gone of y names no node')
    expect(stderr).toContain('the input ^away of y names no node')
    expect(stderr).toContain('Freeze the model again.')
  })

  it('gives 255 for a file that is not there', async () => {
    expect((await runHere('summarize_graph', '--in_graph=nowhere.pb')).status).toBe(255)
  })
})
