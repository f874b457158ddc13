// Runs against-the-tool.ts, which is TypeScript, without a build: npm run fuzz -- [--graphs 2000] [--seed 1] [TRANSFORM ...]
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const { module } = await runnerImport(fileURLToPath(new URL('against-the-tool.ts', import.meta.url)), {
  configFile: false,
})
process.exitCode = await module.main(process.argv.slice(2))
