import { type ChannelFactors, scaleChannels } from './batch-norm.js'
import type { ConstantEditor } from './constant-editor.js'
import type { AddedBias, LayerOutput } from './layer-output.js'
import type { Channels } from './linear-layer.js'

/** Multiplies what ends in a node by a factor a channel, or divides it: all weights and biases on the way. */
export function scaleLayerOutput(output: LayerOutput, factors: ChannelFactors, editor: ConstantEditor): void {
  switch (output.kind) {
    case 'layer': {
      const { op, weights, run } = output.layer
      const scaled = scaleChannels(weights.attrs.tensor('value')!, factors, run)
      editor.replace({ reader: op, index: 1, constant: weights, wish: `${op.name}_weights` }, scaled)
      return
    }
    case 'bias':
      scaleBias(output, factors, editor)
      scaleLayerOutput(output.source, factors, editor)
      return
    case 'carrier':
      scaleLayerOutput(output.source, factors, editor)
      return
    case 'concatenation': {
      let first = 0
      for (const { source } of output.parts) {
        const values = output.alongChannels ? factors.values.slice(first, first + source.channels) : factors.values
        scaleLayerOutput(source, { ...factors, values }, editor)
        first += source.channels
      }
    }
  }
}

function scaleBias(output: LayerOutput & AddedBias, factors: ChannelFactors, editor: ConstantEditor): void {
  const scaled = output.values.map((value, channel) => {
    const factor = factors.values[channel]!
    return factors.divides ? value / factor : value * factor
  })
  replaceBias(output, scaled, editor)
}

/** Gives a bias other values, one a channel, in the shape they need. */
export function replaceBias(output: LayerOutput & AddedBias, values: Float32Array, editor: ConstantEditor): void {
  const { node, index, constant } = output
  const { shape, size } = constant.attrs.tensor('value')!
  const use = { reader: node, index, constant, wish: `${node.name}_bias` }
  if (size === values.length) editor.replace(use, values, shape)
  else if (values.every((value) => Object.is(value, values[0]))) editor.replace(use, values.slice(0, 1), shape)
  else editor.replace(use, values, shapeAlongChannels(output))
}

/** `[C]` where the channels are the last axis, `[C,1,1]` before two others. */
function shapeAlongChannels({ channels, axisFromEnd }: Channels): number[] {
  return [channels, ...Array.from({ length: axisFromEnd - 1 }, () => 1)]
}
