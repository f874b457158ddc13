import { afterEach, describe, expect, it, vi } from 'vitest'
import { StreamTerminal } from '../../src/cli/stream-terminal.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** What a terminal writes to standard error while it shows two steps and wipes them. */
function shown({ isTTY, ci }: { isTTY: boolean; ci: string }): string {
  vi.stubEnv('CI', ci)
  let written = ''
  const terminal = new StreamTerminal({
    stdout: { write: () => {} },
    stderr: { isTTY, write: (text) => (written += text) },
  })
  terminal.progress('')
  terminal.progress('1/2 fold_constants …')
  terminal.progress('2/2 b …')
  terminal.progress('')
  return written
}

describe('StreamTerminal', () => {
  it('prints lines', () => {
    let written = ''
    const terminal = new StreamTerminal({
      stdout: { write: (text) => (written += text) },
      stderr: { write: () => {} },
    })
    terminal.print('a')
    terminal.print('b')
    expect(written).toBe('a\nb\n')
  })

  it('prints errors in the place of the progress', () => {
    vi.stubEnv('CI', '')
    let written = ''
    const stderr = { isTTY: true, write: (text: string) => (written += text) }
    const terminal = new StreamTerminal({ stdout: { write: () => {} }, stderr })
    terminal.progress('1/2 …')
    terminal.printError('wrong')
    expect(written).toBe(`\r1/2 …\r${' '.repeat(5)}\rwrong\n`)
  })

  it('shows progress in place, and wipes it', () => {
    expect(shown({ isTTY: true, ci: '' })).toBe(`\r1/2 fold_constants …\r2/2 b …${' '.repeat(13)}\r${' '.repeat(7)}\r`)
  })

  it('stays quiet where nobody watches', () => {
    expect(shown({ isTTY: false, ci: '' })).toBe('')
    expect(shown({ isTTY: true, ci: 'true' })).toBe('')
  })
})
