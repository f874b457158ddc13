import { describe, expect, it } from 'vitest'
import { rewriteModelReferences } from '../../src/plugin/rewrite-model-references.js'

const rewrite = (code: string, id = '/app/main.ts', urlBase?: string): string | undefined =>
  rewriteModelReferences(code, id, urlBase)?.code

describe('import attributes become the query', () => {
  it.each<[string, string]>([
    [`import m from './x.pb' with { optimize: 'deploy' }`, `import m from "./x.pb?optimize=deploy"`],
    [`import m from "./x.pb" assert { optimize: "deploy" };`, `import m from "./x.pb?optimize=deploy";`],
    [`import './x.pb' with { 'optimize': '' }`, `import "./x.pb?optimize"`],
    [`import * as m from '@/x.pb.gz' with { format: 'memmapped', }`, `import * as m from "@/x.pb.gz?format=memmapped"`],
    [`import { url, type inputs } from 'pkg/x.pbtxt' with { optimize: 'web' }`, `import { url, type inputs } from "pkg/x.pbtxt?optimize=web"`],
    [`import type from './x.pb' with { optimize: 'web' }`, `import type from "./x.pb?optimize=web"`],
    [`import type, { url } from './x.pb' with { optimize: 'web' }`, `import type, { url } from "./x.pb?optimize=web"`],
    [`export { default as m } from './x.pb' with { optimize: 'web' }`, `export { default as m } from "./x.pb?optimize=web"`],
    [`export * from './x.pb' with { optimize: 'web' }`, `export * from "./x.pb?optimize=web"`],
    [`const m = await import('./x.pb', { with: { optimize: 'web' } })`, `const m = await import("./x.pb?optimize=web")`],
    ['const m = import( `./x.pb` , { assert: { optimize: `web`, }, } , ).then(f)', 'const m = import( "./x.pb?optimize=web" ).then(f)'],
    [
      `import m from './x.pb' with { optimize: 'fold_constants(ignore_errors=true) a+b', outputs: 'it\\'s,\\x62&c\\u{64}', inline: 'true' }`,
      `import m from "./x.pb?optimize=fold_constants(ignore_errors=true)%20a%2Bb&outputs=it's,b%26cd&inline=true"`,
    ],
    [`import m from './x.pb?outputs=a#b' with { optimize: 'web' }`, `import m from "./x.pb?outputs=a&optimize=web#b"`],
    [`import m from './x.pb?optimize' with { inline: '' }`, `import m from "./x.pb?optimize&inline"`],
    [
      `import /* with { optimize: 'no' } */ m from // './y.pb' with {}\n  './x.pb' // one\n  with /* two */ {\n    optimize: /* three */ 'web', // four\n  }\nrun()`,
      `import /* with { optimize: 'no' } */ m from // './y.pb' with {}\n  "./x.pb?optimize=web"\nrun()`,
    ],
    [
      `import a from './a.pb' with { optimize: 'web' }; import b from './b.pb' with { optimize: '' }; f(a, b)`,
      `import a from "./a.pb?optimize=web"; import b from "./b.pb?optimize"; f(a, b)`,
    ],
  ])('%s', (code, expected) => {
    expect(rewrite(code)).toBe(expected)
  })
})
