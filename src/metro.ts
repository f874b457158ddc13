export type { MetroOptions } from './plugin/metro/metro-options.js'
export { type GivenConfig, withGraphdef } from './plugin/metro/with-graphdef.js'
