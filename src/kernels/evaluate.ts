import { GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { isControl, printTensorName, type TensorName } from '../graph/tensor-name.js'
import { type Kernel, KernelCall } from './kernel.js'
import { kernelFor } from './registry.js'

/**
 * Computes one node from its data inputs.
 * @throws GraphdefError `kernel-failed` where there is no kernel for the op and dtype, or it fails
 */
export function runNode(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  const problem = whyNotComputable(node, inputs)
  if (problem !== undefined) throw failed(node, problem)
  try {
    return kernelOf(node, inputs)!.run(new KernelCall(node, inputs))
  } catch (error) {
    // Kernels check what TensorFlow's runtime would; a graph that it refuses to load may break them in any way.
    const why =
      error instanceof GraphdefError ? error.details.what : error instanceof Error ? error.message : String(error)
    throw failed(node, why, error)
  }
}

/** Why no kernel takes these inputs; undefined where one does. */
export function whyNotComputable(node: Node, inputs: readonly Tensor[]): string | undefined {
  const first = kernelFor(node.op)
  if (!first) return `there is no kernel for ${node.op}`
  if (kernelOf(node, inputs)) return undefined
  return `the kernel for ${node.op} does not compute ${inputs[first.dtypeInput ?? 0]!.dtype}`
}

function kernelOf(node: Node, inputs: readonly Tensor[]): Kernel | undefined {
  return kernelFor(node.op, inputs[kernelFor(node.op)?.dtypeInput ?? 0]?.dtype)
}

function failed(node: Node, why: string, cause?: unknown): GraphdefError {
  return new GraphdefError('kernel-failed', { what: `${node.op} cannot be computed: ${why}`, node: node.name, cause })
}

/**
 * Computes outputs of a whole graph from what is fed: a reference for what a graph means, not a fast runtime. Nodes are
 * computed once each, inputs first.
 * @param feeds tensors by `name` or `name:port`; they stand for the node's own output
 * @throws GraphdefError `kernel-failed`, `unknown-output`, and `unknown-input` for a placeholder that is not fed
 */
export function evaluate(graph: Graph, feeds: ReadonlyMap<string, Tensor>, outputs: readonly TensorName[]): Tensor[] {
  const computed = new Map<Node, readonly Tensor[]>()
  const known = (name: TensorName): Tensor | undefined => {
    const fed = feeds.get(printTensorName(name)) ?? (name.port === 0 ? feeds.get(`${name.node}:0`) : undefined)
    if (fed) return fed
    const node = graph.get(name.node)
    return node && computed.get(node)?.[name.port]
  }
  for (const output of outputs) {
    const path = [output]
    for (let name = path.at(-1); name; name = path.at(-1)) {
      const node = graph.get(name.node)
      if (!node) throw new GraphdefError('unknown-output', { what: `there is no node "${name.node}" to compute` })
      const missing = known(name) || computed.has(node) ? undefined : firstMissing(node, known)
      if (missing) {
        path.push(missing)
        if (path.length > graph.size + 1) throw failed(node, 'it is part of a loop')
        continue
      }
      if (!known(name) && !computed.has(node)) computed.set(node, compute(node, known))
      if (!known(name)) {
        throw new GraphdefError('unknown-output', { what: `there is no output ${printTensorName(name)}` })
      }
      path.pop()
    }
  }
  return outputs.map((output) => known(output)!)
}

function firstMissing(node: Node, known: (name: TensorName) => Tensor | undefined): TensorName | undefined {
  return node.inputs.find((input) => !isControl(input) && !known(input))
}

function compute(node: Node, known: (name: TensorName) => Tensor | undefined): readonly Tensor[] {
  if (node.op === 'Const') {
    const value = node.attrs.tensor('value')
    if (!value) throw failed(node, 'it has no value')
    return [value]
  }
  if (node.op === 'Placeholder') {
    throw new GraphdefError('unknown-input', {
      what: `nothing is fed to the placeholder "${node.name}"`,
      node: node.name,
    })
  }
  return runNode(
    node,
    node.dataInputs.map((input) => known(input)!),
  )
}
