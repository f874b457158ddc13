import { readFileSync } from 'node:fs'
import { moduleText } from '../manifest/module-text.js'
import type { ModelUrl } from './host.js'
import type { LoadedModel } from './model-loader.js'

/** The text of a model's module: with the URL that the host gives, or with the model itself where the request says inline. */
export function modelModule({ file, manifest, request }: LoadedModel, hostUrl: () => ModelUrl): string {
  if (request.inline) {
    const base64 = readFileSync(file).toString('base64')
    return moduleText(manifest, JSON.stringify(`data:application/octet-stream;base64,${base64}`))
  }
  const { expression, prelude } = hostUrl()
  return moduleText(manifest, expression, prelude)
}
