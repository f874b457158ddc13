import { WireWriter } from '../../../src/codec/wire-writer.js'
import type { GraphEnvelope } from '../../../src/graph/graph.js'
import type { Choices } from '../choices.js'
import type { Family, Grow } from '../fuzz-case.js'
import { typesAttr } from '../graph-builder.js'
import { plumbing } from './plumbing.js'

/** A node of a function's body. Inputs are arguments (`a`) or outputs (`n:z:0`). */
interface BodyNode {
  name: string
  op: string
  inputs: readonly string[]
}

/** A function on float32 tensors. */
export interface BodyFunction {
  args: readonly string[]
  nodes: readonly BodyNode[]
  returns: Readonly<Record<string, string>>
}

/** The functions that random graphs call. */
export const functions: Readonly<Record<string, BodyFunction>> = {
  negate: { args: ['a'], nodes: [{ name: 'n', op: 'Neg', inputs: ['a'] }], returns: { out: 'n:y:0' } },
  twice: {
    args: ['a'],
    nodes: [
      { name: 'i', op: 'Identity', inputs: ['a'] },
      { name: 's/sum', op: 'Add', inputs: ['i:output:0', 'a'] },
    ],
    returns: { out: 's/sum:z:0' },
  },
  both: {
    args: ['a', 'b'],
    nodes: [
      { name: 'm', op: 'Mul', inputs: ['a', 'b'] },
      { name: 'd', op: 'Sub', inputs: ['m:z:0', 'b'] },
    ],
    returns: { first: 'm:z:0', second: 'd:z:0' },
  },
  handThrough: {
    args: ['a', 'b'],
    nodes: [{ name: 'r', op: 'Relu', inputs: ['b'] }],
    returns: { first: 'a', second: 'r:activations:0' },
  },
}

/** The library of these functions, as GraphDef has it. Field numbers: FunctionDef 1, 3, 4; OpDef 1, 2, 3; ArgDef 1, 3. */
export const functionLibrary: GraphEnvelope = {
  versions: { producer: 0, minConsumer: 0 },
  functionNames: new Set(Object.keys(functions)),
  otherFields: [
    message(2, (library) => {
      for (const [name, definition] of Object.entries(functions)) library.messageField(1, functionDef(name, definition))
    }),
  ],
}

type Message = ReturnType<WireWriter['finish']>

function written(fill: (writer: WireWriter) => void): Message {
  const writer = new WireWriter()
  fill(writer)
  return writer.finish()
}

function message(field: number, fill: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter()
  writer.messageField(field, written(fill))
  return new Uint8Array(Buffer.concat(writer.finish().list))
}

function functionDef(name: string, { args, nodes, returns }: BodyFunction): Message {
  const arg = (argName: string): Message =>
    written((writer) => {
      writer.stringField(1, argName)
      writer.tag(3, 0)
      writer.varint(1)
    })
  return written((writer) => {
    writer.messageField(
      1,
      written((signature) => {
        signature.stringField(1, name)
        for (const each of args) signature.messageField(2, arg(each))
        for (const each of Object.keys(returns)) signature.messageField(3, arg(each))
      }),
    )
    for (const node of nodes) writer.messageField(3, nodeDef(node))
    for (const [key, value] of Object.entries(returns))
      writer.messageField(
        4,
        entry(key, (each) => each.stringField(2, value)),
      )
  })
}

function entry(key: string, value: (writer: WireWriter) => void): Message {
  return written((writer) => {
    writer.stringField(1, key)
    value(writer)
  })
}

function nodeDef({ name, op, inputs }: BodyNode): Message {
  return written((writer) => {
    writer.stringField(1, name)
    writer.stringField(2, op)
    for (const input of inputs) writer.stringField(3, input)
    const float = written((value) => {
      value.tag(6, 0)
      value.varint(1)
    })
    writer.messageField(
      5,
      entry('T', (each) => each.messageField(2, float)),
    )
  })
}

const shape = [2, 2]

const call =
  (ops: readonly string[]): Grow =>
  (builder, choose) => {
    const name = choose.of(Object.keys(functions))
    const { args, returns } = functions[name]!
    const read = (): (typeof builder.wires)[number] =>
      choose.latest(builder.wires.filter((wire) => wire.dtype === 'float32' && wire.shape[0] === 2))
    const output = { dtype: 'float32', shape } as const
    const outputs = Object.keys(returns).map(() => output)
    const float = args.map(() => 'float32' as const)
    builder.add(choose.of(ops), choose, {
      inputs: args.map(read),
      attrs: {
        f: { kind: 'func', value: { name, attrs: new Map() } },
        Tin: typesAttr(float),
        Tout: typesAttr(outputs.map(() => 'float32' as const)),
      },
      outputs,
    })
  }

/** Graphs with calls of functions. */
export function calls(ops: readonly string[], chain: (choose: Choices) => string): Family {
  const family = plumbing({ chain: (_builder, choose) => chain(choose) })
  const steps = Array.from({ length: family.steps.length }, () => ['call', call(ops)] as const)
  return { ...family, steps: [...steps, ...family.steps], envelope: functionLibrary }
}
