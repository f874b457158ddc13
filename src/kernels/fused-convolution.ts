import { Node } from '../graph/node.js'
import type { Tensor } from '../graph/tensor.js'
import { convolutionKernels } from './convolution.js'
import { type Kernel, KernelCall, ulpOfLargest, wide } from './kernel.js'
import { movementKernels } from './movement.js'
import { resizeKernels } from './resize.js'

const steps = [...convolutionKernels, ...movementKernels, ...resizeKernels]

/** One of the ops that were fused, with attributes of the fused node under its own names. */
function runStep(call: KernelCall, op: string, attrs: Record<string, string>, inputs: readonly Tensor[]): Tensor {
  const node = new Node({ name: call.node.name, op })
  for (const [name, source] of Object.entries(attrs)) {
    const value = call.attr(source)
    if (value) node.attrs.set(name, value)
  }
  return steps.find(({ ops }) => ops.includes(op))!.run(new KernelCall(node, inputs))[0]!
}

/** Resizes where there is a size, pads, and convolves. */
function fused(call: KernelCall): Tensor[] {
  const resizes = call.inputs.length === 4
  const [paddings, filter] = [call.input(resizes ? 2 : 1), call.input(resizes ? 3 : 2)]
  const sized = resizes
    ? runStep(call, 'ResizeBilinear', { align_corners: 'resize_align_corners' }, [call.input(0), call.input(1)])
    : call.input(0)
  const padded = runStep(call, 'MirrorPad', { mode: 'mode' }, [sized, paddings])
  return [runStep(call, 'Conv2D', { strides: 'strides', padding: 'padding' }, [padded, filter])]
}

/** What the fuse_* transforms make. Resizing gives float32 only. */
export const fusedConvolutionKernels: readonly Kernel[] = [
  { ops: ['FusedPadConv2D'], dtypes: [...wide, 'float16'], bound: ulpOfLargest(16), run: fused },
  { ops: ['FusedResizeAndPadConv2D'], dtypes: ['float32'], bound: ulpOfLargest(16), run: fused },
]
