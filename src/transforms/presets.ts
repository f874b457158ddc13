/**
 * The presets: ordered lists of transforms and other presets, which read as what they do. A preset that may change
 * answers beyond float rounding says so in its name.
 */
export type Presets = Readonly<Record<string, readonly string[]>>

export const presets: Presets = {
  /**
   * "Optimizing for Deployment" of the Graph Transform Tool's documentation, after what TensorFlow's later versions and training
   * leave behind: calls, branches that are never taken, dropout that drops nothing.
   */
  deploy: [
    'strip_unused_nodes',
    'inline_functions',
    'resolve_conditionals',
    'remove_idle_dropout',
    'remove_nodes(op=Identity, op=CheckNumerics)',
    'fold_constants(ignore_errors=true)',
    'fold_batch_norms',
    'fold_old_batch_norms',
  ],
  /** "Fixing Missing Kernel Errors on Mobile" of the same. */
  kernels: ['strip_unused_nodes', 'remove_nodes(op=Identity, op=CheckNumerics)', 'fold_constants(ignore_errors=true)'],
  /** What the Python script optimize_for_inference did. */
  inference: [
    'convert_placeholder_to_const',
    'strip_unused_nodes',
    'remove_training_nodes',
    'fuse_decomposed_batch_norm',
    'fold_old_batch_norms(arithmetic=float64)',
    'fuse_resize_pad_and_conv',
    'fuse_resize_and_conv',
    'fuse_pad_and_conv',
  ],
  /** Weights in few distinct values: the same size, but it compresses to about a third. */
  rounded: ['deploy', 'round_weights(num_steps=256)'],
  /** "Eight-bit calculations", the weights only: a quarter of the size. */
  eight_bit: ['deploy', 'quantize_weights'],
  /** "Eight-bit calculations" of the same, the layers too: they are computed in eight bits. */
  quantized_nodes: [
    'add_default_attributes',
    'deploy',
    'quantize_weights',
    'quantize_nodes',
    'strip_unused_nodes',
    'sort_by_execution_order',
  ],
  /** quantize_graph --mode=weights_rounded. */
  weights_rounded: ['strip_unused_nodes', 'quantize_graph(mode=weights_rounded)'],
  /** quantize_graph --mode=weights: every weight a byte. */
  weights_eightbit: ['strip_unused_nodes', 'quantize_graph(mode=weights)'],
  /** quantize_graph --mode=eightbit: layers computed in eight bits. */
  eightbit: ['strip_unused_nodes', 'remove_training_nodes', 'quantize_graph(mode=eightbit)'],
}

/** The chain of a bare `?optimize`. */
export const defaultPreset = 'deploy'
