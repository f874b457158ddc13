import type { ModelManifest } from './types.js'

const manifestFields = [
  'format',
  'bytes',
  'sha256',
  'inputs',
  'outputs',
  'ops',
  'chain',
  'api',
] as const satisfies readonly (keyof ModelManifest)[]

/** Everything a model's module exports by name. */
export const assetFields: readonly string[] = ['url', ...manifestFields]

/**
 * The module that an import becomes: data only. `url` is an expression of the host's, `prelude` the imports it needs.
 * The default export has everything, and so have the named ones.
 */
export function moduleText(manifest: ModelManifest, url: string, prelude = ''): string {
  const lines = prelude ? [prelude] : []
  lines.push(`export const url = ${url}`)
  for (const field of manifestFields) lines.push(`export const ${field} = ${JSON.stringify(manifest[field])}`)
  lines.push(`export default { url, ${manifestFields.join(', ')} }`, '')
  return lines.join('\n')
}
