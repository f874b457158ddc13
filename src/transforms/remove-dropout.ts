import { type Graph, tidyInputs } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { Shape } from '../graph/shape.js'
import { isControl, sameTensor, type TensorName } from '../graph/tensor-name.js'
import { inferShapes, type ShapeMap } from '../ops/shapes/infer.js'
import { isPlaceholder } from './bind-placeholder.js'
import { conditionalNodes, switchOps } from './conditional-nodes.js'
import { ConstantValues } from './constant-value.js'
import { type Dropout, dropoutAt } from './dropout.js'
import { dropLostColocations } from './lost-colocations.js'
import { originOf } from './tensor-origin.js'
import { defineTransform, type Transform, type TransformContext } from './transform.js'
import { removeUnreadProducers } from './unread-producers.js'
import { waitFor } from './wait-for.js'

/**
 * Takes dropout out, whatever it keeps: its readers read what it was given, as in inference. A graph that was frozen in training
 * mode answers differently then: every time the same, and on average what it answered before.
 *
 *     y = Mul(RealDiv(x, keep_prob), Floor(Add(keep_prob, RandomUniform())))   →   x
 */
export const removeDropout: Transform = defineTransform({
  name: 'remove_dropout',
  summary: 'takes dropout out, so that a graph frozen in training mode answers as in inference',
  fidelity: 'lossy',
  options: {},
  run(graph, _options, context) {
    dropLostColocations(graph, () => removeEach(graph, context, () => undefined))
  },
})

/**
 * Takes out dropout that keeps everything: a `keep_prob` of 1, a rate of 0. Of other dropout it says why it stays.
 *
 *     y = Mul(RealDiv(x, 1), Floor(Add(1, RandomUniform())))   →   x
 */
export const removeIdleDropout: Transform = defineTransform({
  name: 'remove_idle_dropout',
  summary: 'takes out dropout that keeps everything, as with a keep_prob of 1',
  fidelity: 'exact',
  options: {},
  differences: [
    {
      test: 'tensorflow-1',
      historical: 'has nothing of the kind: random numbers are drawn and multiplied away',
      here: 'a step of the deploy chain',
    },
  ],
  run(graph, _options, context) {
    let shapes: ShapeMap | undefined
    const shapesOf = (node: Node): readonly Shape[] => {
      shapes ??= inferShapes(graph, { fed: new Set(context.inputs.map((input) => input.node)) })
      return shapes.shapesOf(node)
    }
    dropLostColocations(graph, () => removeEach(graph, context, (dropout) => whyNotIdle(graph, dropout, shapesOf)))
  },
})

function removeEach(graph: Graph, context: TransformContext, whyNot: (dropout: Dropout) => string | undefined): void {
  const values = new ConstantValues(graph, context)
  let conditional: ReadonlySet<string> | undefined
  for (const node of graph.nodes) {
    if (graph.get(node.name) !== node || isFed(node, context)) continue
    const dropout = dropoutAt(graph, node, values)
    if (!dropout) continue
    conditional ??= conditionalNodes(graph)
    const reason = whyNot(dropout) ?? whyInBranch(graph, dropout, conditional)
    if (reason === undefined) takeOut(graph, dropout, context)
    else context.report.skip(node, reason)
  }
}

/** What comes only with a branch must not be replaced by what comes always. */
function whyInBranch(graph: Graph, { node, input }: Dropout, conditional: ReadonlySet<string>): string | undefined {
  if (!conditional.has(node.name) || conditional.has(input.node)) return undefined
  if (switchOps.has(graph.producer(input)?.op ?? '')) return undefined
  return 'it stands in a branch of a condition, and its input does not'
}

function isFed({ name }: Node, { inputs }: TransformContext): boolean {
  return inputs.some(({ node }) => node === name)
}

/** Why a dropout changes what it is given. A share of 1 is stored exactly in every dtype, and so is the mask it gives. */
function whyNotIdle(
  graph: Graph,
  { keeps, idle, setting, input, random }: Dropout,
  shapesOf: (node: Node) => readonly Shape[],
): string | undefined {
  if (keeps === undefined) {
    const placeholder = [...graph.reachableFrom([setting.node])].find(isPlaceholder)
    const advice = placeholder ? `: it depends on "${placeholder.name}", which a feed can bind` : ''
    return `the share that dropout keeps here is not constant${advice}`
  }
  if (!idle) {
    return `dropout keeps ${Number(keeps.toPrecision(4))} of its input here; remove_dropout takes it out, which changes answers`
  }
  const sizes = graph.producer(random.dataInputs[0])
  const origin = originOf(graph, input)
  if (sizes?.op === 'Shape' && sameTensor(originOf(graph, sizes.dataInputs[0]!), origin)) return undefined
  const mask = shapesOf(random)[0] ?? null
  const producer = graph.producer(input)
  const whole = (producer && shapesOf(producer)[input.port]) ?? null
  return fitsInto(mask, whole) ? undefined : 'the mask of dropout may be larger than its input here'
}

/** Whether broadcasting a mask over a tensor gives the tensor's shape. */
function fitsInto(mask: Shape, whole: Shape): boolean {
  if (mask === null || whole === null || mask.length > whole.length) return false
  return mask.every((size, axis) => {
    const over = whole[whole.length - mask.length + axis]
    return size === 1 || (size !== null && size === over)
  })
}

function takeOut(graph: Graph, { node, input }: Dropout, context: TransformContext): void {
  const { report, isPinned } = context
  const producers = node.inputs.map((each) => graph.producer(each))
  if (isPinned(node)) {
    const type = node.attrs.type('T')
    for (const name of node.attrs.names()) if (!name.startsWith('_')) node.attrs.delete(name)
    if (type) node.attrs.setType('T', type)
    node.op = 'Identity'
    graph.setInputs(node, [input, ...node.controlInputs])
    report.change(node)
  } else {
    for (const reader of graph.readers(node.name)) {
      const place = { wish: `${node.name}/pivot`, before: node, report }
      const inputs = reader.inputs.flatMap((each): TensorName[] => {
        if (each.node !== node.name) return [each]
        return [isControl(each) ? waitFor(graph, input, place) : input, ...node.controlInputs]
      })
      graph.setInputs(reader, tidyInputs(inputs))
      report.change(reader)
    }
    graph.remove(node)
    report.remove(node)
  }
  for (const gone of removeUnreadProducers(graph, producers, isPinned)) report.remove(gone)
}
