import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseRequest } from '../../src/chain/request.js'
import { readGraphDef } from '../../src/codec/graphdef.js'
import { Tensor } from '../../src/graph/tensor.js'
import { parseTensorName } from '../../src/graph/tensor-name.js'
import { evaluate } from '../../src/kernels/evaluate.js'
import { optimize } from '../../src/optimize.js'

interface Recorded {
  x: number[][]
  runs: Record<string, { output: string; setting?: string; answers: Record<string, number[]> }>
}

const folder = new URL('functions/', import.meta.url)
const { x, runs } = JSON.parse(readFileSync(new URL('runs.json', folder), 'utf8')) as Recorded
const rows = Tensor.of('float32', [x.length, x[0]!.length], Float32Array.from(x.flat()))

/** No call, branch or loop may be left, which our evaluator could not run. */
describe('the deploy chain makes a graph of TensorFlow 2 plain, and keeps what it computes', () => {
  const settings = Object.entries(runs).flatMap(([name, { answers }]) =>
    Object.keys(answers).map((setting): [string, string] => [name, setting]),
  )
  test.each(settings)('%s, %s', async (name, value) => {
    const { output, setting, answers } = runs[name]!
    const feed = setting === undefined ? '' : `&feed=${setting}:${value}`
    const request = parseRequest(`optimize&inputs=x&outputs=${output}${feed}`)
    const { bytes, report } = await optimize(readFileSync(new URL(`${name}.pb`, folder)), request)
    expect(report.inputs).toEqual(['x'])
    const graph = readGraphDef(Buffer.concat(bytes))
    expect(graph.envelope.functionNames.size).toBe(0)
    const [found] = evaluate(graph, new Map([['x', rows]]), [parseTensorName(output)])
    const expected = answers[value]!
    expect(found!.size).toBe(expected.length)
    for (const [index, number] of found!.numbers().entries()) expect(number).toBeCloseTo(expected[index]!, 5)
  })
})

test('a branch that is not decided keeps the functions that it may call', async () => {
  const { output } = runs.if!
  const { bytes } = await optimize(
    readFileSync(new URL('if.pb', folder)),
    parseRequest(`optimize&inputs=x,p&outputs=${output}`),
  )
  const { envelope } = readGraphDef(Buffer.concat(bytes))
  expect([...envelope.functionNames].some((name) => name.includes('layer'))).toBe(true)
})
