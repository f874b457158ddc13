import type { ShapeFunctions } from './shape-function.js'

/** Fused cells of recurrent networks. */
export const recurrentShapes: ShapeFunctions = {
  // x [batch, inputs], h_prev [batch, cells] -> r, u, c, h
  GRUBlockCell: (c) => new Array(4).fill([c.shape(0)?.[0] ?? null, c.shape(1)?.[1] ?? null]),
  // x [batch, inputs], cs_prev [batch, cells] -> i, cs, f, o, ci, co, h
  LSTMBlockCell: (c) => new Array(7).fill([c.shape(0)?.[0] ?? null, c.shape(1)?.[1] ?? null]),
  // seq_len_max, x [time, batch, inputs], ..., b [4 cells] -> the same seven over time
  BlockLSTM: (c) => {
    const [time, batch] = c.shape(1) ?? [null, null]
    const gates = c.shape(8)?.[0] ?? null
    return new Array(7).fill([time ?? null, batch ?? null, gates === null ? null : Math.trunc(gates / 4)])
  },
}
