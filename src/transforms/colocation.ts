import type { AttrValue } from '../graph/attr.js'
import type { Graph } from '../graph/graph.js'

const prefix = 'loc:@'
const utf8 = new TextEncoder()
const text = new TextDecoder()

/** A `_class` attribute, whose texts `loc:@name` place a node where another one is, with other names; itself where none is. */
export function renamedColocation(value: AttrValue, newNames: ReadonlyMap<string, string>): AttrValue {
  if (value.kind !== 'list' || !value.value.s) return value
  let found = false
  const places = value.value.s.map((place) => {
    const words = text.decode(place)
    const name = words.startsWith(prefix) ? newNames.get(words.slice(prefix.length)) : undefined
    if (name === undefined) return place
    found = true
    return utf8.encode(prefix + name)
  })
  return found ? { kind: 'list', value: { ...value.value, s: places } } : value
}

/** Writes the new names of nodes into all `_class` attributes. */
export function followColocation(graph: Graph, newNames: ReadonlyMap<string, string>): void {
  for (const { attrs } of graph.nodes) {
    const value = attrs.has('_class') ? attrs.get('_class') : undefined
    if (!value) continue
    const renamed = renamedColocation(value, newNames)
    if (renamed !== value) attrs.set('_class', renamed)
  }
}
