import { didYouMean, GraphdefError } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import { parseTensorName } from '../graph/tensor-name.js'
import { bindPlaceholder, isPlaceholder } from '../transforms/bind-placeholder.js'
import type { Feed } from '../transforms/feed-text.js'
import { BadValue } from '../transforms/options.js'
import { printLiteral } from '../transforms/placeholder-value.js'

/** What is named beside the feeds. */
export interface FeedPlace {
  inputs?: readonly string[] | undefined
  outputs?: readonly string[] | undefined
}

/**
 * Puts a constant in the place of each placeholder that is bound, before inputs and outputs are found.
 * @throws GraphdefError `unknown-input` where there is no such node, `bad-feed` where it is no placeholder, cannot have the value,
 * or is listed among the inputs too
 */
export function bindFeeds(graph: Graph, feeds: readonly Feed[], { inputs = [], outputs = [] }: FeedPlace = {}): void {
  const listed = new Set(inputs.map((name) => parseTensorName(name).node))
  const pinned = new Set([...listed, ...outputs.map((name) => parseTensorName(name).node)])
  for (const { name, value } of feeds) {
    for (const node of placeholdersOf(graph, name)) {
      if (listed.has(node.name)) {
        throw new GraphdefError('bad-feed', {
          what: `"${node.name}" is bound to ${printLiteral(value)} and listed among the inputs as well`,
          remedy: 'A bound placeholder is a constant and not fed any more: take it out of one of the two.',
        })
      }
      try {
        bindPlaceholder(graph, node, value, (other) => pinned.has(other.name))
      } catch (error) {
        if (!(error instanceof BadValue)) throw error
        throw new GraphdefError('bad-feed', { what: `"${node.name}" cannot be bound: ${error.message}`, cause: error })
      }
    }
  }
}

function placeholdersOf(graph: Graph, name: string): Node[] {
  const placeholders = graph.nodes.filter(isPlaceholder)
  const names = placeholders.map((node) => node.name)
  const remedy = (known: readonly string[]): string =>
    [
      didYouMean(name, known),
      names.length > 0 ? `Its placeholders: ${shortList(names)}.` : 'The graph has no placeholder.',
    ]
      .filter(Boolean)
      .join('\n')
  if (name.includes('*')) {
    const pattern = new RegExp(`^${name.split('*').map(escapeText).join('.*')}$`, 's')
    const found = placeholders.filter((node) => pattern.test(node.name))
    if (found.length > 0) return found
    throw new GraphdefError('unknown-input', { what: `no placeholder's name fits "${name}"`, remedy: remedy([]) })
  }
  const node = graph.get(name)
  if (!node) {
    throw new GraphdefError('unknown-input', {
      what: `the graph has no node "${name}", which a feed binds`,
      remedy: remedy(names),
    })
  }
  if (!isPlaceholder(node)) {
    throw new GraphdefError('bad-feed', {
      what: `"${name}" is bound by a feed, and it is no placeholder but a ${node.op}`,
      remedy: remedy([]),
    })
  }
  return [node]
}

function escapeText(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function shortList(names: readonly string[]): string {
  const most = 8
  return names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '')
}
