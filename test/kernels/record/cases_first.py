"""Arithmetic, movement, reductions, convolutions, quantisation: the cases of the ops that graphs fold most."""
from values import *


def declare():
    first()
    sweep()


def first():
    for op in ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum']:
        for dtype in NUMBERS:
            if op == 'RealDiv' and dtype not in FLOATS:
                continue
            case('arithmetic', op, pair(dtype), T=T(dtype))
    for op in ['Div', 'TruncateDiv', 'FloorDiv', 'FloorMod', 'Mod', 'TruncateMod']:
        for dtype in INTS if op == 'TruncateDiv' else WIDE + INTS:
            a, b = pair(dtype)
            if dtype not in FLOATS:
                b = Value(dtype, b.data[b.data != 0][None, :])
                a = Value(dtype, a.data[a.data != np.iinfo(dtype).min][:, None]) if dtype in SIGNED else a
            case('arithmetic', op, (a, b), T=T(dtype))
    case('arithmetic', 'FloorDiv', (ints(1, 2), ints(1, 0)), T=T('int32'))
    case('arithmetic', 'Div', (ints(1, 2, dtype='int64'), ints(1, 0, dtype='int64')), T=T('int64'))
    for dtype in WIDE:
        for op in ['DivNoNan', 'MulNoNan', 'SquaredDifference']:
            case('arithmetic', op, pair(dtype), T=T(dtype))
        case('arithmetic', 'Atan2', (smooth(dtype, (5, 1)), smooth(dtype, (1, 4), 1)), T=T(dtype))
        case('arithmetic', 'Pow', (smooth(dtype, (5, 1), low=0.1), smooth(dtype, (1, 4), 1)), T=T(dtype))
        case('arithmetic', 'ApproximateEqual', (array(dtype, [1, 2, 3]), array(dtype, [1, 2.000001, 3.1])), T=T(dtype))
    for dtype in ['int32', 'int64']:
        case('arithmetic', 'SquaredDifference', pair(dtype), T=T(dtype))
        case('arithmetic', 'Pow', (ints(-3, 2, 5, 7, 0, dtype=dtype, shape=(5, 1)), ints(0, 1, 2, 13, dtype=dtype)), T=T(dtype))
        case('arithmetic', 'Pow', (ints(2, dtype=dtype), ints(-1, dtype=dtype)), T=T(dtype))
    for dtype in WIDE + INTS:
        for n in (2, 3, 8, 9, 10, 17):
            case('arithmetic', 'AddN', [smooth(dtype, (3,), seed) for seed in range(n)] if dtype not in INTS else [
                array(dtype, [seed, 100 + seed, 3]) for seed in range(n)], T=T(dtype), N=n)
    for dtype in FLOATS:
        case('arithmetic', 'BiasAdd', (smooth(dtype, (2, 3, 4)), smooth(dtype, (4,), 1)), T=T(dtype))
    case('arithmetic', 'BiasAdd', (smooth('float32', (2, 3, 2, 2)), smooth('float32', (3,), 1)), T=T('float32'), data_format='NCHW')
    case('arithmetic', 'Add', (smooth('float32', (2, 3, 4)), smooth('float32', (4,), 1)), T=T('float32'))
    case('arithmetic', 'Add', (smooth('float32', (2, 1, 4)), smooth('float32', (3, 1), 1)), T=T('float32'))
    case('arithmetic', 'Add', (smooth('float32', (2, 3)), smooth('float32', (4,), 1)), T=T('float32'))
    case('arithmetic', 'Add', (smooth('float32', (0, 3)), smooth('float32', (3,), 1)), T=T('float32'))

    for op in ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'LeftShift', 'RightShift']:
        for dtype in INTS:
            a, b = pair(dtype)
            if 'Shift' in op:
                b = array(dtype, [0, 1, 3, 7, 100], (1, 5))
            case('bitwise', op, (a, b), T=T(dtype))
    for dtype in INTS:
        case('bitwise', 'Invert', [array(dtype, specials(dtype))], T=T(dtype))

    for op in ['Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual']:
        for dtype in NUMBERS:
            case('comparison', op, pair(dtype), T=T(dtype))
    for op in ['Equal', 'NotEqual']:
        case('comparison', op, (array('string', [b'a', b'bc', b''], (3, 1)), array('string', [b'a', b''])), T=T('string'))
        case('comparison', op, (array('bool', [0, 1], (2, 1)), array('bool', [0, 1])), T=T('bool'))
    for op in ['LogicalAnd', 'LogicalOr']:
        case('comparison', op, (array('bool', [0, 1], (2, 1)), array('bool', [0, 1])))
    case('comparison', 'LogicalNot', [array('bool', [0, 1, 1])])
    for dtype in ['float32', 'int64', 'string', 'float16', 'bool']:
        values = [b'a', b'b', b'c', b'd', b'e', b'f', b'g', b'h'] if dtype == 'string' else list(range(8))
        yes, no = array(dtype, values[:4], (2, 2)), array(dtype, values[4:], (2, 2))
        for condition in ([1, 0], [[1, 0], [0, 1]], 1):
            case('comparison', 'Select', (array('bool', condition), yes, no), T=T(dtype))
        case('comparison', 'SelectV2', (array('bool', [[1], [0]]), yes, array(dtype, values[4], ())), T=T(dtype))

    for op, dtypes in {
        'Neg': FLOATS + SIGNED, 'Abs': FLOATS + SIGNED, 'Sign': FLOATS + SIGNED, 'Square': FLOATS + ['int32', 'int64'],
        'Floor': FLOATS, 'Ceil': FLOATS, 'Rint': FLOATS, 'Round': FLOATS, 'Relu': NUMBERS,
        'Relu6': NUMBERS, 'LeakyRelu': WIDE, 'Softsign': WIDE, 'IsNan': FLOATS, 'IsFinite': FLOATS, 'IsInf': FLOATS,
        'ZerosLike': NUMBERS + ['bool'], 'OnesLike': NUMBERS + ['bool'], 'Sqrt': FLOATS,
    }.items():
        for dtype in dtypes:
            values = [0, 1] if dtype == 'bool' else specials(dtype)
            if op == 'Square' and dtype == 'int64':
                values = [-8, 0, 3, 3037000500]
            case('unary', op, [array(dtype, values)], T=T(dtype))
    positive = {'Rsqrt', 'Log', 'Reciprocal', 'Inv', 'Sqrt', 'Log1p'}
    unit = {'Asin', 'Acos', 'Atanh'}
    for op in ['Rsqrt', 'Reciprocal', 'Inv', 'Exp', 'Expm1', 'Log', 'Log1p', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan',
               'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Tanh', 'Sigmoid', 'Erf', 'Erfc', 'Softplus', 'Elu', 'Selu']:
        for dtype in FLOATS:
            low, high = (0.05, 4) if op in positive else (-0.95, 0.95) if op in unit else (1.05, 5) if op == 'Acosh' else (-4, 4)
            case('unary', op, [smooth(dtype, (24,), low=low, high=high)], T=T(dtype))
    case('unary', 'CheckNumerics', [array('float32', [1, 2])], T=T('float32'), message='here')
    case('unary', 'CheckNumerics', [array('float32', [1, np.inf])], T=T('float32'), message='here')

    for source in NUMBERS + ['bool']:
        for target in NUMBERS + ['bool']:
            values = [0, 1] if source == 'bool' else specials(source)
            if source in FLOATS and target in INTS:
                values = [0.0, -0.0, 1.0, 0.5, 1.5, 3.7, 100.9] + ([-1.0, -2.5, -3.7] if target in SIGNED else [])
            if source in FLOATS and target in FLOATS:
                values = specials(source) + [65519.9, 65520.0, 5.9604645e-8, 2.9802322e-8, 2.98023224e-8 * 1.01, 6.1e-5, 1.00048828125, 1.001464843, 3.39e38]
            if source in ('int64', 'uint64'):
                values = values + [2 ** 53 + 1, 2 ** 60 + 2 ** 36 + 1, 16777217]
            case('cast', 'Cast', [array(source, values)], SrcT=T(source), DstT=T(target))
    for source, target, shape in [('float32', 'int32', (4,)), ('int32', 'int16', (4,)), ('int16', 'int32', (2, 2)), ('uint8', 'float32', (4,)), ('float16', 'uint16', (3,)), ('int64', 'float32', (2,))]:
        case('cast', 'Bitcast', [array(source, np.arange(1, 1 + int(np.prod(shape))).reshape(shape))], T=T(source), type=T(target))

    moved = ['float32', 'int32', 'int64', 'uint8', 'float16', 'bool', 'string', 'complex64']

    def grid(dtype, *shape):
        count = int(np.prod(shape))
        if dtype == 'string':
            return array(dtype, [f's{i}'.encode() for i in range(count)], shape)
        return array(dtype, np.arange(count) % 2 if dtype == 'bool' else np.arange(count), shape)

    for dtype in moved:
        m = 'movement'
        case(m, 'Transpose', (grid(dtype, 2, 3, 4), ints(2, 0, 1)), T=T(dtype), Tperm=T('int32'))
        case(m, 'ConcatV2', (grid(dtype, 2, 3), grid(dtype, 2, 1), scalar('int32', -1)), T=T(dtype), N=2, Tidx=T('int32'))
        case(m, 'Concat', (scalar('int32', 0), grid(dtype, 2, 3), grid(dtype, 1, 3)), T=T(dtype), N=2)
        case(m, 'Pack', (grid(dtype, 2, 3), grid(dtype, 2, 3)), T=T(dtype), N=2, axis=1)
        case(m, 'Unpack', [grid(dtype, 2, 3)], T=T(dtype), num=3, axis=-1)
        case(m, 'Split', (scalar('int32', 1), grid(dtype, 2, 4)), T=T(dtype), num_split=2)
        case(m, 'SplitV', (grid(dtype, 2, 4), ints(1, -1), scalar('int32', 1)), T=T(dtype), Tlen=T('int32'), num_split=2)
        case(m, 'Slice', (grid(dtype, 3, 4), ints(1, 1), ints(2, -1)), T=T(dtype), Index=T('int32'))
        case(m, 'Pad', (grid(dtype, 2, 2), ints(1, 0, 0, 2, shape=(2, 2))), T=T(dtype), Tpaddings=T('int32'))
        case(m, 'Tile', (grid(dtype, 2, 2), ints(2, 3)), T=T(dtype), Tmultiples=T('int32'))
        case(m, 'BroadcastTo', (grid(dtype, 2, 1), ints(3, 2, 2)), T=T(dtype), Tidx=T('int32'))
        case(m, 'ReverseV2', (grid(dtype, 2, 3), ints(-1)), T=T(dtype), Tidx=T('int32'))
        case(m, 'Reshape', (grid(dtype, 2, 3), ints(3, -1)), T=T(dtype), Tshape=T('int32'))
        case(m, 'ExpandDims', (grid(dtype, 2, 3), scalar('int32', -2)), T=T(dtype), Tdim=T('int32'))
        case(m, 'Squeeze', [grid(dtype, 1, 3, 1)], T=T(dtype), squeeze_dims=[-1])
        case(m, 'StridedSlice', (grid(dtype, 3, 4), ints(0, 3), ints(3, 0), ints(2, -1)), T=T(dtype), Index=T('int32'), end_mask=2)
        case(m, 'GatherV2', (grid(dtype, 3, 4), ints(2, 0), scalar('int32', 0)), Tparams=T(dtype), Tindices=T('int32'), Taxis=T('int32'))
        case(m, 'Identity', [grid(dtype, 2, 3)], T=T(dtype))
    m = 'movement'
    case(m, 'Identity', [array('float32', [1e-40, 1])], T=T('float32'))
    case(m, 'PadV2', (grid('float32', 2, 2), ints(1, 0, 0, 2, shape=(2, 2)), scalar('float32', 7)), T=T('float32'), Tpaddings=T('int32'))
    for mode in ('REFLECT', 'SYMMETRIC'):
        case(m, 'MirrorPad', (grid('float32', 2, 3), ints(1, 1, 2, 1, shape=(2, 2))), T=T('float32'), Tpaddings=T('int32'), mode=mode)
    case(m, 'Roll', (grid('float32', 3, 4), ints(1, -2), ints(0, 1)), T=T('float32'), Tshift=T('int32'), Taxis=T('int32'))
    x = grid('float32', 3, 4, 5)
    full = dict(T=T('float32'), Index=T('int32'))
    case(m, 'StridedSlice', (x, ints(1), ints(2), ints(1)), shrink_axis_mask=1, **full)
    case(m, 'StridedSlice', (x, ints(0, 0, -1), ints(0, 0, 0), ints(1, 1, 1)), ellipsis_mask=1, new_axis_mask=2, shrink_axis_mask=4, **full)
    case(m, 'StridedSlice', (x, ints(-2, 9, 4), ints(9, -9, -9), ints(1, -2, -1)), **full)
    case(m, 'StridedSlice', (x, ints(0, 1), ints(0, 3), ints(1, 1)), begin_mask=1, end_mask=1, new_axis_mask=0, **full)
    case(m, 'StridedSlice', (x, ints(0, 1, 2), ints(9, 2, 4), ints(1, 1, 1)), new_axis_mask=2, **full)
    case(m, 'StridedSlice', (x, ints(2), ints(1), ints(1)), **full)
    case(m, 'StridedSlice', (x, ints(3), ints(4), ints(1)), shrink_axis_mask=1, **full)
    case(m, 'StridedSlice', (x, ints(0), ints(4), ints(0)), **full)
    case(m, 'Slice', (x, ints(1, 0, 0), ints(3, 1, 1)), **full)
    block = dict(Tblock_shape=T('int32'))
    case(m, 'SpaceToBatchND', (grid('float32', 1, 3, 4, 2), ints(2, 2), ints(1, 0, 0, 2, shape=(2, 2))), T=T('float32'), Tpaddings=T('int32'), **block)
    case(m, 'BatchToSpaceND', (grid('float32', 8, 2, 1, 2), ints(2, 4), ints(1, 0, 0, 2, shape=(2, 2))), T=T('float32'), Tcrops=T('int32'), **block)
    case(m, 'SpaceToDepth', [grid('float32', 1, 4, 4, 2)], T=T('float32'), block_size=2)
    case(m, 'DepthToSpace', [grid('float32', 1, 2, 2, 8)], T=T('float32'), block_size=2)
    for out in ('int32', 'int64'):
        case(m, 'ShapeN', (x, grid('float32', 2)), T=T('float32'), N=2, out_type=T(out))
        case(m, 'Size', [x], T=T('float32'), out_type=T(out))
    case(m, 'Rank', [x], T=T('float32'))
    case(m, 'BroadcastArgs', (ints(2, 1), ints(3, 1, 4)), T=T('int32'))
    case(m, 'ConcatOffset', (scalar('int32', 1), ints(2, 3), ints(2, 4), ints(2, 1)), N=3)

    case('fill', 'Fill', (ints(2, 3), scalar('float32', 1.5)), T=T('float32'), index_type=T('int32'))
    case('fill', 'Fill', (ints(2), scalar('string', b'ab')), T=T('string'), index_type=T('int32'))
    case('fill', 'Fill', (ints(0, 2), scalar('int64', 3)), T=T('int64'), index_type=T('int32'))
    for dtype, a, b, d in [('int32', 3, 18, 4), ('int32', 5, -6, -2), ('int64', 0, 5, 1), ('float32', 0, 1, 0.1), ('float32', 3, 1, -0.5), ('float64', 0, 2, 0.3), ('float32', 0.1, 7.3, 0.7), ('int32', 3, 3, 1), ('int32', 3, 1, 1), ('int32', 1, 3, 0)]:
        case('fill', 'Range', [scalar(dtype, v) for v in (a, b, d)], Tidx=T(dtype))
    for dtype in WIDE:
        for a, b, n in [(0, 1, 7), (-1.5, 2.5, 3), (3, 3, 1), (10, -10, 30)]:
            case('fill', 'LinSpace', (scalar(dtype, a), scalar(dtype, b), scalar('int32', n)), T=T(dtype), Tidx=T('int32'))
    for axis in (-1, 0, 1):
        case('fill', 'OneHot', (ints(0, 2, -1, 5, shape=(2, 2)), scalar('int32', 3), scalar('float32', 5), scalar('float32', -1)), T=T('float32'), TI=T('int32'), axis=axis)

    sum_types = FLOATS + INTS
    for op, dtypes in {'Sum': sum_types, 'Mean': FLOATS + ['int32', 'int64'], 'Max': NUMBERS, 'Min': NUMBERS, 'Prod': WIDE + ['int32', 'int64']}.items():
        for dtype in dtypes:
            value = smooth(dtype, (2, 3, 4)) if dtype not in INTS else array(dtype, np.arange(24) * 7 % 11, (2, 3, 4))
            for axes, keep in [([1], False), ([0, 2], True), ([], False), ([0, 1, 2], False)]:
                case('reduction', op, (value, ints(*axes) if axes else Value('int32', np.zeros(0, 'i4'))), T=T(dtype), Tidx=T('int32'), keep_dims=keep)
    for op in ('Sum', 'Prod', 'Max', 'Min', 'Mean'):
        for dtype in ('float32', 'int32'):
            case('reduction', op, (array(dtype, np.zeros((0, 2)), (0, 2)), ints(0)), T=T(dtype), Tidx=T('int32'))
    for op in ('Max', 'Min'):
        for values in ([1, np.nan, 2], [np.nan, 1]):
            case('reduction', op, (array('float32', values), ints(0)), T=T('float32'), Tidx=T('int32'))
    for op in ('All', 'Any'):
        for axes in ([0], [1], [0, 1]):
            case('reduction', op, (array('bool', [[0, 1, 1], [1, 1, 0]]), ints(*axes)), Tidx=T('int32'))
    for op in ('ArgMax', 'ArgMin'):
        for dtype in ['float32', 'int32', 'uint8', 'int64', 'float16']:
            for axis in (0, 2, -1):
                case('reduction', op, (array(dtype, np.arange(24) * 7 % 11, (2, 3, 4)), scalar('int32', axis)), T=T(dtype), Tidx=T('int32'), output_type=T('int64'))
        case('reduction', op, (array('float32', [1, np.nan, 3, -1]), scalar('int32', 0)), T=T('float32'), Tidx=T('int32'), output_type=T('int32'))
    for op in ('Cumsum', 'Cumprod'):
        for dtype in WIDE + (['int32', 'int64'] if op == 'Cumsum' else []):
            for reverse in (False, True):
                for exclusive in (False, True):
                    case('reduction', op, (smooth(dtype, (2, 4)), scalar('int32', 1)), T=T(dtype), Tidx=T('int32'), reverse=reverse, exclusive=exclusive)
    for dtype in WIDE:
        case('reduction', 'L2Loss', [smooth(dtype, (2, 4))], T=T(dtype))

    for dtype in FLOATS + ['int32']:
        for ta in (False, True):
            for tb in (False, True):
                a = smooth(dtype, (4, 3) if ta else (3, 4))
                b = smooth(dtype, (5, 4) if tb else (4, 5), 1)
                case('matmul', 'MatMul', (a, b), T=T(dtype), transpose_a=ta, transpose_b=tb)
    case('matmul', 'BatchMatMul', (smooth('float32', (2, 3, 4)), smooth('float32', (2, 4, 2), 1)), T=T('float32'))
    case('matmul', 'BatchMatMulV2', (smooth('float32', (2, 1, 3, 4)), smooth('float32', (3, 2, 4), 1)), T=T('float32'), adj_y=True)
    case('matmul', 'MatMul', (smooth('float32', (0, 3)), smooth('float32', (3, 2))), T=T('float32'))
    case('matmul', 'MatMul', (smooth('float32', (2, 3)), smooth('float32', (2, 2))), T=T('float32'))

    for padding in ('SAME', 'VALID', 'EXPLICIT'):
        extra = dict(explicit_paddings=[0, 0, 1, 0, 2, 1, 0, 0]) if padding == 'EXPLICIT' else {}
        for strides, dilations in [([1, 1, 1, 1], [1, 1, 1, 1]), ([1, 2, 1, 1], [1, 1, 1, 1]), ([1, 1, 1, 1], [1, 2, 1, 1])]:
            case('convolution', 'Conv2D', (smooth('float32', (2, 5, 6, 3)), smooth('float32', (3, 2, 3, 4), 1)), T=T('float32'), strides=strides, dilations=dilations, padding=padding, **extra)
        if padding != 'EXPLICIT':
            case('convolution', 'DepthwiseConv2dNative', (smooth('float32', (2, 5, 6, 3)), smooth('float32', (3, 2, 3, 2), 1)), T=T('float32'), strides=[1, 2, 2, 1], padding=padding)
            case('convolution', 'Conv3D', (smooth('float32', (1, 3, 4, 5, 2)), smooth('float32', (2, 3, 2, 2, 3), 1)), T=T('float32'), strides=[1, 1, 2, 1, 1], padding=padding)
            size = [2, 6, 5, 3]
            out = (2, 3, 3, 4) if padding == 'SAME' else (2, 2, 2, 4)
            case('convolution', 'Conv2DBackpropInput', (ints(*size), smooth('float32', (3, 2, 3, 4)), smooth('float32', out, 1)), T=T('float32'), strides=[1, 2, 2, 1], padding=padding)
            case('convolution', 'Conv3DBackpropInputV2', (ints(1, 4, 4, 4, 2), smooth('float32', (2, 2, 2, 2, 3)), smooth('float32', (1, 2, 2, 2, 3), 1)), T=T('float32'), Tshape=T('int32'), strides=[1, 2, 2, 2, 1], padding=padding)
            for op in ('MaxPool', 'AvgPool'):
                for dtype in WIDE + (['int32', 'uint8'] if op == 'MaxPool' else []):
                    case('pooling', op, [smooth(dtype, (2, 5, 6, 3), low=0)], T=T(dtype), ksize=[1, 3, 2, 1], strides=[1, 2, 1, 1], padding=padding)
                case('pooling', op + '3D', [smooth('float32', (1, 4, 5, 6, 2))], T=T('float32'), ksize=[1, 2, 3, 2, 1], strides=[1, 2, 1, 2, 1], padding=padding)
            case('pooling', 'QuantizedMaxPool', (array('quint8', np.arange(60) * 37 % 256, (1, 5, 6, 2)), scalar('float32', -1), scalar('float32', 2)), T=T('quint8'), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding=padding)
            case('quantization', 'QuantizedConv2D', (array('quint8', np.arange(60) * 37 % 256, (1, 5, 6, 2)), array('quint8', np.arange(24) * 91 % 256, (2, 2, 2, 3)), *[scalar('float32', v) for v in (-1, 2, -0.7, 0.9)]), Tinput=T('quint8'), Tfilter=T('quint8'), out_type=T('qint32'), strides=[1, 2, 2, 1], padding=padding)
    for dtype in FLOATS:
        case('normalization', 'Softmax', [smooth(dtype, (3, 5))], T=T(dtype))
        case('normalization', 'LogSoftmax', [smooth(dtype, (3, 5))], T=T(dtype))
    vectors = [smooth('float32', (3,), seed, low=0.1) for seed in (1, 2, 3, 4)]
    for op in ('FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'):
        types = dict(T=T('float32')) if op == 'FusedBatchNorm' else dict(T=T('float32'), U=T('float32'))
        case('normalization', op, (smooth('float32', (2, 2, 2, 3)), *vectors), epsilon={'f': 0.001}, is_training=False, **types)

    quint8 = array('quint8', range(256))
    for low, high in [(-1, 1), (-0.37, 5.2), (0, 6), (-10, -1), (3, 3), (0, 1.1754944e-38)]:
        for mode in ('MIN_FIRST', 'MIN_COMBINED', 'SCALED'):
            case('quantization', 'Dequantize', (quint8, scalar('float32', low), scalar('float32', high)), T=T('quint8'), mode=mode)
            case('quantization', 'Dequantize', (array('qint8', range(-128, 128)), scalar('float32', low), scalar('float32', high)), T=T('qint8'), mode=mode)
        case('quantization', 'Dequantize', (array('qint32', [-2147483648, -7, 0, 5, 1000000, 2147483647]), scalar('float32', low), scalar('float32', high)), T=T('qint32'), mode='MIN_FIRST')
    for low, high in [(-3, 3), (0.5, 2), (-0.001, 0.001), (-2, -1), (0, 0)]:
        for mode in ('MIN_FIRST', 'MIN_COMBINED'):
            for dtype in ('quint8', 'qint8'):
                case('quantization', 'QuantizeV2', (smooth('float32', (40,)), scalar('float32', low), scalar('float32', high)), T=T(dtype), mode=mode)
    random = np.random.RandomState(3)
    q32 = array('qint32', random.randint(-2 ** 31, 2 ** 31 - 1, 40))
    small = array('qint32', random.randint(-20000, 90000, 40))
    for low, high in [(-10, 10), (-3e4, 3e4), (0, 100)]:
        for value in (q32, small):
            case('quantization', 'RequantizationRange', (value, scalar('float32', low), scalar('float32', high)), Tinput=T('qint32'))
            for a, b in [(-5, 5), (0, 6), (-0.1, 1.3)]:
                case('quantization', 'Requantize', (value, *[scalar('float32', v) for v in (low, high, a, b)]), Tinput=T('qint32'), out_type=T('quint8'))
    q = array('quint8', random.randint(0, 256, 12), (3, 4))
    r = array('quint8', random.randint(0, 256, 8), (4, 2))
    bounds = [scalar('float32', v) for v in (-1, 2, -0.7, 0.9)]
    case('quantization', 'QuantizedMatMul', (q, r, *bounds), T1=T('quint8'), T2=T('quint8'), Toutput=T('qint32'))
    case('quantization', 'QuantizedAdd', (q, array('quint8', random.randint(0, 256, 12), (3, 4)), *bounds), T1=T('quint8'), T2=T('quint8'), Toutput=T('qint32'))
    case('quantization', 'QuantizedAdd', (q, array('quint8', random.randint(0, 256, 4), (4,)), *bounds), T1=T('quint8'), T2=T('quint8'), Toutput=T('qint32'))
    case('quantization', 'QuantizedAdd', (q, array('quint8', [77], ()), *bounds), T1=T('quint8'), T2=T('quint8'), Toutput=T('qint32'))
    case('quantization', 'QuantizedRelu', (q, scalar('float32', -1), scalar('float32', 2)), Tinput=T('quint8'), out_type=T('quint8'))
    case('quantization', 'QuantizedReshape', (q, ints(2, -1), scalar('float32', -1), scalar('float32', 2)), T=T('quint8'), Tshape=T('int32'))
    for bits, narrow in [(8, False), (4, True)]:
        case('quantization', 'FakeQuantWithMinMaxArgs', [smooth('float32', (40,))], min={'f': -0.7}, max={'f': 2.1}, num_bits=bits, narrow_range=narrow)
        case('quantization', 'FakeQuantWithMinMaxVars', (smooth('float32', (40,)), scalar('float32', 0.3), scalar('float32', 2.1)), num_bits=bits, narrow_range=narrow)

    g = 'gather'
    case(g, 'Gather', (grid('float32', 3, 4), ints(2, 0, shape=(1, 2))), Tparams=T('float32'), Tindices=T('int32'), validate_indices=True)
    both = dict(Tparams=T('float32'), Tindices=T('int32'), Taxis=T('int32'))
    case(g, 'GatherV2', (grid('float32', 2, 3, 4), ints(2, 0), scalar('int32', -1)), **both)
    case(g, 'GatherV2', (grid('float32', 2, 3, 4), ints(2, 0, 1, 1, shape=(2, 2)), scalar('int32', 1)), batch_dims=1, **both)
    case(g, 'GatherV2', (grid('float32', 2, 3), ints(5), scalar('int32', 0)), **both)
    case(g, 'GatherNd', (grid('float32', 2, 3, 4), ints(1, 2, 0, 0, shape=(2, 2))), Tparams=T('float32'), Tindices=T('int32'))
    case(g, 'ScatterNd', (ints(1, 3, 1, shape=(3, 1)), grid('float32', 3, 2), ints(5, 2)), T=T('float32'), Tindices=T('int32'))
    case(g, 'UnsortedSegmentSum', (grid('float32', 4, 2), ints(2, 0, 2, -1), scalar('int32', 4)), T=T('float32'), Tindices=T('int32'), Tnumsegments=T('int32'))
    case(g, 'DynamicPartition', (grid('float32', 4, 2), ints(1, 0, 1, 1)), T=T('float32'), num_partitions=3)
    for op in ('DynamicStitch', 'ParallelDynamicStitch'):
        case(g, op, (ints(2, 0), ints(1, 3), grid('float32', 2, 2), smooth('float32', (2, 2))), T=T('float32'), N=2)
    case(g, 'InvertPermutation', [ints(2, 0, 1)], T=T('int32'))
    for dtype in ('bool', 'float32', 'int64'):
        case(g, 'Where', [array(dtype, [[0, 1, 1], [1, 0, 0]])], T=T(dtype))
    for op in ('Unique', 'UniqueWithCounts'):
        case(g, op, [array('float32', [3, 1, 3, 2, 1, 0])], T=T('float32'), out_idx=T('int32'))
    case(g, 'ListDiff', (ints(1, 2, 3, 4, 5, 6), ints(1, 3, 5)), T=T('int32'), out_idx=T('int32'))
    case(g, 'TopKV2', (array('float32', [[3, 1, 3, 2, 7], [0, -1, 5, 5, 5]]), scalar('int32', 3)), T=T('float32'))

    case('matrix', 'MatrixDiag', [grid('float32', 2, 3)], T=T('float32'))
    case('matrix', 'MatrixDiagPart', [grid('float32', 2, 3, 4)], T=T('float32'))
    case('matrix', 'MatrixSetDiag', (grid('float32', 2, 3, 4), grid('float32', 2, 3)), T=T('float32'))
    for below, above in [(1, 0), (-1, 1), (0, -1)]:
        case('matrix', 'MatrixBandPart', (grid('float32', 3, 4), scalar('int64', below), scalar('int64', above)), T=T('float32'), Tindex=T('int64'))
    spd = np.array([[4, 1, 0.5], [1, 3, 0.2], [0.5, 0.2, 2]])
    for dtype in WIDE:
        case('matrix', 'Cholesky', [array(dtype, spd)], T=T(dtype))
        for lower in (True, False):
            for adjoint in (True, False):
                case('matrix', 'MatrixTriangularSolve', (array(dtype, spd), smooth(dtype, (3, 2))), T=T(dtype), lower=lower, adjoint=adjoint)


