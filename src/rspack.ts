import type { RspackPluginInstance } from '@rspack/core'
import { createRspackPlugin, type UnpluginFactory } from 'unplugin'
import { factory } from './plugin/factory.js'
import { inPlainContext } from './plugin/hosts/webpack.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

const create = createRspackPlugin(factory as UnpluginFactory<Options | undefined>)

/** The plugin for Rspack 2: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => RspackPluginInstance = (options) =>
  inPlainContext(create(options) as RspackPluginInstance)

export default graphdef
// What `require` gives, for a configuration that is no ES module.
export { graphdef as 'module.exports' }
