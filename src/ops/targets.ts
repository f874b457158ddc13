import { type DataType, historicalDataType } from '../graph/data-type.js'
import type { Node } from '../graph/node.js'
import { mobileTable, tfjsTable } from './target-table.js'

/** What a graph is to run in: by the name that `target=` takes, what it is. The README's table is generated from here. */
export const targets = {
  tfjs: 'TensorFlow.js with the runtime of this package, on any backend',
  'tfjs-cpu': 'the same on the backend cpu',
  'tfjs-wasm': 'the same on the backend wasm',
  'tfjs-webgl': 'the same on the backend webgl',
  'tfjs-webgpu': 'the same on the backend webgpu',
  'tensorflow-mobile': 'TensorFlow Mobile 1.7 as its Android library and other builds by bazel have it',
  'tensorflow-mobile-full-types': 'the same built with kernels of all data types (__ANDROID_TYPES_FULL__)',
  'tensorflow-mobile-makefile': 'TensorFlow Mobile 1.7 as the makefile builds it: the iOS pod, Raspberry Pi',
  'tensorflow-mobile-makefile-full-types': 'the same built with kernels of all data types',
} as const

export type Target = keyof typeof targets

export const targetNames: readonly Target[] = Object.keys(targets) as Target[]

/** How the table of TensorFlow Mobile's kernels names its builds. */
const mobileBuilds: Partial<Record<Target, string>> = {
  'tensorflow-mobile': 'a',
  'tensorflow-mobile-full-types': 'b',
  'tensorflow-mobile-makefile': 'c',
  'tensorflow-mobile-makefile-full-types': 'd',
}

/** Ops that the runtime gives TensorFlow.js under another name, or as weights. */
const adaptedForTfjs: ReadonlySet<string> = new Set([
  'BiasAddV1',
  'CheckNumerics',
  'DebugGradientIdentity',
  'DebugGradientRefIdentity',
  'EnsureShape',
  'HostConst',
  'ImmutableConst',
  'PlaceholderV2',
  'PreventGradient',
  '_FusedDepthwiseConv2dNative',
])

/** What a target lacks to run a node. */
export interface Lack {
  /** Undefined where it does not have the op at all. */
  reason?: string
}

/** Whether a target is TensorFlow.js, which runs only what the outputs need. */
export function isTfjs(target: Target): boolean {
  return target.startsWith('tfjs')
}

/** What a target lacks to run a node; undefined where it lacks nothing. */
export function lackOf(target: Target, node: Node): Lack | undefined {
  return isTfjs(target) ? tfjsLack(target, node) : mobileLack(mobileBuilds[target]!, node)
}

let tfjsOps: Map<string, readonly string[]> | undefined

function tfjsLack(target: Target, { op, attrs }: Node): Lack | undefined {
  if (adaptedForTfjs.has(op)) return undefined
  tfjsOps ??= new Map(
    tfjsTable.split('\n').map((line) => {
      const [name = '', ...backends] = line.split(' ')
      return [name, backends]
    }),
  )
  const lacking = tfjsOps.get(op)
  if (!lacking) return {}
  const backend = target.slice('tfjs-'.length)
  if (lacking.includes(backend)) return { reason: `the backend ${backend} has no kernel for it` }
  // As the runtime refuses them: TensorFlow.js knows these ops, and computes something else without a word.
  if (op === 'FakeQuantWithMinMaxVars') return { reason: 'TensorFlow.js passes the values through unchanged' }
  if (op === 'OneHot' && (attrs.int('axis') ?? -1) !== -1) return { reason: 'TensorFlow.js ignores the axis' }
  const layout = attrs.string('data_format') ?? ''
  if (/^((Max|Avg)Pool|FusedBatchNorm)/.test(op) && layout.startsWith('NC')) {
    return { reason: `TensorFlow.js ignores data_format=${layout}` }
  }
  return undefined
}

/** Per op and build the types that its attributes may have. */
let mobileOps: Map<string, ReadonlyMap<string, ReadonlySet<string>>> | undefined

function readMobileTable(): Map<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const ops = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>()
  for (const line of mobileTable.split('\n')) {
    const [op = '', builds = '', ...attrs] = line.split(' ')
    const types = new Map(
      attrs.map((attr) => {
        const [name = '', list = ''] = attr.split('=')
        return [name, new Set(list.toLowerCase().split(','))] as const
      }),
    )
    for (const build of builds) ops.set(`${build} ${op}`, types)
  }
  return ops
}

function mobileLack(build: string, { op, attrs }: Node): Lack | undefined {
  mobileOps ??= readMobileTable()
  const types = mobileOps.get(`${build} ${op}`)
  if (!types) return {}
  for (const [name, allowed] of types) {
    const given: readonly DataType[] = [attrs.type(name) ?? attrs.types(name) ?? []].flat()
    const missing = given.map(historicalDataType).find((type) => !allowed.has(type) && !allowed.has('any'))
    if (missing) return { reason: `it has no kernel for ${name}=${missing}` }
  }
  return undefined
}
