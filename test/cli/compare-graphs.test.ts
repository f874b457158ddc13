import { describe, expect, it } from 'vitest'
import { writeGraph } from './graph-file.js'
import { type Outcome, runHere } from './in-process.js'
import { testFolder } from './small-model.js'

async function compare(a: string, b: string): Promise<Outcome> {
  const folder = testFolder()
  return runHere('compare_graphs', writeGraph(folder, 'a.pb', a), writeGraph(folder, 'b.pb', b))
}

const graph = `
c = NoOp()
d = NoOp()
w = Const[dtype=float, value=float[3]{2, 2, 2}]()
y = Neg[T=float](w, ^c, ^d)
`

describe('compare_graphs', () => {
  it.each([
    ['the graphs are the same', graph],
    [
      'nodes and control inputs stand in another order, and a tensor is stored otherwise',
      `
y = Neg[T=float](w:0, ^d, ^c)
w = Const[dtype=float, value=float[3]<2>]()
d = NoOp()
c = NoOp()`,
    ],
    ['an attribute beginning with _ differs', graph.replace('Neg[', 'Neg[_output_shapes=[], ')],
  ])('gives 0 where %s', async (_what, other) => {
    expect(await compare(graph, other)).toEqual({ status: 0, stdout: 'Graphs are equal.\n', stderr: '' })
  })

  it.each([
    ["Did not find expected node 'e' (NoOp)", `${graph}e = NoOp()`],
    ["Found unexpected node 'w' (Const)", graph.split('\n').slice(0, 3).join('\n')],
    ["Node 'y' has op 'Neg' that is not the expected 'Relu'", graph.replace('Neg', 'Relu')],
    ["Node 'c' has device '' that is not the expected '/cpu:0'", graph.replace('c = NoOp()', 'c = NoOp() @/cpu:0')],
    ["Node 'y' has 3 inputs that are not the expected 2", graph.replace(', ^d', '')],
    ["Node 'y' has input 0 'w' that is not the expected 'c'", graph.replace('(w,', '(c,')],
    ["Node 'y' lacks the expected control input '^w'", graph.replace('^d)', '^w)')],
    ["Node 'y' lacks the expected attribute 'extra'", graph.replace('Neg[', 'Neg[extra=1, ')],
    ["Node 'y' has the unexpected attribute 'T'", graph.replace('Neg[T=float]', 'Neg')],
    ["Node 'w' has another value of the attribute 'value' than the expected one", graph.replace('2, 2, 2', '2, 2, 3')],
  ])('gives 1 and says: %s', async (difference, other) => {
    const { status, stdout, stderr } = await compare(graph, other)
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout.split('\n')).toContain(difference)
  })

  it('gives 255 for a file that cannot be read, and for one argument', async () => {
    const folder = testFolder()
    const file = writeGraph(folder, 'a.pb', graph)
    const missing = await runHere('compare_graphs', file, `${folder}/b.pb`)
    expect({ status: missing.status, stdout: missing.stdout }).toEqual({ status: 255, stdout: '' })
    expect(missing.stderr).toContain('there is no such file')
    const single = await runHere('compare_graphs', file)
    expect(single.status).toBe(255)
    expect(single.stderr).toContain('B is missing')
    expect(single.stderr).toContain('The command line is: graphdef compare_graphs A B')
  })
})
