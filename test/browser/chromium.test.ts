import { describe, expect, it } from 'vitest'
import { findChromium, type Machine, provideChromium } from './chromium.js'

/** A machine with these files; `install` is what happens to them when a command runs. */
function machine(
  files: readonly string[],
  given: Partial<Machine> & { install?: (line: string, files: Set<string>) => number } = {},
): Machine & { lines: string[]; commands: string[] } {
  const { install, ...rest } = given
  const there = new Set(files)
  const lines: string[] = []
  const commands: string[] = []
  return {
    platform: 'linux',
    variables: { PATH: '/usr/local/bin:/usr/bin' },
    root: false,
    playwrightPath: '/cache/playwright/chrome',
    exists: (path) => there.has(path),
    run(command, args) {
      const line = [command.split('/').at(-1), ...args.map((arg) => arg.split('/').at(-1))].join(' ')
      commands.push(line)
      const status = install?.(line, there) ?? 1
      return { status, output: status === 0 ? '' : 'Reading lists...\nE: no network\n' }
    },
    say: (line) => lines.push(line),
    lines,
    commands,
    ...rest,
  }
}

describe('findChromium', () => {
  it.each<[string, string, Partial<Machine>]>([
    ['on the PATH of Linux', '/usr/bin/chromium', {}],
    ['as Chrome on the PATH', '/usr/bin/google-chrome-stable', {}],
    ['as a snap', '/snap/bin/chromium', {}],
    [
      'in the applications of macOS',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      { platform: 'darwin' },
    ],
    [
      "in a user's applications of macOS",
      '/Users/ada/Applications/Chromium.app/Contents/MacOS/Chromium',
      { platform: 'darwin', variables: { HOME: '/Users/ada' } },
    ],
    [
      'in the program files of Windows',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      { platform: 'win32', variables: { ProgramFiles: 'C:\\Program Files' } },
    ],
    [
      "in a user's own folder of Windows",
      'C:\\Users\\ada\\AppData\\Local\\Chromium\\Application\\chrome.exe',
      { platform: 'win32', variables: { LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local' } },
    ],
    ['where playwright put its own', '/cache/playwright/chrome', {}],
  ])('finds one %s', (_, path, given) => {
    expect(findChromium(machine([path], given))).toBe(path)
  })

  it('takes what CHROME_PATH names before all else', () => {
    const variables = { PATH: '/usr/bin', CHROME_PATH: '/my/chrome' }
    expect(findChromium(machine(['/usr/bin/chromium', '/my/chrome'], { variables }))).toBe('/my/chrome')
  })

  it('says so where CHROME_PATH names nothing', () => {
    const variables = { PATH: '/usr/bin', CHROME_PATH: '/my/chrome' }
    expect(() => findChromium(machine(['/usr/bin/chromium'], { variables }))).toThrow(
      'CHROME_PATH names /my/chrome, and there is no such file. Correct the variable, or unset it to have a browser found.',
    )
  })

  it('finds none on an empty machine', () => {
    expect(findChromium(machine([]))).toBeUndefined()
  })
})

describe('provideChromium', () => {
  it('installs nothing where there is one', () => {
    const here = machine(['/usr/bin/chromium', '/usr/bin/apt-get'], { root: true })
    expect(provideChromium(here)).toBe('/usr/bin/chromium')
    expect([here.commands, here.lines]).toEqual([[], []])
  })

  it("installs Debian's package as root", () => {
    const here = machine(['/usr/bin/apt-get'], {
      root: true,
      install(line, files) {
        if (line.startsWith('apt-get install')) files.add('/usr/bin/chromium')
        return 0
      },
    })
    expect(provideChromium(here)).toBe('/usr/bin/chromium')
    expect(here.commands).toEqual(['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends chromium'])
    expect(here.lines).toEqual([
      "No Chrome or Chromium here: installing Debian's package chromium. CHROME_PATH can name one instead.",
    ])
  })

  it("installs playwright's where apt-get is for root alone", () => {
    const here = machine(['/usr/bin/apt-get'], {
      install(_, files) {
        files.add('/cache/playwright/chrome')
        return 0
      },
    })
    expect(provideChromium(here)).toBe('/cache/playwright/chrome')
    expect(here.commands).toEqual([expect.stringMatching(/^node\S* cli\.js install chromium$/)])
  })

  it("goes on to playwright's where the package fails", () => {
    const here = machine(['/usr/bin/apt-get'], {
      root: true,
      install(line, files) {
        if (line.startsWith('apt-get')) return 100
        files.add('/cache/playwright/chrome')
        return 0
      },
    })
    expect(provideChromium(here)).toBe('/cache/playwright/chrome')
    expect(here.lines).toHaveLength(2)
  })

  it('says what was tried where nothing helps', () => {
    const here = machine(['/usr/bin/apt-get'], { root: true, install: (line) => (line.includes('cli.js') ? 0 : 100) })
    expect(() => provideChromium(here)).toThrow(
      [
        'The browser tests need a Chrome or Chromium: there is none, and none could be installed.',
        "  Debian's package chromium: apt-get update -qq ended with status 100: Reading lists... E: no network",
        "  playwright's Chromium: it was installed, and yet there is no browser in the usual places",
        'Install one, or set CHROME_PATH to the program.',
      ].join('\n'),
    )
  })
})
