import { createHash } from 'node:crypto'
import type { GraphDescription, NodeDescription } from './describe.js'

/**
 * One number for what a graph computes: equal for graphs that differ only in the names and the order of nodes, and in whether
 * equal nodes are one. record/quantized.py makes the same.
 */
export function computationDigest({ outputs, nodes }: GraphDescription): string {
  const known = new Map<number, string>()
  const ofReference = (reference: string): string => {
    const [, control, place, port] = /^(\^?)(\d+)(?::(\d+))?$/.exec(reference) ?? []
    if (place === undefined) return reference
    return `${control}${ofNode(Number(place))}${port === undefined ? '' : `:${port}`}`
  }
  const ofNode = (place: number): string => {
    const there = known.get(place)
    if (there !== undefined) return there
    const node = nodes[place]!
    // What a loop comes back to is known by its op.
    known.set(place, node.op)
    const digest = sha256(`${ownText(node)}|${inputTexts(node, ofReference).join(' ')}`)
    known.set(place, digest)
    return digest
  }
  return sha256(outputs.map(ofReference).join(' '))
}

/** Data inputs in order, then control inputs in the order of their digests. */
function inputTexts({ inputs }: NodeDescription, ofReference: (reference: string) => string): string[] {
  const texts = inputs.map(ofReference)
  return [...texts.filter((text) => !text.startsWith('^')), ...texts.filter((text) => text.startsWith('^')).sort()]
}

function ownText({ op, device = '', attrs, tensor }: NodeDescription): string {
  const attrTexts = Object.keys(attrs)
    .sort()
    .map((name) => `${name}=${attrs[name]}`)
  const value = tensor ? `${tensor.dtype}:${tensor.shape.join(',')}:${tensor.digest}` : ''
  return [op, device, attrTexts.join(';'), value].join('|')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
