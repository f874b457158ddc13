import { createRequire } from 'node:module'

/** The package's version, from its package.json, which the package finds by its own name wherever the code ends up. */
export const version: string = (createRequire(import.meta.url)('unplugin-graphdef/package.json') as { version: string })
  .version
