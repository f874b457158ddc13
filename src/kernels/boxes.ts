import { Tensor } from '../graph/tensor.js'
import { load, loadFlushed, resultArray, rounderOf, store } from './elements.js'
import { type Kernel, type KernelCall, KernelError, ulpOfElement } from './kernel.js'

/** What part of two boxes together they have in common; corners may come in any order. */
function overlap(boxes: Float32Array, a: number, b: number, round: (value: number) => number): number {
  const [topA, leftA, bottomA, rightA] = cornersOf(boxes, a)
  const [topB, leftB, bottomB, rightB] = cornersOf(boxes, b)
  const areaA = round(round(bottomA - topA) * round(rightA - leftA))
  const areaB = round(round(bottomB - topB) * round(rightB - leftB))
  if (areaA <= 0 || areaB <= 0) return 0
  const height = Math.max(round(Math.min(bottomA, bottomB) - Math.max(topA, topB)), 0)
  const width = Math.max(round(Math.min(rightA, rightB) - Math.max(leftA, leftB)), 0)
  const common = round(height * width)
  return round(common / round(round(areaA + areaB) - common))
}

function cornersOf(boxes: Float32Array, box: number): [number, number, number, number] {
  const [y1, x1, y2, x2] = boxes.subarray(4 * box, 4 * box + 4) as unknown as [number, number, number, number]
  return [Math.min(y1, y2), Math.min(x1, x2), Math.max(y1, y2), Math.max(x1, x2)]
}

interface Candidate {
  box: number
  score: number
  /** Boxes selected before this one have lowered the score already. */
  compared: number
}

interface Suppression {
  overlapLimit: number
  scoreLimit: number
  /** 0 to drop boxes that overlap; otherwise their scores are lowered. */
  sigma: number
}

/** Boxes by their scores, without those that overlap a better one too much. */
function select(boxesTensor: Tensor, scoresTensor: Tensor, most: number, limits: Suppression): Candidate[] {
  const boxes = load(boxesTensor) as Float32Array
  const scores = load(scoresTensor) as Float32Array
  if (boxesTensor.shape.at(-1) !== 4) throw new KernelError('a box has four corners')
  const round = rounderOf(boxesTensor.dtype)
  const { overlapLimit, scoreLimit, sigma } = limits
  const factor = sigma > 0 ? round(-0.5 / sigma) : 0
  const open: Candidate[] = []
  for (const [box, score] of scores.entries()) if (score > scoreLimit) open.push({ box, score, compared: 0 })
  const better = (a: Candidate, b: Candidate): number => b.score - a.score || a.box - b.box
  open.sort(better)
  const selected: Candidate[] = []
  while (selected.length < most && open.length > 0) {
    const next = open.shift()!
    const before = next.score
    let dropped = false
    for (let at = selected.length - 1; at >= next.compared; at--) {
      const similarity = overlap(boxes, next.box, selected[at]!.box, round)
      if (sigma > 0) next.score = round(next.score * round(Math.exp(round(round(factor * similarity) * similarity))))
      else if (similarity > overlapLimit) dropped = true
      if (dropped || next.score <= scoreLimit) break
    }
    next.compared = selected.length
    if (dropped || next.score <= scoreLimit) continue
    if (next.score === before) selected.push(next)
    else {
      open.push(next)
      open.sort(better)
    }
  }
  return selected
}

function indices(selected: readonly Candidate[], length: number = selected.length): Tensor {
  const result = new Int32Array(length)
  result.set(selected.map(({ box }) => box))
  return Tensor.of('int32', [length], result)
}

function limitsOf(call: KernelCall): Suppression {
  const overlapLimit = call.node.op === 'NonMaxSuppression' ? (call.floatAttr('iou_threshold') ?? 0.5) : call.scalar(3)
  if (!(overlapLimit >= 0 && overlapLimit <= 1)) throw new KernelError('the overlap that is allowed is not from 0 to 1')
  const scoreLimit = call.inputs.length > 4 ? call.scalar(4) : Number.NEGATIVE_INFINITY
  return { overlapLimit, scoreLimit, sigma: call.inputs.length > 5 ? call.scalar(5) : 0 }
}

