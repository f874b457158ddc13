/** Wire types of protobuf's encoding. */
export const varintType = 0
export const fixed64Type = 1
export const bytesType = 2
export const fixed32Type = 5

/** Field numbers of an entry of a map. */
export const entryField = { key: 1, value: 2 } as const
