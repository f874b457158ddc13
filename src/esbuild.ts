import type { Plugin } from 'esbuild'
import { setUpEsbuild } from './plugin/hosts/esbuild.js'
import type { Options } from './plugin/options.js'

export type { Options } from './plugin/options.js'

/** The plugin for esbuild: `plugins: [graphdef()]`, before others that take `.pb` files. */
const graphdef: (options?: Options) => Plugin = (options = {}) => ({
  name: 'graphdef',
  setup: (build) => setUpEsbuild(build, options),
})

export default graphdef
// What `require` gives, for a configuration that is no ES module.
export { graphdef as 'module.exports' }
