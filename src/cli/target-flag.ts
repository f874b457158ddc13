import { type Target, targetNames } from '../ops/targets.js'
import { BadFlagValue, custom, type Flag } from './flags.js'

/** What the result is to run in. */
export function targetFlag(help: string): Flag<Target | undefined> {
  return custom(
    'TARGET',
    (text) => {
      const target = targetNames.find((name) => name === text)
      if (!target) throw new BadFlagValue(`"${text}" is not ${targetNames.join(' or ')}`)
      return target
    },
    { help },
  )
}
