import { baseDataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import { printTensorName, type TensorName } from '../graph/tensor-name.js'
import { runOnConstants } from '../kernels/run-on-constants.js'
import { outputTypes } from '../ops/op-defs.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'
import { runsAsynchronously } from './execution.js'
import type { ModelManifest, TensorDataType, TensorInfo, TensorInfos } from './types.js'

export interface Described {
  inputs: readonly TensorName[]
  outputs: readonly TensorName[]
  format: ModelManifest['format']
  bytes: number
  sha256: string
  chain: readonly string[]
}

/** The manifest of an optimised graph: what an app has to know to feed and read it. */
export function describeModel(graph: Graph, described: Described): ModelManifest {
  const shapes = inferShapes(graph, { evaluate: runOnConstants })
  return {
    format: described.format,
    bytes: described.bytes,
    sha256: described.sha256,
    inputs: infos(graph, described.inputs, shapes),
    outputs: infos(graph, described.outputs, shapes),
    ops: [...new Set(graph.nodes.map((node) => node.op))].sort(),
    chain: described.chain,
    api: runsAsynchronously(graph) ? 'executeAsync' : 'execute',
  }
}

function infos(graph: Graph, names: readonly TensorName[], shapes: ShapeMap): TensorInfos {
  const infos: Record<string, TensorInfo> = {}
  for (const name of names) {
    const node = graph.get(name.node)!
    const key = printTensorName(name)
    infos[key] = {
      name: key,
      dtype: baseDataType(outputTypes(node)?.[name.port] ?? 'variant') as TensorDataType,
      shape: shapes.shapesOf(node)[name.port] ?? null,
    }
  }
  return infos
}
