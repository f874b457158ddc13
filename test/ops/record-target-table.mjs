// Writes src/ops/target-table.ts: which ops the targets of a build can run. Development only.
//
//     node test/ops/record-target-table.mjs MOBILE_OPS_JSON > src/ops/target-table.ts
//
// TensorFlow.js: the ops that its converter has an executor for, and which of them call a kernel that a backend does not have, told
// from the packages that are installed here. TensorFlow Mobile: MOBILE_OPS_JSON, the kernels that its 1.7 builds register.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const backends = ['cpu', 'wasm', 'webgl', 'webgpu']
const mobileTables = ['bazel_android_1.7', 'bazel_android_full_types', 'makefile_slim_1.7', 'makefile_full_types']

/** What an op runs only for complex numbers, or to train. An op that is nothing else still needs it. */
const besides = /^(Complex|ComplexAbs|Real|Imag|(Conv2D|DepthwiseConv2dNative)Backprop(Filter|Input))$/

const require = createRequire(import.meta.url)
const folderOf = (name) => dirname(require.resolve(`@tensorflow/${name}/package.json`))
const converter = join(folderOf('tfjs-converter'), 'dist/operations')
const core = join(folderOf('tfjs-core'), 'dist')

/** The ops that the converter knows; it has executors for a few more. */
async function mappedOps() {
  const mapper = readFileSync(join(converter, 'operation_mapper.js'), 'utf8')
  const ops = new Set()
  for (const [, list] of mapper.matchAll(/from '\.\/op_list\/(\w+)'/g)) {
    const source = readFileSync(join(converter, 'op_list', `${list}.js`), 'utf8')
    for (const [, op] of source.matchAll(/'tfOpName': '(\w+)'/g)) ops.add(op)
  }
  return ops
}

/** Op to the functions of tfjs-core that its executor calls; ops without an executor are not among them. */
export function executedOps() {
  const calls = new Map()
  for (const file of readdirSync(join(converter, 'executors'))) {
    if (!file.endsWith('_executor.js')) continue
    const source = readFileSync(join(converter, 'executors', file), 'utf8')
    // Cases that fall through to one body share its calls.
    const pieces = source.split(/^ {8}case '(\w+)':/m)
    let waiting = []
    for (let index = 1; index < pieces.length; index += 2) {
      const body = pieces[index + 1]
      waiting.push(pieces[index])
      if (body.trim() === '') continue
      const functions = [...body.matchAll(/\bops\.((?:\w+\.)*\w+)\b/g)].map((found) => found[1])
      for (const op of waiting) calls.set(op, [...(calls.get(op) ?? []), ...functions])
      waiting = []
    }
  }
  return calls
}

/** The kernels that a function of tfjs-core may run, itself or through the functions it calls. */
function kernelsOf(name, known = new Map()) {
  const [last, namespace] = name.split('.').reverse()
  const files = filesByFunction().get(last) ?? []
  const file = files.find((path) => (namespace === 'fused') === path.includes('/fused/')) ?? files[0]
  return file ? kernelsIn(file, known) : new Set()
}

let functionFiles
function filesByFunction() {
  if (functionFiles) return functionFiles
  functionFiles = new Map()
  for (const path of readdirSync(join(core, 'ops'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.js') || path.endsWith('_test.js')) continue
    const file = join(core, 'ops', path)
    for (const [, name] of readFileSync(file, 'utf8').matchAll(
      /^export const (\w+) = (?:\/\* @__PURE__ \*\/ )?op\(/gm,
    )) {
      functionFiles.set(name, [...(functionFiles.get(name) ?? []), file])
    }
  }
  return functionFiles
}

function kernelsIn(file, known) {
  const found = known.get(file)
  if (found) return found
  const kernels = new Set()
  known.set(file, kernels)
  const source = readFileSync(file, 'utf8')
  for (const [, names, from] of source.matchAll(/import \{([^}]*)\} from '(\.[^']*)';/g)) {
    if (from.endsWith('kernel_names')) for (const name of names.split(',')) kernels.add(name.trim().split(' as ')[0])
    else {
      const path = join(dirname(file), `${from}.js`)
      if (!path.startsWith(join(core, 'ops')) || !/^export const \w+ = .*op\(/m.test(readFileSync(path, 'utf8')))
        continue
      for (const kernel of kernelsIn(path, known)) kernels.add(kernel)
    }
  }
  return kernels
}

/** Per op of TensorFlow.js the backends that lack a kernel it may run. */
export async function tfjsOps() {
  const { getKernelsForBackend } = await import('@tensorflow/tfjs-core')
  const kernelNames = await import(`file://${join(core, 'kernel_names.js')}`).catch(
    () => import('@tensorflow/tfjs-core'),
  )
  const registered = new Map()
  for (const backend of backends) {
    await import(`@tensorflow/tfjs-backend-${backend}`)
    registered.set(backend, new Set(getKernelsForBackend(backend).map(({ kernelName }) => kernelName)))
  }
  const known = new Map()
  const mapped = await mappedOps()
  const lacking = new Map()
  for (const [op, functions] of executedOps()) {
    if (!mapped.has(op)) continue
    const kernels = new Set(functions.flatMap((name) => [...kernelsOf(name, known)]))
    const all = [...kernels].map((constant) => kernelNames[constant] ?? constant)
    const names = all.length === 1 ? all : all.filter((name) => !besides.test(name))
    lacking.set(
      op,
      backends.filter((backend) => names.some((name) => !registered.get(backend).has(name))),
    )
  }
  return lacking
}

function mobileLines(tables) {
  const ops = new Set(mobileTables.flatMap((name) => Object.keys(tables[name])))
  const lines = []
  for (const op of [...ops].sort()) {
    /** One line for the tables that agree about an op. */
    const byTypes = new Map()
    mobileTables.forEach((table, index) => {
      const attrs = tables[table][op]
      if (!attrs) return
      const text = Object.entries(attrs)
        .filter(([name]) => name !== '*')
        .map(([name, types]) => `${name}=${types.join(',')}`)
        .sort()
        .join(' ')
      byTypes.set(text, (byTypes.get(text) ?? '') + 'abcd'[index])
    })
    for (const [types, letters] of byTypes) lines.push(`${op} ${letters}${types && ` ${types}`}`)
  }
  return lines
}

async function main([mobileFile]) {
  const lacking = [...(await tfjsOps())].sort(([a], [b]) => (a < b ? -1 : 1))
  const { version } = require('@tensorflow/tfjs-converter/package.json')
  process.stdout.write(`/**
 * What the targets of a build can run, as facts. TensorFlow.js ${version} is Copyright Google LLC, TensorFlow is Copyright The
 * TensorFlow Authors, both Apache License 2.0. Generated by test/ops/record-target-table.mjs; do not edit.
 */

/** One op of TensorFlow.js a line, behind it the backends that lack a kernel it runs. */
// biome-ignore format: generated
export const tfjsTable: string = \`${lacking.map(([op, missing]) => [op, ...missing].join(' ')).join('\n')}\`

/**
 * The kernels of TensorFlow Mobile 1.7, an op a line: the builds that have it (a Android, b Android with all types, c makefile, d makefile
 * with all types) and, for attributes that are types, those it has kernels for. An op has several lines where builds differ.
 */
// biome-ignore format: generated
export const mobileTable: string = \`${mobileLines(JSON.parse(readFileSync(mobileFile, 'utf8'))).join('\n')}\`
`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
