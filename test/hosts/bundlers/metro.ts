import { renameSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { vi } from 'vitest'
import { pageWith } from '../app.js'
import { type BuildRequest, type Bundler, pluginLines } from '../bundler.js'
import { bundle, type Config, type MetroRequest, serve, withoutReactNative } from '../metro-app.js'

type Next = () => void

/** The configuration of an app that is a page, deployed under the base. */
function metroRequest({ base, options, rule }: BuildRequest, server: Config = {}): MetroRequest {
  return {
    ...(options ? { options } : {}),
    workers: 1,
    change(given) {
      const config = withoutReactNative(given)
      return {
        ...config,
        resolver: { ...config.resolver, ...(rule ? { assetExts: [...config.resolver.assetExts, 'pb'] } : {}) },
        transformer: { ...config.transformer, publicPath: `${base}assets` },
        server: { ...config.server, ...server },
      }
    },
  }
}

/** Loads the bundle, and again when Metro has a newer one; shows the errors that Metro sends. */
const loader = `<pre id="error"></pre><script>
const bundle = new URL('/src/main.bundle?platform=web&dev=true&minify=false', location)
const show = (error) => { document.querySelector('#error').textContent = error }
async function start() {
  // Metro tells bundles apart by the second in which they were made.
  const response = await fetch(bundle, { cache: 'no-store' })
  if (!response.ok) {
    show((await response.json()).message)
    return setTimeout(start, 200)
  }
  show('')
  const script = document.createElement('script')
  const text = await response.text()
  script.textContent = text
  document.body.append(script)
  const socket = new WebSocket(new URL('/hot', location.origin.replace('http', 'ws')))
  socket.onopen = () => socket.send(JSON.stringify({ type: 'register-entrypoints', entryPoints: [bundle.href] }))
  socket.onmessage = async ({ data }) => {
    const { type, body } = JSON.parse(data)
    // What changed before Metro knew of this page it does not tell.
    if (type === 'bundle-registered') {
      const now = await fetch(bundle, { cache: 'no-store' })
      if (now.ok && (await now.text()) !== text) location.reload()
    }
    if (type === 'error') show(body.message)
    if (type === 'update' && body.added.length + body.modified.length > 0) location.reload()
  }
}
start()
</script>`

export const metroBundler: Bundler = {
  async build(request) {
    const { project, output, base } = request
    const printed: string[] = []
    const spies = [
      vi.spyOn(console, 'error').mockImplementation((text) => void printed.push(text)),
      vi.spyOn(console, 'info').mockImplementation(() => {}),
      vi.spyOn(console, 'log').mockImplementation(() => {}),
    ]
    const entry = output === 'node' ? 'main.cjs' : 'main.js'
    try {
      await bundle(project, 'web', metroRequest(request))
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    const dist = join(project.root, 'dist')
    renameSync(join(dist, 'main.js'), join(dist, entry))
    renameSync(join(dist, 'assets-of-app', base, 'assets'), join(dist, 'assets'))
    rmSync(join(dist, 'assets-of-app'), { recursive: true })
    const ids = project
      .list('.graphdef')
      .filter((name) => !name.startsWith('.'))
      .map((name) => /unplugin-graphdef: (.*)/.exec(project.read(`.graphdef/${name}/index.js`).toString())![1]!)
    return { entry, ids: ids.map((id) => `${project.root}/${id}`), lines: pluginLines(printed) }
  },
  async watch() {
    throw new Error('Metro builds once, or serves')
  },
  async serve(request) {
    const { project, base } = request
    // In a script, which Metro makes, there is no import.meta.
    project.write('src/main.js', project.read('src/main.js').toString().replaceAll('import.meta.', '({}).'))
    // A middleware of the user's own, as those that serve a page beside Metro's bundles.
    const enhanceMiddleware =
      (metro: (request: IncomingMessage, response: ServerResponse, next: Next) => void) =>
      (asked: IncomingMessage, response: ServerResponse, next: Next) => {
        if (asked.url !== base) return metro(asked, response, next)
        response.setHeader('Content-Type', 'text/html').end(pageWith(loader))
      }
    const spy = vi.spyOn(console, 'error').mockImplementation(() => {})
    const server = await serve(project, metroRequest(request, { enhanceMiddleware }))
    return {
      url: `${server.url.slice(0, -1)}${base}`,
      hot: false,
      shownError: async (page) => (await page.textContent('#error')) ?? '',
      async close() {
        spy.mockRestore()
        await server.close()
      },
    }
  },
}
