import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { parseGraph } from '../transforms/graph-text.js'

/** Writes a graph, given as text, into a folder. */
export function writeGraph(folder: string, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, joinSlices(encodeGraphDef(parseGraph(text).graph).list))
  return file
}
