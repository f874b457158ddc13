// Written by unplugin-graphdef: the types of the imported models. Changes here are lost.

declare module '*/models/mobilenet_v1_0.25_128_frozen.pb?optimize=deploy&format=memmapped' {
  // src/variants.ts: ../models/mobilenet_v1_0.25_128_frozen.pb?optimize=deploy&format=memmapped
  const model: import('unplugin-graphdef').ModelAsset<
    {
      readonly "input": { readonly name: "input"; readonly dtype: 'float32'; readonly shape: readonly [1, 128, 128, 3] }
    },
    {
      readonly "MobilenetV1/Predictions/Reshape_1": { readonly name: "MobilenetV1/Predictions/Reshape_1"; readonly dtype: 'float32'; readonly shape: readonly [1, 1001] }
    }
  >
  export default model
  export const url: (typeof model)['url']
  export const format: (typeof model)['format']
  export const bytes: (typeof model)['bytes']
  export const sha256: (typeof model)['sha256']
  export const inputs: (typeof model)['inputs']
  export const outputs: (typeof model)['outputs']
  export const ops: (typeof model)['ops']
  export const chain: (typeof model)['chain']
  export const api: (typeof model)['api']
}

declare module '*/models/mobilenet_v1_0.25_128_frozen.pb?optimize=eight_bit' {
  // src/variants.ts: ../models/mobilenet_v1_0.25_128_frozen.pb?optimize=eight_bit
  const model: import('unplugin-graphdef').ModelAsset<
    {
      readonly "input": { readonly name: "input"; readonly dtype: 'float32'; readonly shape: readonly [1, 128, 128, 3] }
    },
    {
      readonly "MobilenetV1/Predictions/Reshape_1": { readonly name: "MobilenetV1/Predictions/Reshape_1"; readonly dtype: 'float32'; readonly shape: readonly [1, 1001] }
    }
  >
  export default model
  export const url: (typeof model)['url']
  export const format: (typeof model)['format']
  export const bytes: (typeof model)['bytes']
  export const sha256: (typeof model)['sha256']
  export const inputs: (typeof model)['inputs']
  export const outputs: (typeof model)['outputs']
  export const ops: (typeof model)['ops']
  export const chain: (typeof model)['chain']
  export const api: (typeof model)['api']
}

declare module '*/models/mobilenet_v1_0.25_128_frozen.pb?optimize=deploy' {
  // src/variants.ts: ../models/mobilenet_v1_0.25_128_frozen.pb?optimize=deploy
  const model: import('unplugin-graphdef').ModelAsset<
    {
      readonly "input": { readonly name: "input"; readonly dtype: 'float32'; readonly shape: readonly [1, 128, 128, 3] }
    },
    {
      readonly "MobilenetV1/Predictions/Reshape_1": { readonly name: "MobilenetV1/Predictions/Reshape_1"; readonly dtype: 'float32'; readonly shape: readonly [1, 1001] }
    }
  >
  export default model
  export const url: (typeof model)['url']
  export const format: (typeof model)['format']
  export const bytes: (typeof model)['bytes']
  export const sha256: (typeof model)['sha256']
  export const inputs: (typeof model)['inputs']
  export const outputs: (typeof model)['outputs']
  export const ops: (typeof model)['ops']
  export const chain: (typeof model)['chain']
  export const api: (typeof model)['api']
}
