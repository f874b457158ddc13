import { createVitePlugin, type UnpluginFactory } from 'unplugin'
import type { Plugin } from 'vite'
import { factory } from './plugin/factory.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

/** The plugin for Vite 6, 7 and 8: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => Plugin = createVitePlugin(factory as UnpluginFactory<Options | undefined>) as (
  options?: Options,
) => Plugin

export default graphdef
// What `require` gives, for a configuration that is no ES module.
export { graphdef as 'module.exports' }
