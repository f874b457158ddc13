"""Pictures: resizing, cropping, colours, boxes."""
from values import *


PICTURES = [dtype for dtype in NUMBERS if dtype not in ('uint32', 'uint64')]


def picture(dtype, shape, seed=0):
    random = np.random.RandomState(seed)
    if dtype in FLOATS:
        return array(dtype, random.uniform(0, 1, shape))
    return array(dtype, random.randint(0, 120, shape))


def declare():
    r = 'resize'
    for op in ['ResizeNearestNeighbor', 'ResizeBilinear', 'ResizeBicubic', 'ResizeArea']:
        for dtype in PICTURES:
            case(r, op, (picture(dtype, (1, 3, 4, 2)), ints(5, 3)), T=T(dtype))
        for size in [(7, 9), (2, 2), (1, 1), (4, 5)]:
            for align, half in [(False, False), (True, False), (False, True)]:
                if op == 'ResizeArea' and half:
                    continue
                extra = {} if op == 'ResizeArea' else dict(half_pixel_centers=half)
                case(r, op, (picture('float32', (2, 4, 5, 3)), ints(*size)), T=T('float32'), align_corners=align, **extra)
    case(r, 'ResizeBilinear', (picture('float32', (1, 4, 5, 3)), ints(2, 2)), T=T('float32'), align_corners=True, half_pixel_centers=True)
    case(r, 'ResizeBilinear', (picture('float32', (1, 4, 5, 3)), ints(0, 2)), T=T('float32'))
    boxes = array('float32', [[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], [0.5, 0.6, -0.2, 1.3], [1, 1, 0, 0]])
    for dtype in [each for each in PICTURES if each != 'bfloat16']:
        case(r, 'CropAndResize', (picture(dtype, (2, 4, 5, 2)), boxes, ints(0, 1, 1, 0), ints(3, 4)), T=T(dtype), extrapolation_value={'f': 0.25})
    for method in ['bilinear', 'nearest']:
        for size in [(1, 1), (6, 7)]:
            case(r, 'CropAndResize', (picture('float32', (2, 4, 5, 2)), boxes, ints(0, 1, 1, 0), ints(*size)), T=T('float32'), method=method)
    c = 'colour'
    for dtype in FLOATS:
        for op in ['RGBToHSV', 'HSVToRGB']:
            case(c, op, [picture(dtype, (3, 5, 3))], T=T(dtype))
        case(c, 'RGBToHSV', [array(dtype, [[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0.25]])], T=T(dtype))
    x = picture('float32', (2, 3, 4, 3))
    for value in (0.3, -0.7, 0):
        case(c, 'AdjustHue', (x, scalar('float32', value)), T=T('float32'))
    for value in (0.3, 1.7, 0):
        case(c, 'AdjustSaturation', (x, scalar('float32', value)), T=T('float32'))
        case(c, 'AdjustContrastv2', (x, scalar('float32', value)), T=T('float32'))
    b = 'boxes'
    random = np.random.RandomState(1)
    for dtype in ['float32', 'float16']:
        corners = array(dtype, random.uniform(0, 1, (12, 2)).repeat(2, 1)[:, [0, 2, 1, 3]] + random.uniform(0, 0.5, (12, 4)))
        corners = array(dtype, [[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [1, 101, 0, 100], [0, 0, 0, 1], [0.2, 0.2, 0.8, 0.8]])
        scores = array(dtype, [0.9, 0.75, 0.6, 0.95, 0.5, 0.3, 0.9, 0.2])
        if dtype == 'float32':
            case(b, 'NonMaxSuppression', (corners, scores, scalar('int32', 4)), iou_threshold={'f': 0.5})
            case(b, 'NonMaxSuppression', (corners, scores, scalar('int32', 30)), iou_threshold={'f': 0.3})
        for most, iou, least in [(3, 0.5, 0.0), (30, 0.5, 0.4), (30, 0.9, 0.25)]:
            i, s = scalar(dtype, iou), scalar(dtype, least)
            both = dict(T=T(dtype), T_threshold=T(dtype))
            case(b, 'NonMaxSuppressionV2', (corners, scores, scalar('int32', most), i), **both)
            case(b, 'NonMaxSuppressionV3', (corners, scores, scalar('int32', most), i, s), **both)
            for pad in (True, False):
                case(b, 'NonMaxSuppressionV4', (corners, scores, scalar('int32', most), i, s), pad_to_max_output_size=pad, **both)
                for sigma in (0.0, 0.5):
                    case(b, 'NonMaxSuppressionV5', (corners, scores, scalar('int32', most), i, s, scalar(dtype, sigma)), T=T(dtype), pad_to_max_output_size=pad)
        image = picture(dtype, (2, 6, 7, 3))
        drawn = array('float32', random.uniform(-0.3, 1.2, (2, 3, 4)))
        drawn.data[:, :, 2:] += 0.4
        case(b, 'DrawBoundingBoxes', (image, drawn), T=T(dtype))
        case(b, 'DrawBoundingBoxesV2', (image, drawn, array('float32', [[0.1, 0.2, 0.3], [0.5, 0.6, 0.7]])), T=T(dtype))
        case(b, 'DrawBoundingBoxes', (picture(dtype, (2, 6, 7, 1)), drawn), T=T(dtype))
    case(b, 'NonMaxSuppressionV3', (corners, scores, scalar('int32', 3), scalar('float16', 2), scalar('float16', 0)), T=T('float16'), T_threshold=T('float16'))
    case(c, 'AdjustHue', (smooth('float32', (4, 6, 3)), scalar('float32', 0.2)), T=T('float32'))
    case(c, 'AdjustSaturation', (smooth('float32', (4, 6, 3)), scalar('float32', 0.6)), T=T('float32'))
    case(c, 'RGBToHSV', [smooth('float32', (4, 6, 3))], T=T('float32'))
    case(c, 'HSVToRGB', [smooth('float32', (4, 6, 3))], T=T('float32'))
