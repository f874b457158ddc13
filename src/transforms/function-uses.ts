import { type FunctionLibrary, keepFunctions } from '../codec/function-library.js'
import type { AttrValue, FunctionReference } from '../graph/attr.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'
import type { TransformContext } from './transform.js'

/** How often each function is named: by nodes of the graph, and by the functions that these need. */
export function functionUses(graph: Graph, library: FunctionLibrary): Map<string, number> {
  const uses = new Map<string, number>()
  const open: string[] = []
  const use = (name: string): void => {
    const before = uses.get(name) ?? 0
    uses.set(name, before + 1)
    if (before === 0) open.push(name)
  }
  for (const node of graph.nodes) for (const name of functionsOf(node, library)) use(name)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const node of library.get(name)!.nodes) for (const called of functionsOf(node, library)) use(called)
  }
  return uses
}

/** Whether a function needs itself. */
export function isRecursive(name: string, library: FunctionLibrary): boolean {
  const seen = new Set<string>()
  const open = [name]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const node of library.get(next)?.nodes ?? []) {
      for (const called of functionsOf(node, library)) {
        if (called === name) return true
        if (!seen.has(called)) open.push(called)
        seen.add(called)
      }
    }
  }
  return false
}

/** Takes the functions that nothing names, and their gradients, out of the graph. */
export function dropUnusedFunctions(graph: Graph, library: FunctionLibrary, { report }: TransformContext): void {
  const uses = functionUses(graph, library)
  const gone = [...library.names].filter((name) => !uses.has(name))
  if (gone.length === 0) return
  graph.envelope = keepFunctions(graph.envelope, new Set(uses.keys()))
  const shown = gone.slice(0, 3).join(', ') + (gone.length > 3 ? ', …' : '')
  report.note(`${gone.length} function${gone.length === 1 ? '' : 's'} that nothing calls: removed (${shown})`)
}

/** The functions of the library that a node names: as its op, and in its attributes. */
function* functionsOf(node: Node, library: FunctionLibrary): Iterable<string> {
  if (library.has(node.op)) yield node.op
  for (const key of node.attrs.names()) {
    // Weights are not looked into.
    if (key !== 'value') yield* functionsIn(node.attrs.get(key), library)
  }
}

function* functionsIn(value: AttrValue | undefined, library: FunctionLibrary): Iterable<string> {
  const references: readonly FunctionReference[] =
    value?.kind === 'func' ? [value.value] : value?.kind === 'list' ? (value.value.func ?? []) : []
  for (const { name, attrs } of references) {
    if (library.has(name)) yield name
    for (const inner of attrs.values()) yield* functionsIn(inner, library)
  }
}
