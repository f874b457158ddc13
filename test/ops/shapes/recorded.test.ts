import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readGraphDef } from '../../../src/codec/graphdef.js'
import type { Graph } from '../../../src/graph/graph.js'
import { printShape, type Shape } from '../../../src/graph/shape.js'
import { runOnConstants } from '../../../src/kernels/run-on-constants.js'
import { inferShapes, shapeFunctionFor } from '../../../src/ops/shapes/infer.js'
import { models } from '../../models/models.js'

function golden(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`goldens/${name}`, import.meta.url)))
}

function agrees(mine: Shape, theirs: Shape): boolean {
  if (mine === null || theirs === null) return true
  return (
    mine.length === theirs.length &&
    mine.every((size, axis) => size === null || theirs[axis] === null || size === theirs[axis])
  )
}

function knowsAll(mine: Shape, theirs: Shape): boolean {
  return theirs === null || (mine?.every((size, axis) => size !== null || theirs[axis] === null) ?? false)
}

/** What differs from the shapes that TensorFlow infers: contradictions, and what only TensorFlow knows. */
interface Comparison {
  compared: number
  wrong: string[]
  less: string[]
}

function compare(graph: Graph, theirsOf: (name: string) => readonly Shape[] | undefined): Comparison {
  const shapes = inferShapes(graph, { evaluate: runOnConstants })
  const comparison: Comparison = { compared: 0, wrong: [], less: [] }
  for (const node of graph.nodes) {
    const theirs = theirsOf(node.name)
    if (!theirs) continue
    const mine = shapes.shapesOf(node)
    if (mine.length !== theirs.length) comparison.wrong.push(`${node.name}: ${mine.length} outputs`)
    for (const [port, shape] of mine.entries()) {
      comparison.compared++
      const theirShape = theirs[port]!
      const text = `${node.name} (${node.op}) ${port}: ${printShape(shape)}, TensorFlow ${printShape(theirShape)}`
      if (!agrees(shape, theirShape)) comparison.wrong.push(text)
      else if (!knowsAll(shape, theirShape)) comparison.less.push(text)
    }
  }
  return comparison
}

/** The shapes that a recording script left in the nodes. */
function recordedIn(graph: Graph): (name: string) => readonly Shape[] | undefined {
  return (name) => graph.get(name)!.attrs.list('_output_shapes')?.shape
}

describe('real graphs have the shapes that TensorFlow infers', () => {
  const recorded: Record<string, Record<string, Shape[]>> = JSON.parse(golden('shapes.json.gz').toString())

  test.each(models().map(({ path }) => [basename(path), path] as const))('%s', (file, path) => {
    const { wrong, less, compared } = compare(readGraphDef(readFileSync(path)), (name) => recorded[file]![name])
    expect({ wrong, less }).toEqual({ wrong: [], less: [] })
    expect(compared).toBeGreaterThan(0)
  })
})

describe('single ops with random attributes and inputs have the shapes that TensorFlow infers', () => {
  const graph = readGraphDef(golden('ops.pb.gz'))
  const recorded = recordedIn(graph)
  const cases = graph.nodes.filter((node) => recorded(node.name))
  const byOp = new Map<string, Set<string>>()
  for (const { name, op } of cases) byOp.set(op, (byOp.get(op) ?? new Set<string>()).add(name))

  /** Where TensorFlow gives a shape that no kernel does, or that of a layout which no CPU kernel takes. */
  const knowsLess: Readonly<Record<string, string>> = {
    DenseBincount: 'gives a scalar for a scalar input, where the kernel gives a vector',
    GatherV2: 'counts a negative batch_dims twice where the axis is not known',
    _FusedConv2D: 'knows the layout OIHW_VECT_I',
  }

  test.each([...byOp.keys()])('%s', (op) => {
    const { wrong, less } = compare(graph, (name) => (byOp.get(op)!.has(name) ? recorded(name) : undefined))
    expect(wrong).toEqual([])
    expect(less.length > 0, less.join('\n')).toBe(Object.hasOwn(knowsLess, op))
  })

  test('all ops of mobile builds and TensorFlow.js graphs have cases', () => {
    const named = readFileSync(new URL('ops.txt', import.meta.url), 'utf8')
      .trim()
      .split('\n')
    expect(named.filter((op) => !byOp.has(op))).toEqual([])
  })

  test('an op without a shape function is one of whose shapes TensorFlow says nothing', () => {
    const silent = cases.filter(({ op }) => !shapeFunctionFor(op))
    expect(silent.filter(({ name }) => recorded(name)!.some((shape) => shape !== null))).toEqual([])
  })
})

test('sizes travel through values as far as in TensorFlow', () => {
  const graph = readGraphDef(golden('values.pb.gz'))
  const { wrong, less, compared } = compare(graph, recordedIn(graph))
  expect({ wrong, less }).toEqual({ wrong: [], less: [] })
  expect(compared).toBeGreaterThan(1500)
})
