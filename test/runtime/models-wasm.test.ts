import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { models } from '../models/models.js'
import { outcomeOf } from './outcomes.js'

/** The graphs that somebody made to be used: classifiers, detectors, recurrent nets. */
const real =
  /^(catdog|faced|mobilenet|poets|t2o|ut_(cifar10|deep|simple|test_cnn|test_conv)|dl4j_(mnist|lstm_mnist|conv_\d))/

describe('real models on the wasm backend', () => {
  beforeAll(async () => {
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`)
    await tf.setBackend('wasm')
    expect(tf.getBackend()).toBe('wasm')
  })

  it.each(models().filter((entry) => entry.feeds && real.test(entry.name)))('$name', async (entry) => {
    expect(await outcomeOf(entry, tf)).toBe('right')
  })
})
