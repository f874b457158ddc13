"""What depends on order: reversing, searching, the largest; Einsum."""
from values import *


def declare():
    o = 'order'
    kinds = NUMBERS + ['bool', 'string', 'complex64', 'complex128']
    for dtype in kinds:
        values = [f's{i}'.encode() for i in range(12)] if dtype == 'string' else np.arange(12) % (2 if dtype == 'bool' else 99)
        x = array(dtype, values, (2, 3, 2))
        case(o, 'ReverseSequence', (x, ints(2, 3)), T=T(dtype), Tlen=T('int32'), seq_dim=1, batch_dim=0)
        case(o, 'Reverse', (x, array('bool', [1, 0, 1])), T=T(dtype))
    case(o, 'ReverseSequence', (array('float32', np.arange(12), (3, 4)), ints(0, 2, 3, 1, dtype='int64')), T=T('float32'), Tlen=T('int64'), seq_dim=0, batch_dim=1)
    case(o, 'ReverseSequence', (array('float32', np.arange(12), (3, 4)), ints(0, 5, 3)), T=T('float32'), Tlen=T('int32'), seq_dim=1)
    for dtype in NUMBERS:
        row = array(dtype, [[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
        for n, reverse in [(0, False), (2, False), (1, True)]:
            case(o, 'NthElement', (row, scalar('int32', n)), T=T(dtype), reverse=reverse)
        for op in ['LowerBound', 'UpperBound']:
            case(o, op, (array(dtype, [[1, 3, 3, 5], [0, 2, 4, 6]]), array(dtype, [[0, 3, 9], [2, 5, 6]])), T=T(dtype), out_type=T('int32'))
    case(o, 'NthElement', (row, scalar('int32', 5)), T=T(dtype))
    for dtype in NUMBERS + ['bool', 'string']:
        values = {'bool': [1, 0, 1], 'string': [b'b', b'a', b'b']}.get(dtype, [3, 1, 3, 2])
        for op in ['UniqueV2', 'UniqueWithCountsV2']:
            case(o, op, (array(dtype, values), Value('int64', np.zeros(0, 'i8'))), T=T(dtype), Taxis=T('int64'), out_idx=T('int32'))
    predictions = array('float32', [[0.1, 0.3, 0.2, 0.4], [0.5, 0.5, 0.1, 0.2], [np.inf, 0, 1, 2], [1, 2, 3, 4]])
    for k in (1, 2, 3):
        case(o, 'InTopK', (predictions, ints(1, 0, 1, 7)), T=T('int32'), k=k)
        case(o, 'InTopKV2', (predictions, ints(1, 0, 1, 0, dtype='int64'), scalar('int64', k)), T=T('int64'))
    for dtype in ['float32', 'float64', 'int32', 'int64']:
        case(o, 'RaggedRange', (array(dtype, [0, 5, 8]), array(dtype, [3, 5, 2]), array(dtype, [1, 1, -2])), T=T(dtype), Tsplits=T('int64'))
        case(o, 'RaggedRange', (array(dtype, [0, 5]), scalar(dtype, 9), scalar(dtype, 2)), T=T(dtype), Tsplits=T('int32'))
    e = 'einsum'
    for dtype in FLOATS + ['int32', 'int64']:
        case(e, 'Einsum', (smooth(dtype, (2, 3, 4)), smooth(dtype, (2, 4, 5), 1)), T=T(dtype), N=2, equation='bij,bjk->bik')
    f = dict(T=T('float32'), N=2)
    a, b = smooth('float32', (2, 3, 4)), smooth('float32', (4, 5), 1)
    case(e, 'Einsum', (a, b), equation='abc,cd->dab', **f)
    case(e, 'Einsum', (a, b), equation='...c,cd->...d', **f)
    case(e, 'Einsum', (a, smooth('float32', (3,), 1)), equation='abc,b->ac', **f)
    case(e, 'Einsum', (smooth('float32', (2, 1, 3, 4)), smooth('float32', (5, 4, 2), 1)), equation='...ij,...jk->...ik', **f)
    case(e, 'Einsum', (a, a), equation='abc,abc->', **f)
    case(e, 'Einsum', (a, b), equation='abc,bd->ad', **f)
    case(e, 'Einsum', [smooth('float32', (3, 3))], T=T('float32'), N=1, equation='ii->i')
    case(e, 'Einsum', [smooth('float32', (3, 3))], T=T('float32'), N=1, equation='ii->')
    case(e, 'Einsum', [a], T=T('float32'), N=1, equation='abc->ca')
