import { formats } from '../chain/request.js'
import { presets } from '../transforms/presets.js'
import { assetFields } from './module-text.js'
import type { ModelManifest, TensorInfos } from './types.js'

/** One import as it stands in a module, with the model it gives. */
export interface SeenImport {
  /** The module that has the import, from the project's root. */
  importer: string
  /** The specifier as written, e.g. `./models/x.pb?optimize=deploy`. */
  specifier: string
  /** The whole import where its attributes say more than the specifier: `'./x.pb' with { optimize: 'deploy' }`. */
  written?: string
  manifest: ModelManifest
}

const asset = "import('unplugin-graphdef').ModelAsset"

const header = '// Written by unplugin-graphdef: the types of the imported models. Changes here are lost.'

/** A declaration: the pattern, the imports it is for (`module: specifier`), and the type. */
interface Block {
  pattern: string
  imports: Set<string>
  types: Set<string>
}

/**
 * The text of `graphdef-env.d.ts`: the exact type of each import. TypeScript matches a pattern with one star, and of several
 * that begin with it the first declared wins, so the longest come first. Where the same text means different models in
 * different folders, or with different attributes, no pattern can tell them apart and the type is the general one. Deterministic.
 *
 * @param present the file's text now; its declarations stay where a module still has their import and it was not seen
 * @param holds tells whether a module still has an import, as written
 */
export async function mergeDeclarations(
  seen: readonly SeenImport[],
  present: string,
  holds: (importer: string, written: string) => Promise<boolean>,
): Promise<string> {
  const blocks = new Map<string, Block>()
  const add = (pattern: string, written: string, type: string): void => {
    const block = blocks.get(pattern) ?? { pattern, imports: new Set(), types: new Set() }
    blocks.set(pattern, block)
    block.imports.add(written)
    block.types.add(type)
  }
  const note = ({ importer, specifier, written }: SeenImport): string => `${importer}: ${written ?? specifier}`
  for (const met of seen) {
    const pattern = patternOf(met.specifier)
    if (pattern) add(pattern, note(met), assetType(met.manifest))
  }
  const known = new Set(seen.map(note))
  for (const old of parseBlocks(present)) {
    for (const written of old.imports) {
      if (known.has(written)) continue
      const [importer, text] = written.split(/: (.*)/s) as [string, string]
      if (await holds(importer, text)) add(old.pattern, written, [...old.types][0]!)
    }
  }
  const ordered = [...blocks.values()].sort(
    (a, b) => b.pattern.length - a.pattern.length || (a.pattern < b.pattern ? -1 : 1),
  )
  return [
    header,
    '',
    ordered
      .map(({ pattern, imports, types }) =>
        declaration(pattern, types.size === 1 ? [...types][0]! : asset, [...imports].sort()),
      )
      .join('\n\n'),
    '',
  ].join('\n')
}

/** The declarations of a file that was written here. */
function parseBlocks(text: string): Block[] {
  const blocks: Block[] = []
  for (const [, pattern, body] of text.matchAll(/^declare module '(.*)' \{\n([\s\S]*?)^\}$/gm)) {
    const imports = [...body!.matchAll(/^ {2}\/\/ (.*)$/gm)].map((line) => line[1]!)
    const type = /^ {2}const model: ([\s\S]*?)\n {2}export default model$/m.exec(body!)?.[1]
    if (type) blocks.push({ pattern: unquote(pattern!), imports: new Set(imports), types: new Set([type]) })
  }
  return blocks
}

/**
 * `./a/x.pb?q` and `../a/x.pb?q` give the pattern that ends in `/a/x.pb?q`. A pattern has one star: of a specifier that has some
 * itself, as `./x.pb?optimize=f(op=*)`, what follows the last. Undefined where nothing does: that pattern would be any module's.
 */
function patternOf(specifier: string): string | undefined {
  const star = specifier.lastIndexOf('*')
  if (star === specifier.length - 1) return undefined
  if (star >= 0) return specifier.slice(star)
  const tail = specifier.replace(/^(?:\.{1,2}\/)+/, '').replace(/^\/+/, '')
  return tail === specifier ? `*${tail}` : `*/${tail}`
}

function quote(pattern: string): string {
  return pattern.replace(/[\\']/g, '\\$&')
}

function unquote(pattern: string): string {
  return pattern.replace(/\\([\\'])/g, '$1')
}

function declaration(pattern: string, type: string, imports: readonly string[] = []): string {
  return [
    `declare module '${quote(pattern)}' {`,
    ...imports.map((written) => `  // ${written}`),
    `  const model: ${type}`,
    '  export default model',
    ...assetFields.map((field) => `  export const ${field}: (typeof model)['${field}']`),
    '}',
  ].join('\n')
}

function assetType(manifest: ModelManifest): string {
  return `${asset}<\n    ${infosType(manifest.inputs)},\n    ${infosType(manifest.outputs)}\n  >`
}

function infosType(infos: TensorInfos): string {
  const entries = Object.entries(infos)
  if (entries.length === 0) return 'Record<never, never>'
  const lines = entries.map(([key, { name, dtype, shape }]) => {
    const dims = shape === null ? 'null' : `readonly [${shape.map(String).join(', ')}]`
    return `      readonly ${JSON.stringify(key)}: { readonly name: ${JSON.stringify(name)}; readonly dtype: '${dtype}'; readonly shape: ${dims} }`
  })
  return `{\n${lines.join('\n')}\n    }`
}

/** The text of the declarations of a module that is one model's: its exact type. */
export function moduleDeclarations(manifest: ModelManifest): string {
  return [
    `declare const model: ${assetType(manifest).replaceAll('\n  ', '\n')}`,
    'export default model',
    ...assetFields.map((field) => `export declare const ${field}: (typeof model)['${field}']`),
    '',
  ].join('\n')
}

/**
 * The text of `unplugin-graphdef/client`: the general type of imports that need no generated declarations. A pattern holds one
 * star, so there is one for each preset, and one for each query that ends in a key without a chain.
 */
export function clientDeclarations(): string {
  const chains = ['', ...Object.keys(presets).map((name) => `=${name}`)]
  const patterns = chains.map((chain) => `*.pb?optimize${chain}`)
  for (const format of formats) patterns.push(`*&format=${format}`)
  patterns.push('*&inline')
  return [
    '// The general types of imported models; the exact ones stand in graphdef-env.d.ts, which the plugin writes.',
    '',
    patterns.map((pattern) => declaration(pattern, asset)).join('\n\n'),
    '',
  ].join('\n')
}
