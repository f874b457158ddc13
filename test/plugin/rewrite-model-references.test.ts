import { describe, expect, it } from 'vitest'
import type { GraphdefError } from '../../src/errors.js'
import { rewriteModelReferences } from '../../src/plugin/rewrite-model-references.js'

const rewrite = (code: string, id = '/app/main.ts', urlBase?: string): string | undefined =>
  rewriteModelReferences(code, id, urlBase)?.code

describe('import attributes become the query', () => {
  it.each<[string, string]>([
    [`import m from './x.pb' with { optimize: 'deploy' }`, `import m from "./x.pb?optimize=deploy"`],
    [`import m from "./x.pb" assert { optimize: "deploy" };`, `import m from "./x.pb?optimize=deploy";`],
    [`import './x.pb' with { 'optimize': '' }`, `import "./x.pb?optimize"`],
    [`import * as m from '@/x.pb.gz' with { format: 'memmapped', }`, `import * as m from "@/x.pb.gz?format=memmapped"`],
    [
      `import { url, type inputs } from 'pkg/x.pbtxt' with { optimize: 'web' }`,
      `import { url, type inputs } from "pkg/x.pbtxt?optimize=web"`,
    ],
    [`import type from './x.pb' with { optimize: 'web' }`, `import type from "./x.pb?optimize=web"`],
    [`import type, { url } from './x.pb' with { optimize: 'web' }`, `import type, { url } from "./x.pb?optimize=web"`],
    [
      `export { default as m } from './x.pb' with { optimize: 'web' }`,
      `export { default as m } from "./x.pb?optimize=web"`,
    ],
    [`export * from './x.pb' with { optimize: 'web' }`, `export * from "./x.pb?optimize=web"`],
    [
      `const m = await import('./x.pb', { with: { optimize: 'web' } })`,
      `const m = await import("./x.pb?optimize=web")`,
    ],
    [
      'const m = import( `./x.pb` , { assert: { optimize: `web`, }, } , ).then(f)',
      'const m = import( "./x.pb?optimize=web" ).then(f)',
    ],
    [
      `import m from './x.pb' with { optimize: 'fold_constants(ignore_errors=true) a+b', outputs: 'it\\'s,\\x62&c\\u{64}', inline: 'true' }`,
      `import m from "./x.pb?optimize=fold_constants(ignore_errors=true)%20a%2Bb&outputs=it's,b%26cd&inline=true"`,
    ],
    [`import m from './x.pb?outputs=a#b' with { optimize: 'web' }`, `import m from "./x.pb?outputs=a&optimize=web#b"`],
    [`import m from './x.pb?optimize' with { inline: '' }`, `import m from "./x.pb?optimize&inline"`],
    [
      `import /* with { optimize: 'no' } */ m from // './y.pb' with {}\n  './x.pb' // one\n  with /* two */ {\n    optimize: /* three */ 'web', // four\n  }\nrun()`,
      `import /* with { optimize: 'no' } */ m from // './y.pb' with {}\n  "./x.pb?optimize=web"\n\n\n\nrun()`,
    ],
    [
      `import a from './a.pb' with { optimize: 'web' }; import b from './b.pb' with { optimize: '' }; f(a, b)`,
      `import a from "./a.pb?optimize=web"; import b from "./b.pb?optimize"; f(a, b)`,
    ],
  ])('%s', (code, expected) => {
    expect(rewrite(code)).toBe(expected)
  })
})

