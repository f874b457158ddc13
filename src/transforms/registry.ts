import { removeAttribute } from './remove-attribute.js'
import type { Transform } from './transform.js'

/** Every transform, by the name it has in a chain. */
export const transforms: readonly Transform[] = [removeAttribute]

const byName: ReadonlyMap<string, Transform> = new Map(transforms.map((transform) => [transform.name, transform]))

export function findTransform(name: string): Transform | undefined {
  return byName.get(name)
}
