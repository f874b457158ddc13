"""Small ops around shapes and layouts, and gradients of activations."""
from values import *

COMPLEX = ['complex64', 'complex128']


def counted(dtype, *shape):
    return array(dtype, np.arange(int(np.prod(shape))) * 7 % 11, shape)


def declare():
    a = 'small'
    for dtype in ['int32', 'int64']:
        case(a, 'DataFormatDimMap', [ints(0, 1, -1, -4, dtype=dtype)], T=T(dtype), src_format='NHWC', dst_format='NCHW')
        case(a, 'DataFormatVecPermute', [ints(1, 2, 3, 4, dtype=dtype)], T=T(dtype), src_format='NHWC', dst_format='NCHW')
        case(a, 'DataFormatVecPermute', [ints(*range(8), dtype=dtype, shape=(4, 2))], T=T(dtype), src_format='NCHW', dst_format='NHWC')
        case(a, 'DataFormatVecPermute', [ints(1, 2, dtype=dtype)], T=T(dtype), src_format='NHWC', dst_format='NCHW')
    for dtype in NUMBERS + COMPLEX + ['bool', 'string']:
        values = [f's{i}'.encode() for i in range(6)] if dtype == 'string' else np.arange(6) % 2 if dtype == 'bool' else np.arange(6) * (1 + 2j) if dtype in COMPLEX else np.arange(6)
        case(a, 'ConjugateTranspose', (array(dtype, values, (2, 3)), ints(1, 0)), T=T(dtype), Tperm=T('int32'))
    for dtype in INTS:
        case(a, 'PopulationCount', [array(dtype, specials(dtype))], T=T(dtype))
    for dtype in [each for each in NUMBERS if each not in ('uint32', 'uint64')]:
        x = array(dtype, specials(dtype))
        case(a, 'ClipByValue', (x, scalar(dtype, 1), scalar(dtype, 5)), T=T(dtype))
        case(a, 'ClipByValue', (x, x, scalar(dtype, 2)), T=T(dtype)) if dtype == 'int32' else None
    for dtype in NUMBERS:
        case(a, 'Cross', (counted(dtype, 4, 3), array(dtype, np.arange(12) * 5 % 13, (4, 3))), T=T(dtype))
        case(a, 'SpaceToBatch', (counted(dtype, 1, 4, 4, 1), ints(0, 0, 0, 0, shape=(2, 2))), T=T(dtype), Tpaddings=T('int32'), block_size=2)
        case(a, 'BatchToSpace', (counted(dtype, 4, 2, 2, 1), ints(0, 1, 1, 0, shape=(2, 2))), T=T(dtype), Tidx=T('int32'), block_size=2)
    case(a, 'SpaceToBatch', (counted('float32', 1, 3, 4, 2), ints(1, 0, 0, 2, shape=(2, 2))), T=T('float32'), Tpaddings=T('int32'), block_size=2)
    for dtype in ['float32', 'float64', 'float16', 'int32', 'int64'] + COMPLEX:
        case(a, 'Diag', [counted(dtype, 2, 2)], T=T(dtype))
        case(a, 'DiagPart', [counted(dtype, 2, 3, 2, 3)], T=T(dtype))
    case(a, 'DiagPart', [counted('float32', 2, 3)], T=T('float32'))
    for dtype in FLOATS:
        for axes, keep in [([1], False), ([0, 2], True)]:
            case(a, 'EuclideanNorm', (smooth(dtype, (2, 3, 4), low=0), ints(*axes)), T=T(dtype), Tidx=T('int32'), keep_dims=keep)
    g = 'gradients'
    for op in ['ReluGrad', 'Relu6Grad']:
        for dtype in NUMBERS:
            case(g, op, (array(dtype, np.arange(12) + 1), array(dtype, [0, 1, 2, 5, 6, 7, 100, 3, 0, 6, 1, 4])), T=T(dtype))
    for op in ['LeakyReluGrad', 'EluGrad', 'SeluGrad', 'SoftplusGrad', 'SoftsignGrad', 'SigmoidGrad', 'TanhGrad', 'SqrtGrad', 'RsqrtGrad', 'ReciprocalGrad', 'InvGrad']:
        for dtype in FLOATS:
            low, high = (0.1, 3) if op in ('SqrtGrad', 'RsqrtGrad') else (-0.95, 0.95) if op in ('EluGrad', 'SeluGrad', 'TanhGrad', 'SigmoidGrad') else (-3, 3)
            pair_ = smooth(dtype, (24,), low=low, high=high), smooth(dtype, (24,), 1, low=low, high=high)
            case(g, op, pair_, T=T(dtype))
    case(g, 'ReluGrad', (array('float32', SPECIAL), array('float32', SPECIAL)), T=T('float32'))
    case(g, 'ReluGrad', (array('float32', [1, 2]), array('float32', [1])), T=T('float32'))
