"""Segments, scattered updates, counts."""
from values import *

COMPLEX = ['complex64', 'complex128']


def rows(dtype, shape, seed=0):
    random = np.random.RandomState(seed)
    if dtype in COMPLEX:
        return array(dtype, random.uniform(-2, 2, shape) + 1j * random.uniform(-2, 2, shape))
    if dtype in FLOATS:
        return array(dtype, random.uniform(-2, 2, shape))
    if dtype == 'bool':
        return array(dtype, random.randint(0, 2, shape))
    if dtype == 'string':
        return array(dtype, [f's{i}'.encode() for i in range(int(np.prod(shape)))], shape)
    return array(dtype, random.randint(0, 100, shape))


def declare():
    f = 'segments'
    for dtype in NUMBERS + COMPLEX:
        types = dict(T=T(dtype), Tindices=T('int32'))
        ordered = dtype not in COMPLEX
        for op in ['SegmentSum', 'SegmentMean'] + (['SegmentProd', 'SegmentMax', 'SegmentMin'] if ordered else []):
            case(f, op, (rows(dtype, (6, 2)), ints(0, 0, 2, 2, 2, 3)), **types)
        for op in ['UnsortedSegmentSum'] + (['UnsortedSegmentProd', 'UnsortedSegmentMax', 'UnsortedSegmentMin'] if ordered else []):
            case(f, op, (rows(dtype, (6, 2)), ints(2, 0, 2, -1, 0, 2), scalar('int32', 4)), Tnumsegments=T('int32'), **types)
        if dtype in COMPLEX:
            continue
        picked = (rows(dtype, (5, 2)), ints(4, 0, 0, 2, 1, 3, 4), ints(0, 0, 0, 2, 2, 3, 3))
        for op in ['SparseSegmentSum'] + (['SparseSegmentMean', 'SparseSegmentSqrtN'] if dtype in FLOATS else []):
            case(f, op, picked, T=T(dtype), Tidx=T('int32'), Tsegmentids=T('int32'))
            case(f, op + 'WithNumSegments', (*picked, scalar('int32', 6)), T=T(dtype), Tidx=T('int32'), Tnumsegments=T('int32'), Tsegmentids=T('int32'))
    for op in ['SegmentSum', 'SegmentMax']:
        case(f, op, (rows('float32', (3,)), ints(1, 0, 2)), T=T('float32'), Tindices=T('int32'))
        case(f, op, (rows('float32', (0, 2)), Value('int64', np.zeros(0, 'i8'))), T=T('float32'), Tindices=T('int64'))
    case(f, 'UnsortedSegmentMax', (rows('float32', (2, 2)), ints(0, 3), scalar('int32', 3)), T=T('float32'), Tindices=T('int32'), Tnumsegments=T('int32'))
    case(f, 'UnsortedSegmentSum', (rows('float32', (2, 2, 3)), ints(0, 1, 1, 2, shape=(2, 2)), scalar('int32', 3)), T=T('float32'), Tindices=T('int32'), Tnumsegments=T('int32'))
    for dtype in WIDE + ['int32', 'int64']:
        for weights in (Value(dtype, np.zeros(0, dtype)), rows(dtype, (6,))):
            case(f, 'Bincount', (ints(1, 0, 1, 3, 9, 2), scalar('int32', 4), weights), T=T(dtype))
            case(f, 'DenseBincount', (ints(1, 0, 1, 3, 9, 2), scalar('int32', 4), weights), T=T(dtype), Tidx=T('int32'))
            case(f, 'DenseBincount', (ints(1, 0, 1, 3, 9, 2), scalar('int32', 4), weights), T=T(dtype), Tidx=T('int32'), binary_output=True)
        case(f, 'DenseBincount', (ints(1, 0, 1, 3, 9, 2, shape=(2, 3)), scalar('int32', 4), rows(dtype, (2, 3))), T=T(dtype), Tidx=T('int32'))
        case(f, 'HistogramFixedWidth', (array(dtype, [-1, 0, 1.5, 2, 5, 15, 3, 4.9999]), array(dtype, [0, 5]), scalar('int32', 5)), T=T(dtype), dtype=T('int32'))
        case(f, 'HistogramFixedWidth', (array(dtype, [-1, 0, 1.5, 2, 5, 15]), array(dtype, [0, 7]), scalar('int32', 3)), T=T(dtype), dtype=T('int64'))
    case(f, 'Bincount', (ints(1, -1), scalar('int32', 4), Value('float32', np.zeros(0, 'f4'))), T=T('float32'))
    case(f, 'HistogramFixedWidth', (array('float32', [1]), array('float32', [1, 1]), scalar('int32', 3)), T=T('float32'), dtype=T('int32'))
    s = 'scatter'
    for dtype in NUMBERS + COMPLEX + ['bool', 'string']:
        types = dict(T=T(dtype), Tindices=T('int32'))
        into = (rows(dtype, (5, 2)), ints(1, 3, 1, shape=(3, 1)), rows(dtype, (3, 2), 1))
        case(s, 'TensorScatterUpdate', into, **types)
        case(s, 'SparseToDense', (ints(0, 1, 1, 2, shape=(2, 2)), ints(2, 3), rows(dtype, (2,)), rows(dtype, (), 5)), **types)
        if dtype == 'bool':
            case(s, 'ScatterNdNonAliasingAdd', into, **types)
        if dtype in ('bool', 'string'):
            continue
        for op in ['TensorScatterAdd', 'TensorScatterSub', 'ScatterNdNonAliasingAdd'] + ([] if dtype in COMPLEX else ['TensorScatterMax', 'TensorScatterMin']):
            case(s, op, into, **types)
        case(s, 'SparseTensorDenseAdd', (ints(0, 1, 1, 2, shape=(2, 2)), rows(dtype, (2,)), ints(2, 3), rows(dtype, (2, 3), 1)), **types)
    for dtype in ['qint8', 'quint8', 'qint16', 'quint16']:
        case(s, 'SparseToDense', (ints(1, 3), ints(5), array(dtype, [7, 8]), array(dtype, 3, ())), T=T(dtype), Tindices=T('int32'))
    for indices in [ints(1, 3), ints(3, 1), ints(1, 1), ints(1, 9)]:
        for validate in (True, False):
            case(s, 'SparseToDense', (indices, ints(5), array('float32', [7, 8]), scalar('float32', 1e-40)), T=T('float32'), Tindices=T('int32'), validate_indices=validate)
    case(s, 'SparseToDense', (scalar('int32', 2), ints(5), scalar('float32', 7), scalar('float32', 0)), T=T('float32'), Tindices=T('int32'))
    case(s, 'SparseToDense', (ints(1, 3), ints(5), scalar('float32', 7), scalar('float32', 0)), T=T('float32'), Tindices=T('int32'))
    case(s, 'TensorScatterUpdate', (rows('float32', (2, 3)), ints(1, 2, 0, 0, shape=(2, 2)), array('float32', [1e-40, 5])), T=T('float32'), Tindices=T('int32'))
    case(s, 'TensorScatterAdd', (array('float32', [1e-40, 5]), ints(1, shape=(1, 1)), array('float32', [1])), T=T('float32'), Tindices=T('int32'))
    case(s, 'TensorScatterMax', (array('float32', [1, np.nan, 3]), ints(0, 1, shape=(2, 1)), array('float32', [np.nan, 1])), T=T('float32'), Tindices=T('int32'))
    case(s, 'TensorScatterUpdate', (rows('float32', (2, 3)), ints(2, shape=(1, 1)), rows('float32', (1, 3))), T=T('float32'), Tindices=T('int32'))
    nans = array('float32', [[1, np.nan], [np.nan, 1], [2, 2]])
    for op in ['SegmentMax', 'SegmentMin']:
        case(f, op, (nans, ints(0, 0, 0)), T=T('float32'), Tindices=T('int32'))
    for op in ['UnsortedSegmentMax', 'UnsortedSegmentMin']:
        case(f, op, (nans, ints(0, 0, 0), scalar('int32', 1)), T=T('float32'), Tindices=T('int32'), Tnumsegments=T('int32'))
