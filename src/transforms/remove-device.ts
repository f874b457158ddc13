import { defineTransform, type Transform } from './transform.js'

/**
 * Removes the device that nodes were placed on, so that the graph runs on machines that do not have it.
 *
 *     a = Relu(x) @/gpu:0   →   a = Relu(x)
 */
export const removeDevice: Transform = defineTransform({
  name: 'remove_device',
  summary: 'removes the device from all nodes',
  fidelity: 'exact',
  options: {},
  run(graph, _options, { report }) {
    for (const node of graph.nodes) {
      if (node.device === '') continue
      node.device = ''
      report.change(node)
    }
  },
})
