import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { writeMemmapped } from '../../src/codec/memmapped.js'
import { parseGraph } from '../transforms/graph-text.js'
import { runHere } from './in-process.js'
import { testFolder, writeSmallModel } from './small-model.js'

function bytesOf(text: string): Uint8Array {
  return joinSlices(encodeGraphDef(parseGraph(text).graph).list)
}

const plain = `
x = Placeholder[dtype=float, shape=shape[?,2]]()
w = Const[dtype=float, value=float[2,3]{1, 2, 3, 4, 5, 6}]()
y = MatMul[T=float](x, w)
probabilities = Softmax[T=float](y)
`

/** Inspects a model in a folder of its own, whose name is taken out of what is printed. */
async function inspect(bytes: Uint8Array, ...flags: string[]): Promise<string> {
  const folder = testFolder()
  const file = join(folder, 'model.pb')
  writeFileSync(file, bytes)
  const { status, stdout, stderr } = await runHere('inspect', file, ...flags)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.replaceAll(`${folder}/`, './')
}

describe('inspect', () => {
  it('prints what is in a model, and the import', async () => {
    expect(await inspect(bytesOf(plain))).toBe(
      [
        './model.pb  GraphDef, 203 B, 4 nodes, 6 parameters',
        '',
        'Inputs',
        '  x  float32 [?,2]  Placeholder  feeds MatMul',
        '',
        'Outputs',
        '  probabilities  float32 [?,3]  Softmax  nobody reads it',
        '',
        'Ops',
        '  1 Const, 1 MatMul, 1 Placeholder, 1 Softmax',
        '',
        'Import',
        "  import model from './model.pb?optimize'",
        '',
      ].join('\n'),
    )
  })

  it('prints the same as JSON', async () => {
    const inspection = JSON.parse(await inspect(bytesOf(plain), '--format=json'))
    expect(inspection).toMatchObject({
      format: 'graphdef',
      gzip: false,
      bytes: 203,
      producer: 0,
      minConsumer: 0,
      nodes: 4,
      ops: { Const: 1, MatMul: 1, Placeholder: 1, Softmax: 1 },
      inputs: [{ name: 'x', op: 'Placeholder', dtype: 'float32', shape: [null, 2], reason: 'feeds MatMul' }],
      outputs: [{ name: 'probabilities', dtype: 'float32', shape: [null, 3], reason: 'nobody reads it' }],
      others: { inputs: [], outputs: [] },
      unclear: {},
      variables: [],
      parameters: 6,
    })
  })

  it('names the format, and gzip', async () => {
    expect(await inspect(gzipSync(bytesOf(plain)))).toMatch(/^\.\/model\.pb {2}gzipped GraphDef, /)
    const memmapped = joinSlices(writeMemmapped(parseGraph(plain).graph, { minimumSize: 1 }).list)
    expect(await inspect(memmapped)).toMatch(/^\.\/model\.pb {2}memory-mapped package, /)
    expect(await inspect(new TextEncoder().encode('node { name: "x" op: "NoOp" }\nversions { producer: 27 }'))).toMatch(
      /^\.\/model\.pb {2}GraphDef in text format, 55 B, 1 node, 0 parameters, producer 27\n/,
    )
  })

  it('lists the candidates of an ambiguous model, and names them in the import', async () => {
    const text = await inspect(
      bytesOf(`
x = Placeholder[dtype=float, shape=shape[?,2]]()
a = Relu[T=float](x)
z = Placeholder[dtype=float, shape=shape[?,2]]()
left = Neg[T=float](z)
`),
    )
    expect(text).toMatch(/\nOutputs\n {2}to be named: .+\n {2}a +float32 \[\?,2\] +Relu +.+\n {2}left +.+\n/)
    expect(text).toContain("\n  import model from './model.pb?optimize&outputs=a,left'\n")
  })

  it('says that a graph is not frozen', async () => {
    const text = await inspect(
      bytesOf(`
x = Placeholder[dtype=float, shape=shape[?,2]]()
w = VariableV2[dtype=float, shape=shape[2,3]]()
y = MatMul[T=float](x, w)
`),
    )
    expect(text).toContain('\nNot frozen: the outputs need the values of variables (w).\n')
  })

  it('breaks long lists of ops', async () => {
    const ops = [
      'Abs',
      'Acos',
      'Asin',
      'Atan',
      'Ceil',
      'Cos',
      'Elu',
      'Erf',
      'Exp',
      'Floor',
      'Log',
      'Neg',
      'Relu',
      'Sin',
      'Tan',
    ]
    const chain = ops.map((op, index) => `n${index} = ${op}[T=float](${index === 0 ? 'x' : `n${index - 1}`})`)
    const lines = (await inspect(bytesOf(`x = Placeholder[dtype=float]()\n${chain.join('\n')}`))).split('\n')
    const first = lines.indexOf('Ops') + 1
    expect(lines[first]).toMatch(/^ {2}1 Abs, .+,$/)
    expect(lines[first]!.length).toBeLessThanOrEqual(100)
    expect(lines[first + 1]).toMatch(/^ {2}1 \w+.*[^,]$/)
  })

  it('writes an import that bundlers take', async () => {
    const folder = testFolder()
    const file = writeSmallModel(folder, 'a.pb')
    expect((await runHere('inspect', file)).stdout).toContain(`import model from '${file}?optimize`)
  })

  it('fails on what is no graph', async () => {
    const folder = testFolder()
    const file = join(folder, 'model.pb')
    writeFileSync(file, 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')
    const { status, stdout, stderr } = await runHere('inspect', file)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^graphdef inspect: git-lfs-pointer: .+\n {2}file: .+model\.pb\n/)
  })
})
