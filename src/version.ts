import { readFileSync } from 'node:fs'

/** The package's version, from its package.json, which lies one folder up from the sources and from what is built of them. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version
