export { type BuildEntry, type Config, defineConfig, type RequestKeys } from './build/config.js'