describe('new URL becomes an import of the URL', () => {
  const imported = (...specifiers: string[]): string =>
    specifiers
      .map((specifier, at) => `\n// @ts-ignore\nimport { url as graphdefUrl${at} } from ${JSON.stringify(specifier)};`)
      .join('')

  it.each<[string, string, string[]]>([
    [`f(new URL('./x.pb?optimize=web', import.meta.url))`, 'f(new URL(graphdefUrl0))', ['./x.pb?optimize=web']],
    ['new URL(`./x.pb?optimize`, import.meta.url).href', 'new URL(graphdefUrl0).href', ['./x.pb?optimize']],
    [
      `new URL(\n  /* a */ "../x.pb?optimize", // b\n  import . meta\n    .url, // c\n).href`,
      `new URL(\n  /* a */ graphdefUrl0\n\n, // c\n).href`,
      ['../x.pb?optimize'],
    ],
    [
      `[new URL('./a.pb?optimize', import.meta.url), new URL('./b.pb?optimize', import.meta.url), new URL('./a.pb?optimize', import.meta.url)]`,
      '[new URL(graphdefUrl0), new URL(graphdefUrl1), new URL(graphdefUrl0)]',
      ['./a.pb?optimize', './b.pb?optimize'],
    ],
    [`new URL('x.pb?optimize', import.meta.url)`, 'new URL(graphdefUrl0)', ['./x.pb?optimize']],
    [`new URL('@/x.pb?optimize', import.meta.url)`, 'new URL(graphdefUrl0)', ['@/x.pb?optimize']],
    [`new URL('/src/x.pb?optimize', import.meta.url)`, 'new URL(graphdefUrl0)', ['/src/x.pb?optimize']],
    [`\`\${new URL("./x.pb?optimize", import.meta.url)} x\``, `\`\${new URL(graphdefUrl0)} x\``, ['./x.pb?optimize']],
    [
      `'use client'\nexport const u = new URL('./x.pb?optimize', import.meta.url) // last`,
      `'use client'\nexport const u = new URL(graphdefUrl0) // last`,
      ['./x.pb?optimize'],
    ],
  ])('%s', (code, expected, specifiers) => {
    expect(rewrite(code)).toBe(`${expected}${imported(...specifiers)}\n`)
  })

  it('keeps the base where the URL of the host starts from it', () => {
    const code = `new URL('./x.pb?optimize', import.meta.url)`
    expect(rewrite(code, '/app/main.ts', 'import.meta.url')).toBe(
      `new URL(graphdefUrl0, import.meta.url)${imported('./x.pb?optimize')}\n`,
    )
  })

  it('takes a name that the module does not have', () => {
    const code = `const graphdefUrl0 = 1; new URL('./x.pb?optimize', import.meta.url)`
    expect(rewrite(code)).toContain('import { url as _graphdefUrl0 } from "./x.pb?optimize"')
  })
})

describe('is left as it is', () => {
  it.each([
    // Not a reference to a model of ours.
    `import m from './x.pb'`,
    `import m from './x.pb' with { type: 'bytes' }`,
    `import m from './x.pb' with {}`,
    `import m from './x.json' with { optimize: 'web', type: 'json' } // .pb`,
    `import m from './x.pb' with { mode: 'web' }`,
    `import m from './x.pb?url' with { type: 'text' }`,
    `import type { A } from './x.pb' with { optimize: 'web' }`,
    `import type from from './x.pb' with { optimize: 'web' }`,
    `export type { A } from './x.pb' with { optimize: 'web' }`,
    `loader.import('./x.pb', { with: { optimize: 'web' } })`,
    `import('./x.pb', options)`,
    `import('./x.pb', { with: attributes })`,
    `import('./' + name + '.pb', { with: { optimize: 'web' } })`,
    `import('./x.pb', { with: { optimize: 'web' }, ...more })`,
    `new URL('./x.pb', import.meta.url)`,
    `new URL('./x.pb?url', import.meta.url)`,
    `new URL('./x.pb?inline', import.meta.url)`,
    `new URL('./x.txt?optimize=.pb', import.meta.url)`,
    `new URL('./x.pb?optimize', document.baseURI, import.meta.url)`,
    `new URL('./x.pb?optimize', import.meta.url + '/')`,
    `new URL('./x.pb?optimize', import.meta.url, 1)`,
    `new Url('./x.pb?optimize', import.meta.url)`,
    `URL('./x.pb?optimize', import.meta.url)`,
    `new URL(\`./\${name}.pb?optimize\`, import.meta.url)`,
    `new URL('https://example.org/x.pb?optimize', import.meta.url)`,
    `new URL('//example.org/x.pb?optimize', import.meta.url)`,
    // Text that only looks like one.
    `// new URL('./x.pb?optimize', import.meta.url)`,
    `/* import m from './x.pb' with { optimize: 'web' } */`,
    `const a = "new URL('./x.pb?optimize', import.meta.url)"`,
    `const a = \`import m from './x.pb' with { optimize: 'web' } \${b} new URL('./x.pb?optimize', import.meta.url)\``,
    `const a = /new URL('./x.pb?optimize', import.meta.url)/`,
    `if (a) /'/.test(b); const c = "new URL('./x.pb?optimize', import.meta.url)" // '`,
    `const a = b / c; "new URL('./x.pb?optimize', import.meta.url)"; d / e`,
  ])('%s', (code) => {
    expect(rewrite(code)).toBeUndefined()
    expect(rewrite(code, '/app/main.jsx')).toBeUndefined()
  })
})

