import { formats } from '../chain/request.js'
import { presets } from '../transforms/presets.js'
import type { ModelManifest, TensorInfos } from './types.js'

/** One import as it stands in the source, with the model it gives. */
export interface ImportedModel {
  /** The specifier as written, e.g. `./models/x.pb?optimize=deploy`. */
  specifier: string
  manifest: ModelManifest
}

const asset = "import('unplugin-graphdef').ModelAsset"

/**
 * The text of `graphdef-env.d.ts`: the exact type of each import. TypeScript matches a pattern with one star, and of several
 * that begin with it the first declared wins, so the longest come first. Where the same text means different models in
 * different folders, no pattern can tell them apart and the type is the general one. Deterministic.
 */
export function typeDeclarations(imports: readonly ImportedModel[]): string {
  const byPattern = new Map<string, Set<string>>()
  for (const { specifier, manifest } of imports) {
    const pattern = patternOf(specifier)
    const types = byPattern.get(pattern) ?? new Set()
    byPattern.set(pattern, types.add(assetType(manifest)))
  }
  const patterns = [...byPattern.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  const blocks = patterns.map((pattern) => {
    const types = [...byPattern.get(pattern)!]
    return types.length === 1
      ? declaration(pattern, types[0]!)
      : declaration(pattern, asset, 'Different models are imported under this name; TypeScript cannot tell them apart.')
  })
  return [
    '// Written by unplugin-graphdef: the types of the imported models. Changes here are lost.',
    '/// <reference types="unplugin-graphdef/client" />',
    '',
    blocks.join('\n\n'),
    '',
  ].join('\n')
}

/** `./a/x.pb?q` and `../a/x.pb?q` give the pattern that ends in `/a/x.pb?q`. */
function patternOf(specifier: string): string {
  const tail = specifier.replace(/^(?:\.{1,2}\/)+/, '').replace(/^\/+/, '')
  return tail === specifier ? `*${tail}` : `*/${tail}`
}

function declaration(pattern: string, type: string, comment?: string): string {
  const quotedPattern = JSON.stringify(pattern).replaceAll("'", "\\'")
  const lines = [
    `declare module '${quotedPattern.slice(1, -1)}' {`,
    ...(comment ? [`  // ${comment}`] : []),
    `  const model: ${type}`,
    '  export default model',
    "  export const url: (typeof model)['url']",
    "  export const format: (typeof model)['format']",
    "  export const bytes: (typeof model)['bytes']",
    "  export const sha256: (typeof model)['sha256']",
    "  export const inputs: (typeof model)['inputs']",
    "  export const outputs: (typeof model)['outputs']",
    "  export const ops: (typeof model)['ops']",
    "  export const chain: (typeof model)['chain']",
    "  export const api: (typeof model)['api']",
    '}',
  ]
  return lines.join('\n')
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
