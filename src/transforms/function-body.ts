import { bodyReference, type FunctionDef, type FunctionLibrary } from '../codec/function-library.js'
import type { AttrList, AttrValue } from '../graph/attr.js'
import { baseDataType, type DataType } from '../graph/data-type.js'
import { type Graph, tidyInputs } from '../graph/graph.js'
import { Node } from '../graph/node.js'
import { controlInput, isControl, type TensorName, tensorName } from '../graph/tensor-name.js'
import { type ArgDef, attrOrDefault, isStateful, opDef } from '../ops/op-defs.js'
import { renamedColocation } from './colocation.js'
import { switchOps } from './conditional-nodes.js'

/** A node in whose place a function's body is put. */
export interface Call {
  node: Node
  function: FunctionDef
  /** What the function's arguments are. */
  args: readonly TensorName[]
  /** The attributes that stand for placeholders in the body. */
  attrs: ReadonlyMap<string, AttrValue>
  /** Whether the node may not run, as it stands in a branch or loop: then all of the body must run with it only. */
  conditional: boolean
}

/** Why a call cannot be inlined. */
export class CannotInline extends Error {}

/** A function's body on its way into a graph. */
export class FunctionBody {
  readonly #graph: Graph
  readonly #library: FunctionLibrary
  readonly #call: Call
  readonly #args = new Map<string, readonly TensorName[]>()
  readonly #copies = new Map<string, Node>()
  readonly #newNames: ReadonlyMap<string, string>

  constructor(graph: Graph, library: FunctionLibrary, call: Call) {
    this.#graph = graph
    this.#library = library
    this.#call = call
    this.#newNames = new Map(call.function.nodes.map(({ name }) => [name, `${call.node.name}/${name}`]))
    this.#bindArgs()
  }

  /** The body's nodes as nodes of the graph, what each output is, and what else a call runs. */
  instantiate(): { copies: Node[]; returns: TensorName[]; effects: TensorName[] } {
    const { function: def, node: call } = this.#call
    const taken = new Set<string>()
    for (const node of def.nodes) {
      let name = this.#graph.freeName(`${call.name}/${node.name}`)
      while (taken.has(name)) name = this.#graph.freeName(`${name}_1`)
      taken.add(name)
      this.#copies.set(node.name, this.#copyOf(node, name))
    }
    const copies = def.nodes.map((node) => {
      const copy = this.#copies.get(node.name)!
      const inputs = tidyInputs(node.inputs.flatMap((input) => this.#input(input)))
      const placed = new Node({ name: copy.name, op: copy.op, device: copy.device, inputs })
      placed.attrs.copyAll(copy.attrs)
      placed.otherFields = copy.otherFields
      return placed
    })
    const returns = def.outputs.map((output) => this.#returned(output))
    return { copies, returns, effects: this.#effects(copies, returns) }
  }

  outputType(index: number): DataType {
    return this.#typeOf(this.#call.function.outputs[index]!)
  }

  outputTypes(): DataType[] {
    return this.#call.function.outputs.map((output) => this.#typeOf(output))
  }

  #bindArgs(): void {
    const { function: def, args } = this.#call
    let next = 0
    for (const arg of def.inputs) {
      const count = this.#lengthOf(arg)
      this.#args.set(arg.name, args.slice(next, next + count))
      next += count
    }
    if (next !== args.length) {
      throw new CannotInline(
        `the function ${def.name} takes ${next} argument${next === 1 ? '' : 's'}, and the call has ${args.length}`,
      )
    }
  }

  /** How many tensors an argument of the function is. */
  #lengthOf(arg: ArgDef): number {
    if (arg.typeListAttr !== undefined) {
      const types = this.#attr(arg.typeListAttr)
      if (types?.kind === 'list') return types.value.type?.length ?? 0
    } else if (arg.numberAttr !== undefined) {
      const count = this.#attr(arg.numberAttr)
      if (count?.kind === 'i') return Number(count.value)
    } else return 1
    throw new CannotInline(`the length of its list "${arg.name}" is not known`)
  }

  #typeOf(arg: ArgDef): DataType {
    const attr = arg.typeAttr === undefined ? undefined : this.#attr(arg.typeAttr)
    const type = arg.type ?? (attr?.kind === 'type' ? attr.value : undefined)
    if (type === undefined) throw new CannotInline(`the dtype of its output "${arg.name}" is not known`)
    return baseDataType(type)
  }

  #attr(name: string): AttrValue | undefined {
    return this.#call.attrs.get(name) ?? this.#call.function.attrDefaults.get(name)
  }

