import { BadValue, bool, type Option, string } from './options.js'
import { defineTransform, type Transform } from './transform.js'

/**
 * Places nodes on a device.
 *
 *     a = Relu(x)   →   a = Relu(x) @/device:GPU:0
 */
export const setDevice: Transform = defineTransform({
  name: 'set_device',
  summary: 'places all nodes, or those without a device, on one device',
  fidelity: 'exact',
  options: {
    device: deviceName({ default: '', help: 'such as "/device:GPU:0"; nothing takes the device away' }),
    if_default: bool({ default: false, help: 'leave nodes that have a device where they are' }),
  },
  differences: [
    {
      test: 'set_device takes what TensorFlow can read as a device',
      historical: 'writes any text, and TensorFlow then refuses to load the graph',
      here: 'an error when the chain is read',
    },
  ],
  run(graph, { device, if_default }, { report }) {
    for (const node of graph.nodes) {
      if (node.device === device || (if_default && node.device !== '')) continue
      node.device = device
      report.change(node)
    }
  },
})

/** One part of a device's name: `/job:worker/replica:0/task:1/device:GPU:0`, with the old `/gpu:0` for the last. */
const devicePart = /^(|job:(\*|[a-z]\w*)|(replica|task):(\*|\d+)|device:\w+:(\*|\d+)|(cpu|gpu|tpu)(:(\*|\d+))?)$/i

function deviceName(declaration: { default: string; help: string }): Option<string> {
  const option = string(declaration)
  return {
    ...option,
    kind: 'device',
    parse(texts) {
      const name = option.parse(texts)
      if (name.split('/').every((part) => devicePart.test(part))) return name
      throw new BadValue(`"${name}" is not a device such as /cpu:0 or /job:worker/device:GPU:1`)
    },
  }
}
