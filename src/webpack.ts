import { createWebpackPlugin, type UnpluginFactory } from 'unplugin'
import type { WebpackPluginInstance } from 'webpack'
import { factory } from './plugin/factory.js'
import { inPlainContext } from './plugin/hosts/webpack.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

const create = createWebpackPlugin(factory as UnpluginFactory<Options | undefined>)

/** The plugin for webpack 5: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => WebpackPluginInstance = (options) =>
  inPlainContext(create(options) as WebpackPluginInstance)

export default graphdef
// What `require` gives, for a configuration that is no ES module.
export { graphdef as 'module.exports' }
