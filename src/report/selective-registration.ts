import { FunctionLibrary } from '../codec/function-library.js'
import { historicalDataType } from '../graph/data-type.js'
import type { Graph } from '../graph/graph.js'
import type { Node } from '../graph/node.js'

const guard = 'OPS_TO_REGISTER'

/**
 * The C++ header `ops_to_register.h`, by which a build of TensorFlow registers only the ops that some graphs have. Which kernel classes
 * they need, only TensorFlow's own registry tells: the header leaves every kernel of these ops in, and says so; the data types
 * that the graphs use stand in its comments.
 *
 * @param always ops that are registered whatever the graphs need
 */
export function selectiveRegistrationHeader(graphs: readonly Graph[] | 'all', always: readonly string[] = []): string {
  const lines = ['// Made by graphdef print_selective_registration_header.', `#ifndef ${guard}`, `#define ${guard}`, '']
  if (graphs === 'all') lines.push(...macros('true', 'true'))
  else {
    const types = typesByOp(graphs)
    for (const op of always) if (!types.has(op)) types.set(op, new Set())
    const ops = [...types.keys()].sort()
    lines.push(
      '// Kernel classes cannot be told from a graph: every kernel of the ops below is registered, for all data types.',
      '// Where the build prunes them by hand, these are the types that the graphs use:',
      ...ops.map((op) => `//   ${op}${typesText(types.get(op)!)}`),
      '',
      'namespace {',
      'constexpr bool SameOp(const char* a, const char* b) {',
      "  return *a == *b && (*a == '\\0' || SameOp(a + 1, b + 1));",
      '}',
      'constexpr bool ShouldRegisterOp(const char* op) {',
      '  return false',
      ...ops.map((op) => `      || SameOp(op, "${op}")`),
      '      ;',
      '}',
      '}  // namespace',
      '',
      ...macros('ShouldRegisterOp(op)', String(types.has('SymbolicGradient'))),
    )
  }
  lines.push('', `#endif  // ${guard}`)
  return lines.join('\n')
}

function macros(op: string, gradient: string): string[] {
  return [
    `#define SHOULD_REGISTER_OP(op) ${op}`,
    '#define SHOULD_REGISTER_OP_KERNEL(clz) true',
    `#define SHOULD_REGISTER_OP_GRADIENT ${gradient}`,
  ]
}

/** Per op the values of its attributes that are types, `T=float`, over all graphs and the functions they carry. */
function typesByOp(graphs: readonly Graph[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>()
  const collect = (nodes: Iterable<Node>): void => {
    for (const { op, attrs } of nodes) {
      let found = types.get(op)
      if (!found) types.set(op, (found = new Set()))
      const pairs = attrs.names().flatMap((name) => {
        const type = name.startsWith('_') ? undefined : attrs.type(name)
        return type ? [`${name}=${historicalDataType(type)}`] : []
      })
      if (pairs.length > 0) found.add(pairs.sort().join(' '))
    }
  }
  for (const graph of graphs) {
    collect(graph.nodes)
    const library = new FunctionLibrary(graph.envelope)
    for (const name of library.names) collect(library.get(name)!.nodes)
  }
  return types
}

function typesText(types: ReadonlySet<string>): string {
  return types.size === 0 ? '' : `: ${[...types].sort().join('; ')}`
}
