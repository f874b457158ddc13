import { GraphdefError } from '../errors.js'
import type { Node } from '../graph/node.js'
import { defaultAttrs, opDef } from '../ops/op-defs.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Writes out what the op registry says an attribute is where a node does not say it.
 *
 *     y = LRN[bias=2.0](x)   →   y = LRN[T=float, alpha=1.0, beta=0.5, bias=2.0, depth_radius=5](x)
 */
export const addDefaultAttributes: Transform = defineTransform({
  name: 'add_default_attributes',
  summary: 'gives nodes the attributes that their op has a default for',
  fidelity: 'exact',
  options: {},
  run(graph, _options, { report }) {
    for (const node of graph.nodes) {
      if (!opDef(node.op) && !graph.envelope.functionNames.has(node.op)) {
        throw new GraphdefError('unknown-op', {
          what: `TensorFlow has no op "${node.op}", so its attributes have no known defaults`,
          node: node.name,
          remedy: 'Leave add_default_attributes out, or register a graph function of that name.',
        })
      }
      if (giveDefaults(node)) report.change(node)
    }
  },
})

/** Gives a node the attributes it lacks that have a default; whether there were any. */
export function giveDefaults(node: Node): boolean {
  let changed = false
  for (const [name, value] of defaultAttrs(node.op)) {
    if (node.attrs.has(name)) continue
    node.attrs.set(name, value)
    changed = true
  }
  return changed
}
