import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix, win32 } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** The machine as the search sees it; a test gives another one. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly root: boolean
  /** Where playwright keeps the browser that it installs. */
  readonly playwrightPath: string
  exists(path: string): boolean
  /** Runs a command to its end; `output` is what it printed. */
  run(command: string, args: readonly string[]): { status: number | null; output: string }
  say(line: string): void
}

const linuxNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const linuxPlaces = ['/opt/google/chrome/chrome', '/snap/bin/chromium', '/usr/lib/chromium/chromium']
const macPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const windowsPlaces = ['Google\\Chrome\\Application\\chrome.exe', 'Chromium\\Application\\chrome.exe']

/**
 * The path of a Chrome or Chromium: what CHROME_PATH names, else one in the usual places, else the one that playwright
 * installed. Undefined where there is none.
 *
 * @throws Error where CHROME_PATH names a file that isn't there
 */
export function findChromium(machine: Machine): string | undefined {
  const named = machine.variables.CHROME_PATH
  if (!named) return [...usualPlaces(machine), machine.playwrightPath].find((path) => machine.exists(path))
  if (machine.exists(named)) return named
  throw new Error(
    `CHROME_PATH names ${named}, and there is no such file. Correct the variable, or unset it to have a browser found.`,
  )
}

function usualPlaces({ platform, variables }: Machine): string[] {
  if (platform === 'win32') {
    const roots = [variables.ProgramFiles, variables['ProgramFiles(x86)'], variables.LOCALAPPDATA]
    return roots.flatMap((root) => (root ? windowsPlaces.map((place) => win32.join(root, place)) : []))
  }
  if (platform === 'darwin') {
    return [...macPlaces, ...(variables.HOME ? macPlaces.map((place) => posix.join(variables.HOME!, place)) : [])]
  }
  const folders = (variables.PATH ?? '').split(':').filter(Boolean)
  return [...linuxNames.flatMap((name) => folders.map((folder) => posix.join(folder, name))), ...linuxPlaces]
}

/**
 * The path of a Chrome or Chromium, which is installed where there is none: Debian's package where that is possible, else
 * playwright's own build.
 *
 * @throws Error that says what was tried, with what came of it
 */
export function provideChromium(machine: Machine): string {
  const present = findChromium(machine)
  if (present) return present
  const tried: string[] = []
  for (const { name, commands } of installers(machine)) {
    machine.say(`No Chrome or Chromium here: installing ${name}. CHROME_PATH can name one instead.`)
    const failure = firstFailure(machine, commands)
    const installed = findChromium(machine)
    if (installed) return installed
    tried.push(`${name}: ${failure ?? 'it was installed, and yet there is no browser in the usual places'}`)
  }
  throw new Error(
    [
      'The browser tests need a Chrome or Chromium: there is none, and none could be installed.',
      ...tried.map((line) => `  ${line}`),
      'Install one, or set CHROME_PATH to the program.',
    ].join('\n'),
  )
}

type Command = readonly [command: string, ...args: string[]]

function installers({ platform, root, variables, exists }: Machine): { name: string; commands: Command[] }[] {
  const hasApt = (variables.PATH ?? '').split(':').some((folder) => exists(posix.join(folder, 'apt-get')))
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js')
  return [
    ...(platform === 'linux' && root && hasApt
      ? [
          {
            name: "Debian's package chromium",
            commands: [
              ['apt-get', 'update', '-qq'],
              ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium'],
            ] satisfies Command[],
          },
        ]
      : []),
    { name: "playwright's Chromium", commands: [[process.execPath, cli, 'install', 'chromium']] },
  ]
}

/** Runs commands up to the first that fails: that one, and the end of what it said. */
function firstFailure(machine: Machine, commands: readonly Command[]): string | undefined {
  for (const [command, ...args] of commands) {
    const { status, output } = machine.run(command, args)
    if (status === 0) continue
    const end = output.trim().split('\n').slice(-3).join(' ').trim()
    return `${[posix.basename(command), ...args].join(' ')} ended with status ${status}${end && `: ${end}`}`
  }
  return undefined
}

const thisMachine: Machine = {
  platform: process.platform,
  variables: process.env,
  root: process.getuid?.() === 0,
  get playwrightPath() {
    return chromium.executablePath()
  },
  exists: existsSync,
  run(command, args) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env })
    return { status, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` }
  },
  say: (line) => console.log(line),
}

/** How long to let a test's `beforeAll` wait for {@link launchChromium}: it may have to install. */
export const launchTimeout = 600_000

/** Starts a Chromium without a window, with a profile of its own that is gone when it is closed, and over a pipe: no port. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: provideChromium(thisMachine),
    args: [
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...(thisMachine.root ? ['--no-sandbox'] : []),
    ],
  })
}
