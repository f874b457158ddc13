#!/usr/bin/env node
import { runCommandLine } from './command-line.js'

// Whoever reads our output may stop early, as head does: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await runCommandLine(process.argv.slice(2), process)
