import type { AttrValue } from '../graph/attr.js'
import type { Graph } from '../graph/graph.js'

const prefix = 'loc:@'
const utf8 = new TextEncoder()
const text = new TextDecoder()

/** What a node is called now; undefined where it is gone. A node that is not among these keeps its name. */
export type NewNames = ReadonlyMap<string, string | undefined>

/**
 * A `_class` attribute, whose texts `loc:@name` place a node where another one is, with other names and without nodes that are
 * gone; itself where nothing changes.
 */
export function renamedColocation(value: AttrValue, newNames: NewNames): AttrValue {
  if (value.kind !== 'list' || !value.value.s) return value
  let found = false
  const places = value.value.s.flatMap((place) => {
    const words = text.decode(place)
    const name = words.slice(prefix.length)
    if (!words.startsWith(prefix) || !newNames.has(name)) return [place]
    found = true
    const newName = newNames.get(name)
    return newName === undefined ? [] : [utf8.encode(prefix + newName)]
  })
  return found ? { kind: 'list', value: { ...value.value, s: places } } : value
}

/** Writes the new names of nodes into all `_class` attributes. */
export function followColocation(graph: Graph, newNames: NewNames): void {
  for (const { attrs } of graph.nodes) {
    const value = attrs.has('_class') ? attrs.get('_class') : undefined
    if (!value) continue
    const renamed = renamedColocation(value, newNames)
    if (renamed === value) continue
    if (renamed.kind === 'list' && renamed.value.s?.length === 0) attrs.delete('_class')
    else attrs.set('_class', renamed)
  }
}