def sweep():
    """The dtypes that the cases above leave out."""
    def count(dtype, *shape):
        return array(dtype, np.arange(int(np.prod(shape))) * 7 % 11, shape)

    for dtype in ['float16', 'bfloat16']:
        case('arithmetic', 'Div', pair(dtype), T=T(dtype))
    for dtype in ['uint8', 'uint16', 'uint32', 'uint64']:
        case('unary', 'Neg', [array(dtype, specials(dtype))], T=T(dtype))
    for dtype in FLOATS:
        case('unary', 'CheckNumerics', [array(dtype, [1, 2])], T=T(dtype), message='here')
    for source, target in [('float64', 'int64'), ('bfloat16', 'int16'), ('int8', 'uint8'), ('uint16', 'float16'), ('uint32', 'float32'), ('uint64', 'float64')]:
        case('cast', 'Bitcast', [array(source, [1, 2, 3])], T=T(source), type=T(target))
    case('movement', 'BroadcastArgs', (ints(2, 1, dtype='int64'), ints(3, 1, 4, dtype='int64')), T=T('int64'))
    for dtype in ['int8', 'int16', 'uint8', 'uint16', 'uint32', 'uint64']:
        case('fill', 'Range', [scalar(dtype, v) for v in (3, 18, 4)], Tidx=T(dtype))
    for dtype in ['float64', 'bfloat16', 'int8', 'int16', 'uint16', 'uint32', 'uint64']:
        for op in ('ArgMax', 'ArgMin'):
            case('reduction', op, (count(dtype, 2, 3, 4), scalar('int32', 1)), T=T(dtype), Tidx=T('int32'), output_type=T('int64'))
    for dtype in FLOATS + ['int32']:
        for op in ('BatchMatMul', 'BatchMatMulV2'):
            case('matmul', op, (smooth(dtype, (2, 3, 4)), smooth(dtype, (2, 4, 2), 1)), T=T(dtype))
    plain2, plain3 = dict(strides=[1, 1, 1, 1], padding='SAME'), dict(strides=[1, 1, 1, 1, 1], padding='SAME')
    for dtype in ['float64', 'float16', 'bfloat16']:
        case('convolution', 'Conv2D', (smooth(dtype, (1, 3, 4, 2)), smooth(dtype, (2, 2, 2, 3), 1)), T=T(dtype), **plain2)
        if dtype != 'bfloat16':
            case('convolution', 'DepthwiseConv2dNative', (smooth(dtype, (1, 3, 4, 2)), smooth(dtype, (2, 2, 2, 3), 1)), T=T(dtype), **plain2)
        case('convolution', 'Conv3D', (smooth(dtype, (1, 2, 3, 4, 2)), smooth(dtype, (2, 2, 2, 2, 3), 1)), T=T(dtype), **plain3)
        case('pooling', 'AvgPool', [smooth(dtype, (1, 3, 4, 2))], T=T(dtype), ksize=[1, 2, 2, 1], **plain2)
        case('pooling', 'AvgPool3D', [smooth(dtype, (1, 3, 3, 4, 2))], T=T(dtype), ksize=[1, 2, 2, 2, 1], **plain3)
    case('convolution', 'Conv2DBackpropInput', (ints(1, 3, 4, 2), smooth('float64', (2, 2, 2, 3)), smooth('float64', (1, 3, 4, 3), 1)), T=T('float64'), **plain2)
    case('convolution', 'Conv3DBackpropInputV2', (ints(1, 2, 3, 4, 2), smooth('float64', (2, 2, 2, 2, 3)), smooth('float64', (1, 2, 3, 4, 3), 1)), T=T('float64'), Tshape=T('int32'), **plain3)
    for dtype in FLOATS + ['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32']:
        case('pooling', 'MaxPool', [count(dtype, 1, 3, 4, 2)], T=T(dtype), ksize=[1, 2, 2, 1], **plain2)
        case('pooling', 'MaxPool3D', [count(dtype, 1, 3, 3, 4, 2)], T=T(dtype), ksize=[1, 2, 2, 2, 1], **plain3)
    for dtype in WIDE:
        old = [smooth(dtype, (3,), seed, low=0.1) for seed in (1, 2, 3, 4)]
        for scaled in (True, False):
            case('normalization', 'BatchNormWithGlobalNormalization', (smooth(dtype, (2, 2, 2, 3)), *old), T=T(dtype), variance_epsilon={'f': 0.01}, scale_after_normalization=scaled)
    g = 'gather'
    for dtype in ['float64', 'int32']:
        case(g, 'ScatterNd', (ints(1, 3, 1, shape=(3, 1)), count(dtype, 3, 2), ints(5, 2)), T=T(dtype), Tindices=T('int32'))
        case(g, 'UnsortedSegmentSum', (count(dtype, 4, 2), ints(2, 0, 2, -1), scalar('int32', 4)), T=T(dtype), Tindices=T('int32'), Tnumsegments=T('int32'))
    case(g, 'InvertPermutation', [ints(2, 0, 1, dtype='int64')], T=T('int64'))
    for dtype in WIDE + INTS:
        case(g, 'Where', [array(dtype, [[0, 1, 1], [1, 0, 0]])], T=T(dtype))
        for op in ('Unique', 'UniqueWithCounts'):
            case(g, op, [array(dtype, [3, 1, 3, 2, 1, 0])], T=T(dtype), out_idx=T('int64'))
        case(g, 'ListDiff', (ints(1, 2, 3, 4, 5, 6, dtype=dtype), ints(1, 3, 5, dtype=dtype)), T=T(dtype), out_idx=T('int32'))
        case(g, 'TopKV2', (array(dtype, [[3, 1, 3, 2, 7]]), scalar('int32', 3)), T=T(dtype))
    q = 'quantization'
    for dtype in ['qint16', 'quint16']:
        for mode in ('MIN_FIRST', 'MIN_COMBINED', 'SCALED'):
            case(q, 'Dequantize', (array(dtype, [0, 1, 77, 30000]), scalar('float32', -1), scalar('float32', 2)), T=T(dtype), mode=mode)
    for dtype in ['qint8', 'qint16', 'quint16', 'qint32']:
        case(q, 'QuantizedReshape', (array(dtype, [1, 2, 3, 4]), ints(2, -1), scalar('float32', -1), scalar('float32', 2)), T=T(dtype), Tshape=T('int32'))
    case(q, 'QuantizedRelu', (array('qint32', [-5, 7, 100000]), scalar('float32', -1), scalar('float32', 2)), Tinput=T('qint32'), out_type=T('qint32'))
    x = count('float32', 2, 3)
    for op in ('StopGradient', 'PreventGradient', 'Snapshot', 'DeepCopy'):
        case('movement', op, [x], T=T('float32'))
    case('movement', 'Shape', [x], T=T('float32'), out_type=T('int64'))
    case('movement', 'EnsureShape', [x], T=T('float32'), shape={'shape': [None, 3]})
    case('movement', 'EnsureShape', [x], T=T('float32'), shape={'shape': [None, 4]})
    case('movement', 'PlaceholderWithDefault', [x], dtype=T('float32'), shape={'shape': [None, 3]})
    for dtype in FLOATS:
        case('arithmetic', 'BiasAddV1', (count(dtype, 2, 3), count(dtype, 3)), T=T(dtype))
