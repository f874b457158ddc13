"""Windows over pictures, recurrent cells, losses."""
from values import *

COMPLEX = ['complex64', 'complex128']


def plain(dtype, shape, seed=0):
    random = np.random.RandomState(seed)
    if dtype in COMPLEX:
        return array(dtype, random.uniform(-2, 2, shape) + 1j * random.uniform(-2, 2, shape))
    if dtype in FLOATS:
        return array(dtype, random.uniform(-2, 2, shape))
    return array(dtype, random.randint(0, 2 if dtype == 'bool' else 30, shape))


def dtype_of(dtype, value):
    return array(dtype, value).data


def declare():
    p = 'patches'
    for dtype in NUMBERS + COMPLEX:
        case(p, 'ExtractImagePatches', [plain(dtype, (1, 4, 5, 2))], T=T(dtype), ksizes=[1, 2, 3, 1], strides=[1, 2, 1, 1], rates=[1, 1, 1, 1], padding='SAME')
    for padding in ('SAME', 'VALID'):
        for strides, rates in [([1, 1, 2, 1], [1, 2, 1, 1]), ([1, 2, 2, 1], [1, 1, 1, 1])]:
            case(p, 'ExtractImagePatches', [plain('float32', (2, 5, 6, 3))], T=T('float32'), ksizes=[1, 2, 2, 1], strides=strides, rates=rates, padding=padding)
            case(p, 'Dilation2D', (plain('float32', (2, 5, 6, 3)), plain('float32', (2, 3, 3), 1)), T=T('float32'), strides=strides, rates=rates, padding=padding)
        for batched in (True, False):
            for where in ('int32', 'int64'):
                case(p, 'MaxPoolWithArgmax', [plain('float32', (2, 5, 6, 3))], T=T('float32'), Targmax=T(where), ksize=[1, 3, 2, 1], strides=[1, 2, 1, 1], padding=padding, include_batch_in_index=batched)
    for dtype in NUMBERS:
        case(p, 'Dilation2D', (plain(dtype, (1, 4, 5, 2)), plain(dtype, (2, 2, 2), 1)), T=T(dtype), strides=[1, 1, 1, 1], rates=[1, 1, 1, 1], padding='SAME')
        case(p, 'MaxPoolWithArgmax', [plain(dtype, (1, 4, 5, 2))], T=T(dtype), Targmax=T('int64'), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding='SAME')
    for dtype in ['float32', 'float16']:
        for beta in (0.5, 0.75, 1.0):
            case(p, 'LRN', [plain(dtype, (2, 2, 3, 7))], T=T(dtype), depth_radius=2, bias={'f': 1.5}, alpha={'f': 0.7}, beta={'f': beta})
        case(p, 'LRN', [plain(dtype, (1, 2, 3, 4))], T=T(dtype))
    r = 'recurrent'
    for dtype in ['float32', 'float16']:
        cell = lambda *shape, seed=0: plain(dtype, shape, seed)
        x, state, out = cell(2, 3), cell(2, 4, seed=1), cell(2, 4, seed=2)
        rest = [Value(dtype, cell(7, 16, seed=3).data / dtype_of(dtype, 4)), *[cell(4, seed=s) for s in (4, 5, 6)], cell(16, seed=7)]
        for peephole in (True, False):
            for clip in (0.3, -1.0):
                case(r, 'LSTMBlockCell', (x, state, out, *rest), T=T(dtype), forget_bias={'f': 0.8}, cell_clip={'f': clip}, use_peephole=peephole)
                case(r, 'BlockLSTM', (scalar('int64', 4), cell(4, 2, 3, seed=8), state, out, *rest), T=T(dtype), forget_bias={'f': 0.8}, cell_clip={'f': clip}, use_peephole=peephole)
        case(r, 'BlockLSTM', (scalar('int64', 3), cell(4, 2, 3, seed=8), state, out, *rest), T=T(dtype), use_peephole=True, _open=[0, 2, 3, 4, 5])
    f = 'float32'
    case(r, 'GRUBlockCell', (plain(f, (2, 3)), plain(f, (2, 4), 1), plain(f, (7, 8), 2), plain(f, (7, 4), 3), plain(f, (8,), 4), plain(f, (4,), 5)), T=T(f))
    s = 'losses'
    for dtype in FLOATS:
        labels = np.abs(plain('float32', (3, 5), 1).data)
        labels = array(dtype, labels / labels.sum(1, keepdims=True))
        case(s, 'SoftmaxCrossEntropyWithLogits', (plain(dtype, (3, 5)), labels), T=T(dtype))
        for index in ('int32', 'int64'):
            case(s, 'SparseSoftmaxCrossEntropyWithLogits', (plain(dtype, (3, 5)), ints(1, 4, 0, dtype=index)), T=T(dtype), Tlabels=T(index))
    case(s, 'SoftmaxCrossEntropyWithLogits', (plain(f, (3, 5)), plain(f, (1, 5), 1)), T=T(f))
    case(s, 'SparseSoftmaxCrossEntropyWithLogits', (plain(f, (3, 5)), ints(1, 5, 0)), T=T(f), Tlabels=T('int32'))
    u = 'fused'
    pads = ints(0, 0, 1, 1, 2, 1, 0, 0, shape=(4, 2))
    for mode in ('REFLECT', 'SYMMETRIC'):
        for padding in ('SAME', 'VALID'):
            for dtype in ['float32', 'float64', 'float16']:
                weights = plain(dtype, (2, 2, 3, 4), 1)
                case(u, 'FusedPadConv2D', (plain(dtype, (1, 5, 6, 3)), pads, weights), T=T(dtype), mode=mode, strides=[1, 1, 1, 1], padding=padding)
            for align in (True, False):
                case(u, 'FusedResizeAndPadConv2D', (plain('float32', (1, 5, 6, 3)), ints(7, 4), pads, plain('float32', (2, 2, 3, 4), 1)), T=T('float32'), resize_align_corners=align, mode=mode, strides=[1, 1, 1, 1], padding=padding)
