import { writeFileSync } from 'node:fs'
import { clientDeclarations } from './type-declarations.js'

// Run by the build: `unplugin-graphdef/client` holds declarations alone, which the compiler does not copy.
writeFileSync(new URL('../client.d.ts', import.meta.url), clientDeclarations())
