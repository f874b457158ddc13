import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { model } from '../models/models.js'
import { makeProject, type Project } from './project.js'

/** A model that is right. */
export const good: Buffer = readFileSync(model('ut_test_linreg').path)
const fixture = (name: string): Buffer =>
  gunzipSync(readFileSync(fileURLToPath(new URL(`../codec/fixtures/${name}.gz`, import.meta.url))))
const lfsPointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1998252\n`
const htmlPage = '<!DOCTYPE html>\n<html><head><title>model.pb at main</title></head><body></body></html>'

/** What is broken, the file's bytes, the query, and the lines that the error must have. */
export const broken: [string, string | Uint8Array | undefined, string, string[]][] = [
  [
    'a wrong transform name',
    good,
    'optimize=deploy,fold_constant',
    ['there is no transform or preset "fold_constant"', '        ^', 'did you mean "fold_constants"?'],
  ],
  [
    'a wrong parameter',
    good,
    'optimize=round_weights(num_step=4)',
    ['round_weights has no parameter "num_step"', 'did you mean "num_steps"?'],
  ],
  [
    'a parameter of the wrong kind',
    good,
    'optimize=round_weights(num_steps=many)',
    ['the parameter num_steps of round_weights is wrong: "many" is not an integer'],
  ],
  [
    'an unfinished parenthesis',
    good,
    'optimize=round_weights(num_steps=4',
    ['the parenthesis after "round_weights" is never closed', 'Add a ) at the end of its parameters.'],
  ],
  [
    'a wrong query key',
    good,
    'optimize&output=y',
    ['the import\'s query has no key "output"', 'did you mean "outputs"?'],
  ],
  ['a wrong output', good, 'optimize&outputs=nope', ['nope']],
  [
    'a SavedModel',
    fixture('saved_model_tf2.pb'),
    'optimize',
    ['the file is the saved_model.pb of a SavedModel', 'Freeze it with TensorFlow'],
  ],
  [
    'a truncated file',
    good.subarray(0, 500),
    'optimize',
    ['the data ends at byte 500, in the middle of a field', 'The file is cut short'],
  ],
  [
    'a Git LFS pointer',
    lfsPointer,
    'optimize',
    ['the file is a Git LFS pointer, not the model, which has 1998252 bytes', 'git lfs pull'],
  ],
  [
    'an HTML page',
    htmlPage,
    'optimize',
    ['the file is an HTML page ("model.pb at main"), not the model', 'Download the file itself'],
  ],
  ['an empty file', '', 'optimize', ['the file is empty', 'Download or copy the model again.']],
  ['a missing file', undefined, 'optimize', ['there is no such file', 'did you mean "model.pbtxt"?']],
]

/** An app that imports `src/model.pb` with these bytes; without bytes the file is missing. */
export function appWith(bytes: string | Uint8Array | undefined, query: string): Project {
  const project = makeProject({
    'package.json': '{ "type": "module" }',
    'index.html': '<!doctype html><script type="module" src="/src/main.ts"></script>',
    'src/main.ts': `import model from './model.pb?${query}'\nconsole.log(model)\n`,
    'src/model.pbtxt': '',
  })
  if (bytes !== undefined) project.write('src/model.pb', bytes)
  return project
}
