import type { Plugin } from 'rollup'
import { createRollupPlugin, type UnpluginFactory } from 'unplugin'
import { factory } from './plugin/factory.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

/** The plugin for Rollup 4: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => Plugin = createRollupPlugin(factory as UnpluginFactory<Options | undefined>) as (
  options?: Options,
) => Plugin

export default graphdef
// What `require` gives, for a configuration that is no ES module.
export { graphdef as 'module.exports' }
