import type { UnpluginOptions } from 'unplugin'
import type { Host } from './host.js'
import { rolldownHost, rollupHost } from './hosts/rollup.js'
import { viteHost } from './hosts/vite.js'
import { rspackHost, webpackHost } from './hosts/webpack.js'
import type { ModelImports } from './model-imports.js'

export type HostName = 'vite' | 'rollup' | 'rolldown' | 'webpack' | 'rspack'

/**
 * How each host is told to emit a model from its file in the cache. `self` gives the plugin itself. esbuild, whose hooks are
 * others, has its own in hosts/esbuild.ts.
 */
export const hosts: Readonly<Record<HostName, (imports: ModelImports, self: () => UnpluginOptions) => Host>> = {
  /** Imports the file with `?url&no-inline`; the dev server serves it under a path of the plugin's own. */
  vite: viteHost,
  /** Emits the file's bytes, which is Rollup's only way. */
  rollup: rollupHost,
  /** As Rollup. */
  rolldown: rolldownHost,
  /** Names the file in `new URL('-!…', import.meta.url)`, under a rule that makes what lies in the cache an asset. */
  webpack: webpackHost,
  /** As webpack. */
  rspack: rspackHost,
}