  /** A node of the body with its attributes as the call has them; inputs are set when all copies are there. */
  #copyOf(node: Node, name: string): Node {
    const prefix = `${this.#call.node.name}/`
    const copy = new Node({ name, op: node.op, device: node.device })
    copy.otherFields = node.otherFields
    for (const key of node.attrs.names()) {
      const value = node.attrs.get(key)!
      const bound = this.#bind(value)
      if (bound === value) copy.attrs.copy(key, node.attrs)
      else if (bound) copy.attrs.set(key, bound)
    }
    const places = copy.attrs.get('_class')
    if (places) copy.attrs.set('_class', renamedColocation(places, this.#newNames))
    // Two calls of a function have loops of their own.
    const frame = copy.attrs.string('frame_name')
    if (frame !== undefined) copy.attrs.setString('frame_name', prefix + frame)
    return copy
  }

  /** An attribute with the call's values in the place of placeholders; undefined where the call has none. */
  #bind(value: AttrValue): AttrValue | undefined {
    if (value.kind === 'placeholder') return this.#attr(value.value)
    if (value.kind === 'func') {
      const func = this.#bindFunction(value.value)
      return func === value.value ? value : { kind: 'func', value: func }
    }
    if (value.kind !== 'list' || !value.value.func) return value
    const func = value.value.func.map((each) => this.#bindFunction(each))
    if (func.every((each, index) => each === value.value.func![index])) return value
    return { kind: 'list', value: { ...value.value, func } }
  }

  #bindFunction(func: NonNullable<AttrList['func']>[number]): NonNullable<AttrList['func']>[number] {
    const attrs = new Map<string, AttrValue>()
    let changed = false
    for (const [key, value] of func.attrs) {
      const bound = this.#bind(value)
      changed ||= bound !== value
      if (bound) attrs.set(key, bound)
    }
    return changed ? { name: func.name, attrs } : func
  }

  /** What an input within the body is outside. */
  #input(input: TensorName): TensorName[] {
    if (!isControl(input)) return [this.#tensor(input)]
    const copy = this.#copies.get(input.node)
    if (copy) return [controlInput(copy.name)]
    const args = this.#args.get(input.node)
    if (args?.every((arg) => !switchOps.has(this.#graph.producer(arg)?.op ?? ''))) {
      return args.map((arg) => controlInput(arg.node))
    }
    throw new CannotInline(`its body waits for "${input.node}", which is no node of it`)
  }

  #tensor(reference: TensorName): TensorName {
    const { name, output, index } = bodyReference(reference)
    const arg = output === undefined ? this.#args.get(name)?.[index] : undefined
    if (arg) return arg
    const copy = this.#copies.get(name)
    if (!copy) throw new CannotInline(`its body reads "${name}", which it does not have`)
    return tensorName(copy.name, output === undefined ? index : this.#port(copy, output, index))
  }

  /** The port of one tensor of a node's output argument. */
  #port(node: Node, output: string, index: number): number {
    const outputs = opDef(node.op)?.outputs ?? this.#library.get(node.op)?.outputs
    if (!outputs) throw new CannotInline(`the outputs of the op ${node.op} in its body are not known`)
    let port = index
    for (const arg of outputs) {
      if (arg.name === output) return port
      port += listLength(node, arg)
    }
    throw new CannotInline(`the op ${node.op} in its body has no output "${output}"`)
  }

  #returned(output: ArgDef): TensorName {
    const returned = this.#call.function.returns.get(output.name)
    if (!returned || output.numberAttr !== undefined || output.typeListAttr !== undefined) {
      throw new CannotInline(`it is not known what its output "${output.name}" is`)
    }
    return this.#tensor(returned)
  }

  /** What a call always runs with effects of its own, and no result needs. */
  #effects(copies: readonly Node[], returns: readonly TensorName[]): TensorName[] {
    const { controlReturns } = this.#call.function
    if (controlReturns.length === 0) return []
    const byName = new Map(copies.map((copy) => [copy.name, copy]))
    const needed = coneOf(
      byName,
      returns.map(({ node }) => node),
    )
    return controlReturns.flatMap((name) => {
      const copy = this.#copies.get(name)
      if (!copy || needed.has(copy.name)) return []
      const alone = [...coneOf(byName, [copy.name])].filter((each) => !needed.has(each))
      return alone.some((each) => isStateful(byName.get(each)!.op)) ? [controlInput(copy.name)] : []
    })
  }
}

function listLength(node: Node, arg: ArgDef): number {
  if (arg.numberAttr === undefined && arg.typeListAttr === undefined) return 1
  const value = attrOrDefault(node, (arg.typeListAttr ?? arg.numberAttr)!)
  if (value?.kind === 'i') return Number(value.value)
  if (value?.kind === 'list') return value.value.type?.length ?? 0
  throw new CannotInline(`the length of the output "${arg.name}" of ${node.op} in its body is not known`)
}

/** Names of the body's nodes behind some of them. */
function coneOf(nodes: ReadonlyMap<string, Node>, starts: readonly string[]): Set<string> {
  const found = new Set<string>()
  const open = [...starts]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = nodes.get(name)
    if (!node || found.has(name)) continue
    found.add(name)
    open.push(...node.inputs.map((input) => input.node))
  }
  return found
}
