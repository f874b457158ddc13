import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { encodeGraphDef, joinSlices } from '../../src/codec/graphdef.js'
import { parseGraph } from '../transforms/graph-text.js'

/** A folder of the test's own, gone when it ends. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'graphdef-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface SmallModelNames {
  input?: string
  output?: string
}

/**
 * A frozen graph: a convolution of 40 x 3 x 3 x 8 weights and softmax, an Identity to remove, a constant to fold, and a branch
 * that nothing needs. The input is computed, as `Mul` was in Inception.
 */
export function smallModel({ input = 'input', output = 'softmax' }: SmallModelNames = {}): Uint8Array {
  const weights = Array.from({ length: 3 * 3 * 8 * 40 }, (_, index) => ((index * 7919) % 1000) / 1000 - 0.5)
  const { graph } = parseGraph(`
picture = Placeholder[dtype=float, shape=shape[1,16,16,8]]()
half = Const[dtype=float, value=float[]{0.5}]()
third = Const[dtype=float, value=float[]{0.25}]()
factor = Add[T=float](half, third)
${input} = Mul[T=float](picture, factor)
kernel = Const[dtype=float, value=float[3,3,8,40]{${weights.join(', ')}}]()
kernel/read = Identity[T=float](kernel)
conv = Conv2D[T=float, strides=[1, 1, 1, 1], padding="SAME"](${input}, kernel/read)
scale = Const[dtype=float, value=float[40]<1.5>]()
scaled = Mul[T=float](conv, scale)
${output} = Softmax[T=float](scaled)
left = Neg[T=float](conv)
`)
  return joinSlices(encodeGraphDef(graph).list)
}

/** Writes a small model into a folder. */
export function writeSmallModel(folder: string, name: string, names?: SmallModelNames): string {
  const file = join(folder, name)
  writeFileSync(file, smallModel(names))
  return file
}
