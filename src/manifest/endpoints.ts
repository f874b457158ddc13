import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import { isControl, parseTensorName, sameTensor, type TensorName } from '../graph/tensor-name.js'
import { runOnConstants } from '../kernels/run-on-constants.js'
import { outputCount } from '../ops/op-defs.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'
import { type Candidate, describeCandidate, type Judged } from './candidate.js'
import { ambiguous, notFrozen, type Side, unknownName } from './endpoint-errors.js'
import { chooseInputs } from './input-candidates.js'
import { chooseOutputs } from './output-choice.js'
import { isVariable } from './variables.js'

/** What of the inputs and outputs is named; the rest is found. */
export interface EndpointOptions {
  /** `x`, `x:0` or `x:1`; any node may be fed, not only a placeholder. */
  inputs?: readonly string[] | undefined
  outputs?: readonly string[] | undefined
  /** Whether outputs may need variables: a checkpoint has their values. Then {@link checkFrozen} is for later. */
  mayHaveVariables?: boolean | undefined
  /** The model's file, for errors. */
  file?: string | undefined
}

/** The tensors that a model is fed and asked for: in the given order, found ones in the graph's. */
export interface Endpoints {
  inputs: TensorName[]
  outputs: TensorName[]
}

/** What may be an input or output, in the graph's order, for people who look. */
export interface Candidates {
  inputs: Candidate[]
  outputs: Candidate[]
  /** Variables that the outputs need: the graph is not frozen. */
  variables: string[]
  /** Why the inputs or outputs would have to be named, where they would. */
  unclear: { inputs: string | undefined; outputs: string | undefined }
}

/**
 * The inputs and outputs of a model: as they are named, otherwise found. Outputs are nodes that nobody reads, less what training
 * leaves behind; inputs are the placeholders that the outputs need.
 *
 * @throws GraphdefError `unknown-input`, `unknown-output`, `ambiguous-input`, `ambiguous-output` (with the candidates), and
 * `not-frozen` where an output needs a variable
 */
export function findEndpoints(graph: Graph, options: EndpointOptions = {}): Endpoints {
  try {
    const given = options.inputs && readNames(graph, options.inputs, 'input')
    const outputs = options.outputs ? readNames(graph, options.outputs, 'output') : findOutputs(graph, given)
    if (!options.mayHaveVariables) checkFrozen(graph, outputs, given)
    return { inputs: given ?? findInputs(graph, outputs), outputs }
  } catch (error) {
    throw error instanceof GraphdefError && options.file ? error.at({ file: options.file }) : error
  }
}

/** Everything that may be an input or output, each with the reason. What is not clear is said, not thrown. */
export function describeCandidates(graph: Graph): Candidates {
  const shapes = shapesOf(graph)
  const outputs = chooseOutputs(graph, shapes)
  const asked = takenOf(outputs.judged)
  const inputs = chooseInputs(
    graph,
    asked.map(({ node }) => node),
  )
  return {
    inputs: describe(graph, inputs.judged, shapes),
    outputs: describe(graph, outputs.judged, shapes),
    variables: neededVariables(graph, asked, []),
    unclear: { inputs: inputs.unclear, outputs: outputs.unclear },
  }
}

/** Reads and checks names; one that stands twice counts once. */
function readNames(graph: Graph, names: readonly string[], side: Side): TensorName[] {
  const tensors: TensorName[] = []
  for (const text of names) {
    const tensor = parseTensorName(text)
    const node = isControl(tensor) ? undefined : graph.get(tensor.node)
    const candidates = (): Candidate[] => describeCandidates(graph)[`${side}s`]
    if (!node) {
      const what = `the graph has no node "${text}", which is named as ${side}`
      throw unknownName(side, what, { word: tensor.node, graph, candidates: candidates() })
    }
    const count = outputCount(node)
    if (count !== undefined && tensor.port >= count) {
      const has = count === 0 ? 'no output' : `${count} output${count === 1 ? '' : 's'}`
      const what = `"${text}" is named as ${side}, and "${node.name}" (${node.op}) has ${has}`
      throw unknownName(side, what, { graph, candidates: candidates() })
    }
    if (!tensors.some((other) => sameTensor(other, tensor))) tensors.push(tensor)
  }
  return tensors
}

function findOutputs(graph: Graph, inputs: readonly TensorName[] | undefined): TensorName[] {
  const shapes = shapesOf(graph)
  const { judged, unclear } = chooseOutputs(graph, shapes, inputs)
  const outputs = takenOf(judged)
  if (unclear === undefined) return outputs
  checkFrozen(graph, outputs, inputs)
  throw ambiguous('output', unclear, describe(graph, judged, shapes))
}

function findInputs(graph: Graph, outputs: readonly TensorName[]): TensorName[] {
  const { judged, unclear } = chooseInputs(
    graph,
    outputs.map(({ node }) => node),
  )
  if (unclear !== undefined) throw ambiguous('input', unclear, describe(graph, judged, shapesOf(graph)))
  return takenOf(judged)
}

/** @throws GraphdefError `not-frozen` where an output needs a variable */
export function checkFrozen(graph: Graph, outputs: readonly TensorName[], inputs: readonly TensorName[] = []): void {
  const variables = neededVariables(graph, outputs, inputs)
  if (variables.length > 0)
    throw notFrozen(
      variables,
      outputs.map(({ node }) => node),
    )
}

/** The variables that the outputs need, in the graph's order. */
function neededVariables(graph: Graph, outputs: readonly TensorName[], inputs: readonly TensorName[]): string[] {
  const fed = new Set(inputs.map(({ node }) => node))
  const needed = graph.reachableFrom(
    outputs.map(({ node }) => node),
    ({ name }) => fed.has(name),
  )
  return graph.nodes
    .filter((node) => needed.has(node) && isVariable(node) && !fed.has(node.name))
    .map(({ name }) => name)
}

function takenOf(judged: readonly Judged[]): TensorName[] {
  return judged.filter(({ taken }) => taken).map(({ tensor }) => tensor)
}

function describe(graph: Graph, judged: readonly Judged[], shapes: () => ShapeMap): Candidate[] {
  return judged.map((one) => describeCandidate(graph, shapes(), one))
}

/** The graph's shapes, inferred when they are first asked for: most models need none of them to be understood. */
function shapesOf(graph: Graph): () => ShapeMap {
  let shapes: ShapeMap | undefined
  return () => (shapes ??= inferShapes(graph, { evaluate: runOnConstants }))
}