function suppress(call: KernelCall): Tensor[] {
  return [indices(select(call.input(0), call.input(1), call.scalar(2), limitsOf(call)))]
}

/** With the number of boxes found, and filled up with zeros where that is asked for. */
function suppressCounting(call: KernelCall): Tensor[] {
  const most = call.scalar(2)
  const selected = select(call.input(0), call.input(1), most, limitsOf(call))
  const length = call.boolAttr('pad_to_max_output_size') ? most : selected.length
  const count = Tensor.of('int32', [], Int32Array.of(selected.length))
  if (call.node.op === 'NonMaxSuppressionV4') return [indices(selected, length), count]
  const { dtype } = call.input(1)
  const scores = resultArray(dtype, length) as Float32Array
  scores.set(selected.map(({ score }) => score))
  return [indices(selected, length), store(dtype, [length], scores), count]
}

/** What boxes are drawn in where no colours are given. */
const colours: readonly (readonly number[])[] = [
  [1, 1, 0, 1],
  [0, 0, 1, 1],
  [1, 0, 0, 1],
  [0, 1, 0, 1],
  [0.5, 0, 0.5, 1],
  [0.5, 0.5, 0, 1],
  [0.5, 0, 0, 1],
  [0, 0, 0.5, 1],
  [0, 1, 1, 1],
  [1, 0, 1, 1],
]

/** Draws the borders of boxes, whose corners are relative, into pictures. */
function drawBoxes(call: KernelCall): Tensor[] {
  const image = call.input(0)
  const [batch, height, width, depth] = image.shape as [number, number, number, number]
  const boxes = loadFlushed(call.input(1)) as Float32Array
  const count = call.input(1).shape[1]!
  const given =
    call.inputs.length > 2 && call.input(2).size > 0 ? (loadFlushed(call.input(2)) as Float32Array) : undefined
  const perColour = given ? call.input(2).shape[1]! : 4
  if (perColour < depth) throw new KernelError('a colour has fewer channels than the pictures')
  const palette = given
    ? Array.from({ length: given.length / perColour }, (_, at) => [
        ...given.subarray(at * perColour, (at + 1) * perColour),
      ])
    : depth === 1
      ? colours.map((colour) => [1, ...colour.slice(1)])
      : colours
  const result = load(image).slice() as Float32Array
  for (let n = 0; n < batch; n++) {
    for (let box = 0; box < count; box++) {
      const at = (n * count + box) * 4
      const [top, left, bottom, right] = [0, 1, 2, 3].map((corner) =>
        Math.trunc(Math.fround(boxes[at + corner]! * ((corner % 2 === 0 ? height : width) - 1))),
      ) as [number, number, number, number]
      if (top > bottom || left > right || top >= height || bottom < 0 || left >= width || right < 0) continue
      const colour = palette[box % palette.length]!
      const paint = (y: number, x: number): void => {
        for (let channel = 0; channel < depth; channel++) {
          result[((n * height + y) * width + x) * depth + channel] = colour[channel]!
        }
      }
      const [firstX, lastX] = [Math.max(left, 0), Math.min(right, width - 1)]
      const [firstY, lastY] = [Math.max(top, 0), Math.min(bottom, height - 1)]
      for (const y of [top, bottom]) if (y >= 0 && y < height) for (let x = firstX; x <= lastX; x++) paint(y, x)
      for (const x of [left, right]) if (x >= 0 && x < width) for (let y = firstY; y <= lastY; y++) paint(y, x)
    }
  }
  return [store(image.dtype, image.shape, result)]
}

export const boxKernels: readonly Kernel[] = [
  { ops: ['NonMaxSuppression'], dtypes: ['float32'], run: suppress },
  { ops: ['NonMaxSuppressionV2', 'NonMaxSuppressionV3'], dtypes: ['float32', 'float16'], run: suppress },
  { ops: ['NonMaxSuppressionV4'], dtypes: ['float32', 'float16'], run: suppressCounting },
  { ops: ['NonMaxSuppressionV5'], dtypes: ['float32', 'float16'], bound: ulpOfElement(4), run: suppressCounting },
  { ops: ['DrawBoundingBoxes', 'DrawBoundingBoxesV2'], dtypes: ['float32', 'float16'], run: drawBoxes },
]
