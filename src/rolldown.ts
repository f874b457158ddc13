import type { Plugin } from 'rolldown'
import { createRolldownPlugin, type UnpluginFactory } from 'unplugin'
import { factory } from './plugin/factory.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

/** The plugin for Rolldown 1: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => Plugin = createRolldownPlugin(
  factory as UnpluginFactory<Options | undefined>,
) as (options?: Options) => Plugin

export default graphdef
// What `require` gives, for a configuration that is no ES module.
export { graphdef as 'module.exports' }
