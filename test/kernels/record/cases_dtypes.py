"""The dtypes that the first cases leave out: half precision, small integers, complex numbers, strings."""
from values import *

COMPLEX = ['complex64', 'complex128']
HALVES = ['float16', 'bfloat16']


def plane(dtype, shape, seed=0, size=2.0):
    random = np.random.RandomState(seed)
    return array(dtype, random.uniform(-size, size, shape) + 1j * random.uniform(-size, size, shape))


def positive(dtype, shape, seed=0):
    if dtype in FLOATS:
        return smooth(dtype, shape, seed, low=0.1)
    return array(dtype, np.random.RandomState(seed).randint(1, 12, shape))


def declare():
    a = 'dtypes'
    for dtype in FLOATS:
        case(a, 'TruncateDiv', pair(dtype), T=T(dtype))
    for dtype in HALVES:
        for op in ['DivNoNan', 'MulNoNan', 'FloorDiv', 'FloorMod', 'SquaredDifference']:
            case(a, op, pair(dtype), T=T(dtype))
        case(a, 'Pow', (smooth(dtype, (5, 1), low=0.1), smooth(dtype, (1, 4), 1)), T=T(dtype))
        case(a, 'Atan2', (smooth(dtype, (5, 1)), smooth(dtype, (1, 4), 1)), T=T(dtype))
        for n in (2, 9, 17):
            case(a, 'AddN', [smooth(dtype, (3,), seed) for seed in range(n)], T=T(dtype), N=n)
        case(a, 'LeakyRelu', [array(dtype, SPECIAL)], T=T(dtype))
        case(a, 'LeakyRelu', [smooth(dtype, (20,))], T=T(dtype), alpha={'f': 0.31})
        case(a, 'Softsign', [array(dtype, SPECIAL)], T=T(dtype))
        for values in [(0, 1, 0.1), (3, -1, -0.5), (0.1, 7.3, 0.7), (2, 40, 3)] if dtype == 'bfloat16' else []:
            case(a, 'Range', [scalar(dtype, v) for v in values], Tidx=T(dtype))
        case(a, 'L2Loss', [smooth(dtype, (2, 4))], T=T(dtype))
        case(a, 'Conv2DBackpropInput', (ints(1, 3, 4, 2), smooth(dtype, (2, 2, 2, 3)), smooth(dtype, (1, 3, 4, 3), 1)), T=T(dtype), strides=[1, 1, 1, 1], padding='SAME')
        case(a, 'Conv3DBackpropInputV2', (ints(1, 2, 3, 4, 2), smooth(dtype, (2, 2, 2, 2, 3)), smooth(dtype, (1, 2, 3, 4, 3), 1)), T=T(dtype), Tshape=T('int32'), strides=[1, 1, 1, 1, 1], padding='SAME')
        vectors = [smooth('float32', (3,), seed, low=0.1) for seed in (1, 2, 3, 4)]
        for op in ('FusedBatchNormV2', 'FusedBatchNormV3'):
            case(a, op, (smooth(dtype, (2, 2, 2, 3)), *vectors), T=T(dtype), U=T('float32'), epsilon={'f': 0.001}, is_training=False, _open=[3, 4, 5])
        if dtype == 'bfloat16':
            case(a, 'Where', [array(dtype, [[0, 1, 1], [1, 0, 0]])], T=T(dtype))
        for op in ('Unique', 'UniqueWithCounts'):
            case(a, op, [array(dtype, [3, 1, 3, 2, 1, 0])], T=T(dtype), out_idx=T('int32'))
        case(a, 'ListDiff', (array(dtype, [1, 2, 3, 4]), array(dtype, [1, 3])), T=T(dtype), out_idx=T('int32'))
        case(a, 'TopKV2', (array(dtype, [[3, 1, 3, 2, 7]]), scalar('int32', 3)), T=T(dtype))
    old = [smooth('float16', (3,), seed, low=0.1) for seed in (1, 2, 3, 4)]
    case(a, 'BatchNormWithGlobalNormalization', (smooth('float16', (2, 2, 2, 3)), *old), T=T('float16'), variance_epsilon={'f': 0.01}, scale_after_normalization=True)
    for dtype in ['int8', 'int16']:
        case(a, 'Pow', (ints(-3, 2, 5, 7, 0, dtype=dtype, shape=(5, 1)), ints(0, 1, 2, 13, dtype=dtype)), T=T(dtype))
        case(a, 'Pow', (ints(2, dtype=dtype), ints(-1, dtype=dtype)), T=T(dtype))
    for dtype in INTS:
        case(a, 'BiasAdd', (array(dtype, specials(dtype), (len(specials(dtype)), 1)), array(dtype, [100])), T=T(dtype))
        case(a, 'BiasAddV1', (array(dtype, specials(dtype), (len(specials(dtype)), 1)), array(dtype, [100])), T=T(dtype))
        case(a, 'Square', [array(dtype, specials(dtype))], T=T(dtype))
    for op in ['Equal', 'NotEqual']:
        for dtype in ['quint8', 'qint8', 'qint16', 'quint16', 'qint32']:
            case(a, op, (array(dtype, [1, 2, 3]), array(dtype, [1, 5, 3])), T=T(dtype))
        for dtype in COMPLEX:
            case(a, op, (array(dtype, [1 + 2j, 0, 3j], (3, 1)), array(dtype, [1 + 2j, 0, 3])), T=T(dtype))
    for op in ['ArgMax', 'ArgMin']:
        case(a, op, (array('bool', [[0, 1, 1], [1, 0, 0]]), scalar('int32', 1)), T=T('bool'), Tidx=T('int32'), output_type=T('int64'))
    for op in ['Mean', 'Prod', 'Cumsum', 'Cumprod']:
        for dtype in HALVES + INTS + COMPLEX:
            if op in ('Cumsum', 'Cumprod'):
                value = plane(dtype, (2, 5)) if dtype in COMPLEX else positive(dtype, (2, 5))
                for reverse, exclusive in [(False, False), (True, True), (False, True)]:
                    case(a, op, (value, scalar('int32', 1)), T=T(dtype), Tidx=T('int32'), reverse=reverse, exclusive=exclusive)
                continue
            value = plane(dtype, (2, 3, 4)) if dtype in COMPLEX else positive(dtype, (2, 3, 4))
            for axes, keep in [([1], False), ([0, 2], True), ([0, 1, 2], False)]:
                case(a, op, (value, ints(*axes)), T=T(dtype), Tidx=T('int32'), keep_dims=keep)
    for dtype in ['int16', 'int64'] + COMPLEX:
        left = plane(dtype, (2, 3, 4)) if dtype in COMPLEX else smooth(dtype, (2, 3, 4))
        right = plane(dtype, (2, 4, 2), 1) if dtype in COMPLEX else smooth(dtype, (2, 4, 2), 1)
        flipped = Value(dtype, np.swapaxes(right.data, 1, 2))
        for op in ('BatchMatMul', 'BatchMatMulV2'):
            if dtype == 'int16' and op == 'BatchMatMul':
                continue
            case(a, op, (left, right), T=T(dtype))
            case(a, op, (left, flipped), T=T(dtype), adj_y=True)
        if dtype == 'int16':
            continue
        case(a, 'MatMul', (Value(dtype, left.data[0]), Value(dtype, right.data[0])), T=T(dtype))
        case(a, 'MatMul', (Value(dtype, left.data[0]), Value(dtype, flipped.data[0])), T=T(dtype), transpose_b=True)
    case(a, 'Conv2D', (smooth('int32', (1, 3, 4, 2)), smooth('int32', (2, 2, 2, 3), 1)), T=T('int32'), strides=[1, 1, 1, 1], padding='SAME')
    case(a, 'Conv2DBackpropInput', (ints(1, 3, 4, 2), smooth('int32', (2, 2, 2, 3)), smooth('int32', (1, 3, 4, 3), 1)), T=T('int32'), strides=[1, 1, 1, 1], padding='SAME')
    case(a, 'MaxPool', [smooth('int64', (1, 3, 4, 2))], T=T('int64'), ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding='SAME')
    case(a, 'QuantizedMaxPool', (array('qint8', np.arange(60) * 37 % 256 - 128, (1, 5, 6, 2)), scalar('float32', -1), scalar('float32', 2)), T=T('qint8'), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='VALID')
    for dtype in FLOATS + INTS + COMPLEX + ['bool', 'string']:
        rows = {'bool': [0, 1, 1, 0, 1, 0], 'string': [b'a', b'b', b'c', b'd', b'e', b'f']}.get(dtype, [1, 2, 3, 4, 5, 6])
        case(a, 'ScatterNd', (ints(1, 3, 1, shape=(3, 1)), array(dtype, rows, (3, 2)), ints(5, 2)), T=T(dtype), Tindices=T('int32'))
        if dtype not in ('bool', 'string'):
            case(a, 'UnsortedSegmentSum', (array(dtype, rows, (3, 2)), ints(2, -1, 2), scalar('int32', 3)), T=T(dtype), Tindices=T('int32'), Tnumsegments=T('int32'))
    for dtype in ['bool', 'string']:
        for op in ('Unique', 'UniqueWithCounts'):
            case(a, op, [array(dtype, [1, 0, 1] if dtype == 'bool' else [b'x', b'', b'x', b'y'])], T=T(dtype), out_idx=T('int32'))
    case(a, 'ListDiff', (array('string', [b'x', b'y', b'z']), array('string', [b'y'])), T=T('string'), out_idx=T('int64'))
    for dtype in COMPLEX + ['string']:
        values = [b'a', b'b'] if dtype == 'string' else [1 + 2j, 3 - 1j]
        case(a, 'OneHot', (ints(0, 2, -1), scalar('int32', 3), scalar(dtype, values[0]), scalar(dtype, values[1])), T=T(dtype), TI=T('int32'))
    c = 'complex'
    for dtype in COMPLEX:
        yes, no = plane(dtype, (2, 2)), plane(dtype, (2, 2), 1)
        for condition in ([1, 0], [[1, 0], [0, 1]], 1):
            case(c, 'Select', (array('bool', condition), yes, no), T=T(dtype))
        case(c, 'SelectV2', (array('bool', [[1], [0]]), yes, scalar(dtype, 5j)), T=T(dtype))
        case(c, 'Where', [array(dtype, [[0, 1j, 1], [1, 0, 0]])], T=T(dtype))
        for op in ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Div', 'DivNoNan', 'MulNoNan', 'SquaredDifference', 'Pow']:
            case(c, op, (plane(dtype, (5, 1)), plane(dtype, (4,), 1)), T=T(dtype))
        for op in ['DivNoNan', 'MulNoNan', 'Pow']:
            case(c, op, (array(dtype, [1 + 2j, 0, 3j, 1, 0, 0, 0]), array(dtype, [0, 0, 1j, 2, 2, -1, 2 + 1j])), T=T(dtype))
        case(c, 'AddN', [plane(dtype, (3,), seed) for seed in range(10)], T=T(dtype), N=10)
        case(c, 'BiasAdd', (plane(dtype, (2, 3)), plane(dtype, (3,), 1)), T=T(dtype))
        case(c, 'BiasAddV1', (plane(dtype, (2, 3)), plane(dtype, (3,), 1)), T=T(dtype))
        for op in ['Neg', 'ZerosLike', 'OnesLike', 'Conj', 'Square', 'Sign', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Inv', 'Exp', 'Expm1', 'Log', 'Log1p', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Tanh', 'Sigmoid']:
            case(c, op, [plane(dtype, (24,))], T=T(dtype))
            if op in ('Sign', 'Sqrt', 'Exp', 'Sin', 'Tanh'):
                case(c, op, [array(dtype, [0, 1, -1, 1j, -1j, -4])], T=T(dtype))
        part = 'float32' if dtype == 'complex64' else 'float64'
        for op in ['Real', 'Imag', 'ComplexAbs', 'Angle']:
            case(c, op, [plane(dtype, (20,))], T=T(dtype), Tout=T(part))
        case(c, 'Complex', (smooth(part, (3, 1)), smooth(part, (4,), 1)), T=T(part), Tout=T(dtype))
        for axes, keep in [([1], False), ([0, 2], True), ([0, 1, 2], False)]:
            case(c, 'Sum', (plane(dtype, (2, 3, 4)), ints(*axes)), T=T(dtype), Tidx=T('int32'), keep_dims=keep)
        case(c, 'MatrixDiag', [plane(dtype, (2, 3))], T=T(dtype))
        case(c, 'MatrixDiagPart', [plane(dtype, (2, 3, 4))], T=T(dtype))
        case(c, 'MatrixSetDiag', (plane(dtype, (2, 3, 4)), plane(dtype, (2, 3), 1)), T=T(dtype))
        case(c, 'MatrixBandPart', (plane(dtype, (3, 4)), scalar('int64', 1), scalar('int64', 0)), T=T(dtype), Tindex=T('int64'))
        for target in FLOATS + ['int32', 'uint8', 'int64', 'bool'] + COMPLEX:
            case(c, 'Cast', [array(dtype, [0, 1j, 1.5 + 2j, 3, 1e-40])], SrcT=T(dtype), DstT=T(target))
        for source in FLOATS + ['int32', 'uint8', 'int64', 'bool']:
            case(c, 'Cast', [array(source, [0, 1, 1])], SrcT=T(source), DstT=T(dtype))
    case(c, 'Bitcast', [array('complex64', [1 + 2j, 3])], T=T('complex64'), type=T('float32'))
    case(c, 'Bitcast', [array('complex64', [1 + 2j, 3])], T=T('complex64'), type=T('int64'))
    case(c, 'Bitcast', [array('complex128', [1 + 2j, 3])], T=T('complex128'), type=T('complex64'))
    case(c, 'Bitcast', [array('float32', [[1, 2], [3, 4]])], T=T('float32'), type=T('complex64'))
    for source, target in [('quint8', 'uint8'), ('qint8', 'quint8'), ('qint16', 'int16'), ('quint16', 'qint16'), ('qint32', 'float32')]:
        case(c, 'Bitcast', [array(source, [1, 2])], T=T(source), type=T(target))
    for dtype in ['quint8', 'qint8', 'qint16', 'quint16', 'qint32', 'string']:
        case(c, 'Cast', [array(dtype, [b'a', b'b'] if dtype == 'string' else [1, 2])], SrcT=T(dtype), DstT=T(dtype))
