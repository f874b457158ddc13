import graphdef from 'unplugin-graphdef/vite'
import { defineConfig, type UserConfig } from 'vite'

const config: UserConfig = defineConfig({
  plugins: [graphdef()],
  // The whole of TensorFlow.js: an app that minds would take the parts it needs.
  build: { chunkSizeWarningLimit: 2500 },
})

export default config
