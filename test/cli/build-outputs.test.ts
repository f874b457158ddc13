import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium, launchTimeout } from '../browser/chromium.js'
import { serveStatic } from '../browser/static-server.js'
import { openWatched } from '../browser/watched-page.js'
import { makeProject, type Project } from '../plugin/project.js'
import { main, needBuild, runGraphdef } from './command.js'
import { smallModel } from './small-model.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const query = '?optimize=deploy&outputs=softmax'

let project: Project
beforeAll(() => {
  needBuild()
  project = makeProject({ 'package.json': '{ "type": "module" }', 'models/a.pb': smallModel() })
  const { status, stderr } = runGraphdef(project.root, 'build', `models/a.pb${query}`, '--out-dir=site/models')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
afterAll(() => project?.remove())

/** Fetches the model that a module names, as text of a module: logs its size and SHA-256 beside those of the module. */
const digest = (read: string): string => `
import model, { url } from './models/a.js'
const bytes = ${read}
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
const right = model.url === url && bytes.byteLength === model.bytes && sha256 === model.sha256
`

describe('the files that graphdef build writes', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  }, launchTimeout)
  afterAll(() => browser?.close())

  it('work in a plain page, deployed in a sub-folder', async () => {
    project.write(
      'site/index.html',
      `<!doctype html><link rel="icon" href="data:,"><p></p><script type="module" src="./main.js"></script>`,
    )
    const show = "document.querySelector('p').textContent = 'right: ' + right + ', ' + new URL(url).pathname"
    project.write('site/main.js', digest('await (await fetch(url)).arrayBuffer()') + show)
    const server = await serveStatic(join(project.root, 'site'), '/deep/', "default-src 'self'; img-src data:")
    try {
      const { page, complaints } = await openWatched(browser, server.url)
      await page.getByText('right').waitFor()
      expect(await page.locator('p').textContent()).toMatch(/^right: true, \/deep\/models\/a-[0-9a-f]{8}\.pb$/)
      expect(complaints).toEqual([])
    } finally {
      await server.close()
    }
  })

  it('work in Node', () => {
    project.write(
      'site/node.js',
      `import { readFile } from 'node:fs/promises'\n${digest('await readFile(new URL(url))')}console.log(right)`,
    )
    const { stdout, stderr } = spawnSync(process.execPath, ['site/node.js'], { cwd: project.root, encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
  })

  it.each([
    ['bundler', 'esnext'],
    ['nodenext', 'nodenext'],
  ])('have exact types, to the real tsc with moduleResolution %s', (moduleResolution, module) => {
    mkdirSync(join(project.root, 'node_modules'), { recursive: true })
    if (!project.list('node_modules').includes('unplugin-graphdef')) {
      symlinkSync(repository, join(project.root, 'node_modules/unplugin-graphdef'), 'junction')
    }
    project.write(
      'site/main.ts',
      `
import { load, type TfLike } from 'unplugin-graphdef/runtime'
import model, { inputs, outputs, url } from './models/a.js'
declare const tf: TfLike
const shape: readonly [1, 16, 16, 8] = model.inputs.picture.shape
const dtype: 'float32' = inputs.picture.dtype
const name: 'softmax' = outputs.softmax.name
const loaded = await load(model, { tf })
export const { softmax } = await loaded.run({ picture: new Float32Array(3) })
export const all: unknown[] = [shape, dtype, name, url satisfies string]
// @ts-expect-error no such input
export const input = model.inputs.picutre
// @ts-expect-error another name
export const other: 'max' = outputs.softmax.name
`,
    )
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: true, types: [], target: 'es2022', lib: ['es2022', 'dom'] },
      ...{ module, moduleResolution },
    }
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['site/main.ts', 'site/models/a.d.ts'] }))
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    const given = [tsc, '-p', project.root, '--pretty', 'false']
    const { status, stdout } = spawnSync(process.execPath, given, { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })

  it.skipIf(spawnSync('make', ['--version']).error)('let make leave alone what depends on them', () => {
    const graphdef = `'${process.execPath}' '${main}'`
    project.write(
      'Makefile',
      [
        'app.txt: made/a.js',
        '\techo app is built; touch $@',
        'made/a.js: FORCE',
        `\t${graphdef} build 'models/a.pb?optimize=deploy' --out-dir=made --no-hash`,
        'FORCE:',
        '',
      ].join('\n'),
    )
    const make = (): boolean => {
      const { status, stdout } = spawnSync('make', ['-s'], { cwd: project.root, encoding: 'utf8' })
      expect(status).toBe(0)
      expect(stdout).toMatch(/^graphdef {2}models\/a\.pb/)
      return stdout.includes('app is built')
    }
    expect(make()).toBe(true)
    expect(make()).toBe(false)
    project.write('models/a.pb', smallModel({ output: 'answer' }))
    expect(make()).toBe(true)
  })
})
