import MagicString, { type SourceMap } from 'magic-string'
import { type AttributeImport, attributeImports } from './import-attributes.js'
import { modelUrls } from './model-urls.js'
import { sourceScripts } from './source-tokens.js'

/** Code that may refer to a model: the hosts' first filter, before `rewriteModelReferences` looks closer. */
export const modelCodePattern: RegExp = /\.(?:pb|pbtxt|pbmm|mmpb)(?:\.gz)?[?#'"`]/

const referencePattern = /\b(?:with|assert|meta)\b/

export interface Rewritten {
  readonly code: string
  map(): SourceMap
  /** The imports whose attributes are a query now. */
  readonly imports: readonly AttributeImport[]
}

/**
 * Makes plain imports of a module's other references to models, which hosts pass on to plugins in different ways or not at all:
 * `import m from './x.pb' with { optimize: 'web' }` becomes `import m from './x.pb?optimize=web'`, and
 * `new URL('./x.pb?optimize=web', import.meta.url)` becomes `new URL(url)` with an import of that `url`.
 *
 * @param id the module's id, whose ending tells the language: JavaScript, TypeScript, JSX, Vue or Svelte
 * @param urlBase the second argument of `new URL`, where the host's URLs are not absolute
 * @returns undefined where there is nothing to rewrite
 * @throws GraphdefError where an attribute cannot be read, or is nearly one of ours
 */
export function rewriteModelReferences(code: string, id: string, urlBase?: string): Rewritten | undefined {
  if (!modelCodePattern.test(code) || !referencePattern.test(code)) return undefined
  const source = new MagicString(code)
  const [importer] = id.split('?') as [string]
  const imports: AttributeImport[] = []
  const replace = ({ start, end }: { start: number; end: number }, text: string): void => {
    // With the line breaks of what is replaced: what comes after stays on its line.
    source.update(start, end, text + code.slice(start, end).replace(/[^\n]+/g, ''))
  }
  let named = 0
  for (const { tokens, end } of sourceScripts(code, id)) {
    for (const found of attributeImports(tokens)) {
      imports.push(found)
      replace(found, JSON.stringify(found.asQuery))
    }
    const names = new Map<string, string>()
    for (const url of modelUrls(tokens, importer)) {
      const name = names.get(url.specifier) ?? freeName(code, named++)
      names.set(url.specifier, name)
      replace(url, urlBase ? `${name}, ${urlBase}` : name)
    }
    // At the end, where they move no line and leave directives in front. TypeScript need not know what is imported.
    for (const [specifier, name] of names) {
      source.appendLeft(end, `\n// @ts-ignore\nimport { url as ${name} } from ${JSON.stringify(specifier)};`)
    }
    if (names.size > 0) source.appendLeft(end, '\n')
  }
  if (!source.hasChanged()) return undefined
  return {
    code: source.toString(),
    map: () => source.generateMap({ source: importer, hires: 'boundary', includeContent: true }),
    imports,
  }
}

/** A name that the module does not have. */
function freeName(code: string, count: number): string {
  let name = `graphdefUrl${count}`
  while (code.includes(name)) name = `_${name}`
  return name
}
