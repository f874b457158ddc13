import type { RspackPluginInstance } from '@rspack/core'
import { createRspackPlugin, type UnpluginFactory } from 'unplugin'
import { factory } from './plugin/factory.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

/** The plugin for Rspack 2: `plugins: [graphdef()]`. */
const graphdef: (options?: Options) => RspackPluginInstance = createRspackPlugin(
  factory as UnpluginFactory<Options | undefined>,
) as (options?: Options) => RspackPluginInstance

export default graphdef
