import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import threadedWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'

export type BackendName = 'wasm' | 'cpu'

// Where the page is cross-origin isolated, the threaded build would start workers from blob URLs: a strict
// Content-Security-Policy forbids them, and in a minified bundle they never come up.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
// All three must have a path; the browser fetches the one that it can run.
setWasmPaths({
  'tfjs-backend-wasm.wasm': plainWasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': threadedWasm,
})

/** Makes TensorFlow.js compute with `wanted`, or with cpu where that doesn't start. Returns which it became. */
export async function useBackend(wanted: BackendName): Promise<BackendName> {
  if (wanted === 'wasm' && (await starts('wasm'))) return 'wasm'
  if (await starts('cpu')) return 'cpu'
  throw new Error('TensorFlow.js has neither a wasm nor a cpu backend in this browser.')
}

/** `setBackend` answers false, or throws, where a backend doesn't start; `ready` may then have picked another one. */
async function starts(name: BackendName): Promise<boolean> {
  try {
    return (await tf.setBackend(name)) && tf.getBackend() === name
  } catch {
    return false
  }
}
