import { createWebpackPlugin, type UnpluginFactory } from 'unplugin'
import type { WebpackPluginInstance } from 'webpack'
import { factory } from './plugin/factory.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

/** The plugin for webpack 5: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => WebpackPluginInstance = createWebpackPlugin(
  factory as UnpluginFactory<Options | undefined>,
) as (options?: Options) => WebpackPluginInstance

export default graphdef
