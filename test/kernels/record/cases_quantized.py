"""Quantised ops of the eight-bit recipe, strings, sparse tensors."""
from values import *

COMPLEX = ['complex64', 'complex128']


def floats(*values):
    return [scalar('float32', value) for value in values]


def declare():
    q = 'eight-bit'
    random = np.random.RandomState(5)
    x = array('quint8', random.randint(0, 256, 24), (4, 6))
    y = array('quint8', random.randint(0, 256, 24), (4, 6))
    bias = array('quint8', random.randint(0, 256, 6))
    for bounds in [(-1, 2, -0.7, 0.9), (0, 6, -3, 3), (-0.2, 0.1, 0, 1)]:
        for other in (y, bias, array('quint8', 77, ())):
            case(q, 'QuantizedMul', (x, other, *floats(*bounds)), T1=T('quint8'), T2=T('quint8'), Toutput=T('qint32'))
        case(q, 'QuantizedBiasAdd', (x, bias, *floats(*bounds)), T1=T('quint8'), T2=T('quint8'), out_type=T('qint32'))
        low = bounds[::2]
        high = bounds[1::2]
        case(q, 'QuantizedConcat', (scalar('int32', 1), x, y, *floats(*low), *floats(*high)), N=2, T=T('quint8'))
    wide = array('qint32', random.randint(-2 ** 31, 2 ** 31 - 1, 40))
    small = array('qint32', random.randint(-20000, 90000, 40))
    for value in (wide, small):
        case(q, 'QuantizedConcat', (scalar('int32', 0), value, value, *floats(-10, -3), *floats(10, 5)), N=2, T=T('qint32'))
        for low, high in [(-10, 10), (-3e4, 3e4), (0, 100)]:
            case(q, 'QuantizeDownAndShrinkRange', (value, *floats(low, high)), Tinput=T('qint32'), out_type=T('quint8'))
            case(q, 'QuantizedRelu6', (value, *floats(low, high)), Tinput=T('qint32'), out_type=T('qint32'))
    for low, high in [(-1, 10), (-1, 3), (0, 6)]:
        case(q, 'QuantizedRelu6', (x, *floats(low, high)), Tinput=T('quint8'), out_type=T('quint8'))
    for padding in ('SAME', 'VALID'):
        case(q, 'QuantizedAvgPool', (array('quint8', random.randint(0, 256, 60), (1, 5, 6, 2)), *floats(-1, 2)), T=T('quint8'), ksize=[1, 2, 3, 1], strides=[1, 2, 1, 1], padding=padding)
    for bits, narrow in [(8, False), (4, True)]:
        case(q, 'FakeQuantWithMinMaxVarsPerChannel', (smooth('float32', (20, 3)), array('float32', [-0.7, 0, -3]), array('float32', [2.1, 1, 0.2])), num_bits=bits, narrow_range=narrow)
    case(q, 'FakeQuantWithMinMaxVarsPerChannel', (smooth('float32', (20, 3)), array('float32', [0, -1, -2]), array('float32', [0, 1, 2])))
    t = 'text'
    words = array('string', [b'Ab', b'', b'c\xc3\xa9d', b'xyz9'], (2, 2))
    case(t, 'StringJoin', (words, scalar('string', b'-'), words), N=3, separator='+')
    case(t, 'StringJoin', (words, array('string', [b'a'])), N=2)
    case(t, 'StringLength', [words])
    case(t, 'Add', (words, array('string', [b'!', b'?'])), T=T('string'))
    case(t, 'ZerosLike', [words], T=T('string'))
    case(t, 'StringLength', [words], unit='UTF8_CHAR')
    case(t, 'StringLower', [words])
    case(t, 'StringUpper', [words])
    for dtype in ('int32', 'int64'):
        case(t, 'Substr', (array('string', [b'hello', b'worlds']), scalar(dtype, 1), scalar(dtype, 3)), T=T(dtype))
        case(t, 'Substr', (array('string', [b'hello', b'worlds']), ints(-2, 3, dtype=dtype), ints(9, 2, dtype=dtype)), T=T(dtype))
    case(t, 'Substr', (array('string', [b'hello', b'ab']), scalar('int32', 4), scalar('int32', 3)), T=T('int32'))
    for dtype in ('float32', 'float64', 'int32', 'int64'):
        case(t, 'StringToNumber', [array('string', [b'12', b'-7', b' 3 '])], out_type=T(dtype))
        case(t, 'StringToNumber', [array('string', [b'1.5'] if 'float' in dtype else [b'1x'])], out_type=T(dtype))
    case(t, 'StringToNumber', [array('string', [b'0.1', b'1e-3', b'3.4e38'])], out_type=T('float32'))
    s = 'sparse'
    indices = ints(0, 1, 2, 0, 2, 3, dtype='int64', shape=(3, 2))
    for shape in [(2, 3, 2), (-1, 4), (12,)]:
        case(s, 'SparseReshape', (indices, ints(3, 4, dtype='int64'), ints(*shape, dtype='int64')))
    case(s, 'SparseReshape', (indices, ints(3, 4, dtype='int64'), ints(5, -1, dtype='int64')))
    for dtype in NUMBERS + COMPLEX + ['bool', 'string']:
        values = {'bool': [1, 0, 1], 'string': [b'a', b'b', b'c']}.get(dtype, [4, 5, 6])
        case(s, 'SparseFillEmptyRows', (indices, array(dtype, values), ints(4, 4, dtype='int64'), scalar(dtype, values[1])), T=T(dtype))
    case(s, 'SparseFillEmptyRows', (ints(2, 1, 0, 3, 2, 0, dtype='int64', shape=(3, 2)), array('float32', [1, 2, 3]), ints(3, 4, dtype='int64'), scalar('float32', 9)), T=T('float32'))
