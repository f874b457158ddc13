import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../src', import.meta.url))

/** The layers in reading order: a module may import what stands above it, and its own layer. */
const layers = [
  'version.ts',
  'errors.ts',
  'graph',
  'simd',
  'codec',
  'ops',
  'kernels',
  'transforms',
  'chain',
  'manifest',
  'disk',
  'optimize.ts',
  'report',
  'cache',
  'plugin',
  'build',
  'config.ts',
  'cli',
  'vite.ts',
  'rollup.ts',
  'rolldown.ts',
  'webpack.ts',
  'rspack.ts',
  'esbuild.ts',
  'metro.ts',
  'index.ts',
]

/** Why an arrow that points down is right all the same. */
const exceptions: Record<string, string> = {}

interface Arrow {
  from: string
  to: string
  typeOnly: boolean
}

function arrowsOf(file: string, text: string): Arrow[] {
  const arrows: Arrow[] = []
  const pattern = /^\s*(?:import|export)\s+(type\s)?[^'"]*?from\s+['"](\.[^'"]+)['"]|import\((['"])(\.[^'"]+)\3\)/gm
  for (const found of text.matchAll(pattern)) {
    const target = resolve(dirname(join(source, file)), (found[2] ?? found[4])!.replace(/\.js$/, '.ts'))
    arrows.push({ from: file, to: relative(source, target).replaceAll('\\', '/'), typeOnly: Boolean(found[1]) })
  }
  return arrows
}

const layerOf = (file: string): string => (file.includes('/') ? file.split('/')[0]! : file)

/** The arrows that point down, or out of the runtime to anything but types. */
function wrongArrows(arrows: readonly Arrow[]): string[] {
  return arrows
    .filter(({ from, to, typeOnly }) => {
      const [a, b] = [layerOf(from), layerOf(to)]
      if (`${from} -> ${to}` in exceptions) return false
      if (a === b) return false
      if (a === 'runtime') return !typeOnly
      if (b === 'runtime') return true
      // A type is not a dependency at run time: data that travels up may name where it is made.
      if (typeOnly) return !layers.includes(b)
      return layers.indexOf(b) < 0 || layers.indexOf(b) > layers.indexOf(a)
    })
    .map(({ from, to }) => `${from} -> ${to}`)
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))

describe('the layers', () => {
  it('are all named here', () => {
    expect([...new Set(files.map(layerOf))].filter((layer) => layer !== 'runtime' && !layers.includes(layer))).toEqual(
      [],
    )
  })

  it('are joined by arrows that point up only', () => {
    const arrows = files.flatMap((file) => arrowsOf(file, readFileSync(join(source, file), 'utf8')))
    expect(arrows.length).toBeGreaterThan(50)
    expect(wrongArrows(arrows)).toEqual([])
  })

  it('would be told apart if they were not', () => {
    const text =
      "import { a } from '../plugin/factory.js'\nimport type { B } from '../nowhere/b.js'\nconst c = import('../cli/main.js')"
    expect(wrongArrows(arrowsOf('graph/graph.ts', text))).toEqual([
      'graph/graph.ts -> plugin/factory.ts',
      'graph/graph.ts -> nowhere/b.ts',
      'graph/graph.ts -> cli/main.ts',
    ])
    expect(wrongArrows(arrowsOf('runtime/load.ts', "import { a } from '../codec/wire.js'"))).toHaveLength(1)
  })
})
