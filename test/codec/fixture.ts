import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** A file of another format, made by fixtures/make.py. */
export function fixture(name: string): Uint8Array {
  return gunzipSync(readFileSync(new URL(`fixtures/${name}.gz`, import.meta.url)))
}

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

/** Bytes written as `08 01 12`. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.trim().split(/\s+/), (pair) => Number.parseInt(pair, 16))
}

/** What a checkout without Git LFS has in place of a model. */
export const lfsPointer = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 96123456
`
