import fc from 'fast-check'
import { parseChain, type Step } from '../../src/chain/parse.js'
import { encodeGraphDef, readGraphDef } from '../../src/codec/graphdef.js'
import type { DataType } from '../../src/graph/data-type.js'
import type { Graph, GraphEnvelope } from '../../src/graph/graph.js'
import type { StaticShape } from '../../src/graph/shape.js'
import { parseTensorName, type TensorName } from '../../src/graph/tensor-name.js'
import { printGraph } from '../transforms/graph-text.js'
import { Choices, choices } from './choices.js'
import { type Decoration, GraphBuilder } from './graph-builder.js'

/** A graph and a chain to run on it. */
export interface FuzzCase {
  /** The graph as a file, so that each use reads a graph of its own. */
  readonly bytes: Uint8Array
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly chain: string
  /** What is fed to each input. */
  readonly feeds: ReadonlyMap<string, Fed>
  /** Whether the chain asks for another meaning, as taking out a Relu does. */
  readonly changesMeaning?: boolean
  /** The files that the chain names. */
  readonly files?: ReadonlyMap<string, string>
}

export interface Fed {
  readonly dtype: DataType
  readonly shape: StaticShape
}

/** A step of a generator: adds one or a few nodes that read what is there. */
export type Grow = (builder: GraphBuilder, choose: Choices) => void

/** A family of graphs. */
export interface Family {
  /** Makes what the steps start from: placeholders above all. */
  start: Grow
  /** The steps, by a name that says what they add; the first is the simplest, and repeats count as more often. */
  steps: readonly (readonly [name: string, grow: Grow])[]
  /** What the graphs carry besides nodes, as a library of functions. */
  envelope?: GraphEnvelope
  /** The files that the chain names, for a graph that is built: the content by the path. */
  files?: (builder: GraphBuilder, choose: Choices) => ReadonlyMap<string, string>
  /** How many steps a graph has at most. */
  most?: number
  decoration?: Partial<Decoration>
  /** The chain for a graph that is built. */
  chain: (builder: GraphBuilder, choose: Choices) => string
  /** Whether a chain asks for another meaning. */
  changesMeaning?: (chain: string) => boolean
  /** Changes the last word on inputs and outputs. */
  endpoints?: (ends: { inputs: string[]; outputs: string[] }, builder: GraphBuilder, choose: Choices) => void
}

/** The cases of a family, as fast-check makes and shrinks them. */
export function casesOf(family: Family): fc.Arbitrary<FuzzCase> {
  // The first kind is no step at all, so that any step can be shrunk away.
  const step = fc.record({ kind: fc.noBias(fc.nat({ max: family.steps.length })), numbers: choices(60) })
  return fc
    .record({
      begin: choices(40),
      steps: fc.array(step, { minLength: 1, maxLength: family.most ?? 8, size: 'max' }),
      end: choices(80),
    })
    .map(({ begin, steps, end }) => {
      const first = new Choices(begin)
      // Half of the graphs are undecorated, so that a plain difference is not lost among many.
      const builder = new GraphBuilder(first.once(2) ? family.decoration : {})
      family.start(builder, first)
      for (const { kind, numbers } of steps) if (kind > 0) family.steps[kind - 1]![1](builder, new Choices(numbers))
      return finish(builder, family, new Choices(end))
    })
}

function finish(builder: GraphBuilder, family: Family, choose: Choices): FuzzCase {
  const ends = builder.ends()
  const outputs = ends.filter((_, index) => index === ends.length - 1 || !choose.once(4))
  // An output may also be read by others.
  if (choose.once(3)) {
    const inner = choose.latest(builder.wires).name
    if (inner.port === 0 && !builder.placeholders.includes(inner.node)) outputs.push(inner.node)
  }
  if (outputs.length === 0) outputs.push(builder.wires.at(-1)!.name.node)
  const named = { inputs: [...builder.placeholders], outputs: [...new Set(outputs)] }
  family.endpoints?.(named, builder, choose)
  const chain = family.chain(builder, choose)
  const order = choose.once(3) ? choose.shuffled(builder.nodes) : builder.nodes
  const wires = builder.wires.filter((wire) => wire.name.port === 0)
  const feeds = new Map(wires.map(({ name, dtype, shape }) => [name.node, { dtype, shape }]))
  const files = family.files?.(builder, choose)
  return asCase(builder.graph(order, family.envelope), {
    ...(files ? { files } : {}),
    ...named,
    chain,
    feeds,
    changesMeaning: family.changesMeaning?.(chain) ?? false,
  })
}

export function asCase(graph: Graph, rest: Omit<FuzzCase, 'bytes'>): FuzzCase {
  const bytes = new Uint8Array(Buffer.concat(encodeGraphDef(graph).list))
  const { inputs } = rest
  const feeds = new Map([...rest.feeds].filter(([name]) => inputs.includes(name)))
  const fuzzCase: FuzzCase = { ...rest, bytes, feeds }
  return Object.defineProperty(fuzzCase, fc.toStringMethod, { value: () => printCase(fuzzCase), enumerable: false })
}

export interface ReadCase {
  graph: Graph
  inputs: TensorName[]
  outputs: TensorName[]
  steps: Step[]
}

export function readCase({ bytes, inputs, outputs, chain }: FuzzCase): ReadCase {
  return {
    graph: readGraphDef(bytes),
    inputs: inputs.map(parseTensorName),
    outputs: outputs.map(parseTensorName),
    steps: parseChain(chain),
  }
}

/** A case as the golden cases are written, the expected graph left open. */
export function printCase({ bytes, inputs, outputs, chain }: FuzzCase): string {
  return `\n===\n${printGraph(readGraphDef(bytes))}\ninputs: ${inputs.join(', ')}\noutputs: ${outputs.join(', ')}\n@@@\n@@@\n${chain}\n`
}
