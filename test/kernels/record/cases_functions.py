"""Special functions, linear algebra, gradients of functions."""
from values import *

HALVES = ['float16', 'bfloat16']


def declare():
    s = 'special'
    for dtype in FLOATS:
        for op in ['Lgamma', 'Digamma'] if dtype != 'bfloat16' else []:
            case(s, op, [smooth(dtype, (24,), low=0.1, high=12)], T=T(dtype))
            case(s, op, [smooth(dtype, (12,), low=-4.9, high=0)], T=T(dtype))
            case(s, op, [array(dtype, [0, -1, 1, 2, np.inf, np.nan])], T=T(dtype))
        a, x = smooth(dtype, (6, 1), low=0.2, high=8), smooth(dtype, (1, 6), 1, low=0, high=12)
        for op in ['Igamma', 'Igammac'] if dtype in WIDE else []:
            case(s, op, (a, x), T=T(dtype))
            case(s, op, (array(dtype, [1, 0, -1, 2]), array(dtype, [0, 1, 1, -1])), T=T(dtype))
        for op in ['Xlogy', 'Xlog1py', 'Xdivy']:
            case(s, op, (array(dtype, [0, 0, 0, 1, 2.5, -1, 0.3]), array(dtype, [0, -1, np.nan, 2, 0.7, 1.3, 3])), T=T(dtype))
    for dtype in WIDE:
        case(s, 'Polygamma', (array(dtype, [[0], [1], [2], [5], [1.5]]), smooth(dtype, (1, 6), low=0.3, high=9)), T=T(dtype))
        case(s, 'Zeta', (array(dtype, [[1.5], [2], [4.7], [12], [1], [0.5]]), smooth(dtype, (1, 6), low=0.3, high=9)), T=T(dtype))
        case(s, 'Zeta', (array(dtype, [2, 3, 2.5, 4, 3]), array(dtype, [0, -1, -0.5, -1.5, -2.5])), T=T(dtype))
        case(s, 'Betainc', (smooth(dtype, (5, 1), low=0.3, high=6), smooth(dtype, (1, 5), 1, low=0.3, high=6), scalar(dtype, 0.37)), T=T(dtype))
        case(s, 'Betainc', (smooth(dtype, (6,), low=0.3, high=6), smooth(dtype, (6,), 1, low=0.3, high=6), array(dtype, [0, 1, 0.99, 0.01, 0.5, 0.8])), T=T(dtype))
    n = 'ends'
    ends = [0, -0.0, 1, -1, np.inf, -np.inf, np.nan, 1e-40, 1e-3, -1e-3, 1e-5, -1e-5, 1e-7, -1e-7]
    for op in ['Rsqrt', 'Reciprocal', 'Inv', 'Exp', 'Expm1', 'Log', 'Log1p', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh',
               'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Tanh', 'Sigmoid', 'Erf', 'Erfc', 'Softplus', 'Elu', 'Selu', 'Lgamma', 'Digamma']:
        for dtype in FLOATS:
            if op in ('Lgamma', 'Digamma') and dtype == 'bfloat16':
                continue
            # Of infinity TensorFlow 2.21 makes an undefined number there.
            values = [v for v in ends if np.isfinite(v)] if op == 'Erf' and dtype == 'float64' else ends
            # And of a denormal something between its logarithm and that of the smallest one.
            values = [v for v in values if v != 1e-40] if op == 'Lgamma' else values
            case(n, op, [array(dtype, values)], T=T(dtype))
            low, high = (0.001, 30) if op in ('Rsqrt', 'Log', 'Log1p', 'Lgamma') else (-0.999, 0.999) if op in ('Asin', 'Acos', 'Atanh') else (1, 50) if op == 'Acosh' else (-9, 9)
            case(n, op, [smooth(dtype, (80,), 7, low=low, high=high)], T=T(dtype))
    for dtype in FLOATS:
        case(n, 'Pow', (array(dtype, [[0], [-1], [2], [np.inf], [np.nan], [-0.0], [1], [-2.5]]), array(dtype, [[0, 1, 2, 3, -1, -2, 0.5, np.inf, -np.inf, np.nan]])), T=T(dtype))
        case(n, 'Atan2', (array(dtype, [[0], [-0.0], [1], [-1]]), array(dtype, [[0, -0.0, 1, -1, np.inf, -np.inf, np.nan]])), T=T(dtype))
        case(n, 'Sum', (smooth(dtype, (2, 500)), ints(1)), T=T(dtype), Tidx=T('int32'))
        case(n, 'MatMul', (smooth(dtype, (2, 300)), smooth(dtype, (300, 2), 1)), T=T(dtype))
    l = 'linear'
    for dtype in WIDE:
        square = smooth(dtype, (2, 4, 4), 3)
        for adjoint in (True, False):
            case(l, 'MatrixInverse', [square], T=T(dtype), adjoint=adjoint)
            case(l, 'MatrixSolve', (square, smooth(dtype, (2, 4, 3))), T=T(dtype), adjoint=adjoint)
        for op in ['MatrixDeterminant', 'LogMatrixDeterminant']:
            case(l, op, [square], T=T(dtype))
            case(l, op, [smooth(dtype, (3, 3), 5)], T=T(dtype))
        case(l, 'MatrixDeterminant', [array(dtype, [[1, 2], [2, 4]])], T=T(dtype))
        for index in ('int32', 'int64'):
            case(l, 'Lu', [square], T=T(dtype), output_idx_type=T(index))
        for full in (True, False):
            case(l, 'Svd', [smooth(dtype, (2, 4, 3))], T=T(dtype), compute_uv=False, full_matrices=full, _open=[1, 2])
        case(l, 'Svd', [smooth(dtype, (3, 5))], T=T(dtype), compute_uv=False, _open=[1, 2])
    case(l, 'MatrixInverse', [smooth('float16', (3, 3), 3)], T=T('float16'))
    case(l, 'MatrixInverse', [array('float32', [[1, 2], [2, 4]])], T=T('float32'))
    case(l, 'MatrixInverse', [smooth('float32', (3, 2), 3)], T=T('float32'))
    case(l, 'Lu', [array('float32', [[1, 2], [2, 4]])], T=T('float32'))