describe('in other languages', () => {
  const url = `new URL('./x.pb?optimize', import.meta.url)`
  const after = '\n// @ts-ignore\nimport { url as graphdefUrl0 } from "./x.pb?optimize";\n'

  it.each([
    ['a cast and an assertion', 'main.ts', `const a = <URL>${url} as unknown as string; b! / 2`],
    [
      'type arguments',
      'main.mts',
      `function f<T extends string = 'it'>(a: Map<T, T[]>): asserts a is A { g<T>(${url}) }`,
    ],
    [
      'decorators and parameters of constructors',
      'main.ts',
      `@a() class B { constructor(private readonly u = ${url}) {} }`,
    ],
    [
      'text of JSX with quotes',
      'main.jsx',
      `const a = <p title='it"s'>it's \`{${url}.href}\` new URL('./x.pb?optimize', import.meta.url)</p>`,
    ],
    ['JSX in JSX in a hole', 'main.js', `const a = <a>{b ? <b c={${url}}>don't</b> : <></>}</a>; const d = "it's"`],
    [
      'type parameters of an arrow',
      'main.tsx',
      `const f = <T,>(a: T) => { return a }; const g = <const T extends A<B>>(a: T) => <p>{a}</p>\nf(${url})`,
    ],
    [
      'a type of a function',
      'main.tsx',
      `type F = <T>(a: T) => void; interface G { <T>(a: T): void }\nconst a = <p>it's</p>; f(${url})`,
    ],
    [
      'type arguments of an element',
      'main.tsx',
      `const a = <Row<Map<string, User>> title='it"s'>it's {${url}.href}</Row>; f(a)`,
    ],
  ])('finds it beside %s', (_, name, code) => {
    const rewritten = rewrite(code, `/app/${name}`)!
    expect(rewritten.endsWith(after)).toBe(true)
    expect(rewritten.slice(0, -after.length)).toBe(code.replace(url, 'new URL(graphdefUrl0)'))
  })

  it('reads the scripts of components, and nothing else of them', () => {
    const component = (inner: string, setup: string): string => `<!-- <script>${url}</script> -->
<script lang="ts">${inner}</script>
<script setup lang='tsx' generic="T extends A<B>">
import m from ${setup}
const a = <p>it's</p>
</script>
<template><p>it's ${url}</p></template>
<style>a { background: url('./x.pb?optimize') } /* import.meta.url */</style>
`
    const code = component(`\nexport const u = ${url}\n`, `'./x.pb' with { optimize: 'web' }`)
    const expected = component(`\nexport const u = new URL(graphdefUrl0)\n${after}`, `"./x.pb?optimize=web"`)
    expect(rewrite(code, '/app/App.vue')).toBe(expected)
    expect(rewrite(code, '/app/App.svelte')).toBe(expected)
    expect(rewrite(`const u: URL = ${url}`, '/app/App.vue?vue&type=script&setup=true&lang.ts')).toContain(
      'graphdefUrl0',
    )
    expect(rewrite(code, '/app/App.vue?vue&type=style&index=0&lang.css')).toBe(expected)
    expect(rewrite(`<script lang="coffee">${url}</script>`, '/app/App.vue')).toBeUndefined()
    expect(rewrite(url, '/app/page.md')).toBeUndefined()
  })

  it('names two URLs in two scripts apart, which become one module', () => {
    const code = `<script>export default ${url}</script><script setup>const u = ${url}</script>`
    expect(rewrite(code, '/app/App.vue')!.match(/url as \w+/g)).toEqual(['url as graphdefUrl0', 'url as graphdefUrl1'])
  })
})

describe('an attribute that cannot be meant', () => {
  const failure = (code: string): GraphdefError => {
    try {
      rewrite(code)
    } catch (error) {
      return error as GraphdefError
    }
    throw new Error('nothing was thrown')
  }

  it('is told where it alone stands and is nearly a key', () => {
    const { code, message } = failure(`import m from './x.pb' with { output: 'y' }`)
    expect(code).toBe('unknown-query')
    expect(message).toContain('the import\'s query has no key "output"')
    expect(message).toContain("import: './x.pb' with { output: 'y' }")
    expect(message).toContain('did you mean "outputs"?')
  })

  it('is told where its value is not there when the app is built', () => {
    const { code, message } = failure(`import('./x.pb', { with: { optimize: chain } })`)
    expect(code).toBe('bad-query')
    expect(message).toBe(
      'the import attribute "optimize" is not a string that can be read when the app is built\n' +
        '  import: ./x.pb\n' +
        '  Write the text itself, or give the request in the query: ./x.pb?optimize=…',
    )
  })
})
