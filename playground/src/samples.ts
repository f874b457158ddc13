/** Drawings to start with, of things that MobileNet knows: the page needs no picture files. */
export interface Sample {
  readonly name: string
  readonly draw: (context: CanvasRenderingContext2D) => void
}

/** The side of the square that the samples are drawn in. */
export const sampleSide = 320

export const samples: readonly Sample[] = [
  { name: 'Balloon', draw: drawBalloon },
  { name: 'Wall clock', draw: drawClock },
  { name: 'Espresso', draw: drawEspresso },
  { name: 'Traffic light', draw: drawTrafficLight },
]

/** A canvas with the drawing. */
export function drawSample({ draw }: Sample): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = sampleSide
  canvas.height = sampleSide
  draw(canvas.getContext('2d')!)
  return canvas
}

type Context = CanvasRenderingContext2D
type Stops = readonly (readonly [offset: number, color: string])[]
type Point = readonly [x: number, y: number]

function linear(context: Context, [x0, y0]: Point, [x1, y1]: Point, stops: Stops): CanvasGradient {
  const gradient = context.createLinearGradient(x0, y0, x1, y1)
  for (const [offset, color] of stops) gradient.addColorStop(offset, color)
  return gradient
}

/** A gradient from the point `light` to a circle. */
function radial(context: Context, light: Point, [x, y]: Point, radius: number, stops: Stops): CanvasGradient {
  const gradient = context.createRadialGradient(...light, 4, x, y, radius)
  for (const [offset, color] of stops) gradient.addColorStop(offset, color)
  return gradient
}

function background(context: Context, top: string, bottom: string): void {
  context.fillStyle = linear(
    context,
    [0, 0],
    [0, sampleSide],
    [
      [0, top],
      [1, bottom],
    ],
  )
  context.fillRect(0, 0, sampleSide, sampleSide)
}

function disc(context: Context, [x, y]: Point, radius: number, fill: string | CanvasGradient): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fillStyle = fill
  context.fill()
}

function withShadow(context: Context, blur: number, y: number, draw: () => void): void {
  context.save()
  context.shadowColor = 'rgb(0 0 0 / 0.5)'
  context.shadowBlur = blur
  context.shadowOffsetY = y
  draw()
  context.restore()
}

function drawBalloon(context: Context): void {
  background(context, '#3f7fc4', '#bfdcf2')
  context.fillStyle = 'rgb(255 255 255 / 0.5)'
  for (const [x, y, width, height] of [
    [40, 250, 56, 10],
    [64, 243, 34, 10],
    [270, 92, 60, 10],
    [292, 84, 36, 10],
  ] as const) {
    context.beginPath()
    context.ellipse(x, y, width, height, 0, 0, 2 * Math.PI)
    context.fill()
  }
  const gore = (width: number, fill: string | CanvasGradient): void => {
    context.beginPath()
    context.moveTo(160 - width * 0.16, 236)
    context.bezierCurveTo(160 - width * 0.5, 200, 160 - width, 170, 160 - width, 118)
    context.bezierCurveTo(160 - width, 52, 160 - width * 0.5, 22, 160, 22)
    context.bezierCurveTo(160 + width * 0.5, 22, 160 + width, 52, 160 + width, 118)
    context.bezierCurveTo(160 + width, 170, 160 + width * 0.5, 200, 160 + width * 0.16, 236)
    context.closePath()
    context.fillStyle = fill
    context.fill()
  }
  for (const [width, color] of [
    [104, '#d6332a'],
    [82, '#f2b632'],
    [60, '#d6332a'],
    [38, '#f7efe0'],
    [16, '#2d5fa8'],
  ] as const) {
    gore(width, color)
  }
  gore(
    104,
    radial(context, [120, 80], [160, 130], 150, [
      [0, 'rgb(255 255 255 / 0.35)'],
      [0.5, 'rgb(255 255 255 / 0)'],
      [1, 'rgb(0 0 0 / 0.45)'],
    ]),
  )
  context.strokeStyle = '#4a3826'
  context.lineWidth = 1.5
  for (const direction of [-1, 1]) {
    context.beginPath()
    context.moveTo(160 + 14 * direction, 236)
    context.lineTo(160 + 11 * direction, 266)
    context.stroke()
  }
  context.fillStyle = linear(
    context,
    [145, 0],
    [175, 0],
    [
      [0, '#a9773f'],
      [1, '#5d3c1c'],
    ],
  )
  context.fillRect(147, 264, 26, 22)
}

function drawClock(context: Context): void {
  const center: Point = [160, 160]
  background(context, '#d9d2c4', '#b5ac9b')
  withShadow(context, 24, 8, () => disc(context, center, 132, '#4a3324'))
  disc(
    context,
    center,
    132,
    linear(
      context,
      [60, 60],
      [260, 260],
      [
        [0, '#8a6040'],
        [1, '#2f1d12'],
      ],
    ),
  )
  disc(
    context,
    center,
    116,
    radial(context, center, center, 116, [
      [0, '#fffdf5'],
      [1, '#ece4d2'],
    ]),
  )
  context.fillStyle = '#1d1a17'
  context.font = 'bold 26px Georgia, serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  for (let hour = 1; hour <= 12; hour++) {
    const angle = (hour * Math.PI) / 6
    context.fillText(String(hour), 160 + 88 * Math.sin(angle), 160 - 88 * Math.cos(angle))
  }
  const turned = (angle: number, draw: () => void): void => {
    context.save()
    context.translate(...center)
    context.rotate(angle)
    draw()
    context.restore()
  }
  for (let minute = 0; minute < 60; minute++) {
    const [width, length] = minute % 5 ? [2, 6] : [4, 10]
    turned((minute * Math.PI) / 30, () => context.fillRect(-width / 2, -112, width, length))
  }
  turned((10.15 * Math.PI) / 6, () => context.fillRect(-4.5, -54, 9, 68))
  turned((1.75 * Math.PI) / 6, () => context.fillRect(-3, -86, 6, 100))
  context.fillStyle = '#aa1111'
  turned(3.6, () => context.fillRect(-1, -88, 2, 102))
  disc(context, center, 8, '#1d1a17')
}

function drawEspresso(context: Context): void {
  context.fillStyle = linear(
    context,
    [0, 0],
    [320, 320],
    [
      [0, '#8a5a38'],
      [0.5, '#6e4428'],
      [1, '#4e2e1a'],
    ],
  )
  context.fillRect(0, 0, sampleSide, sampleSide)
  context.globalAlpha = 0.25
  for (let line = 0; line < 40; line++) {
    const y = line * 8
    context.strokeStyle = line % 2 ? '#3a2010' : '#a06a44'
    context.lineWidth = 1 + (line % 3)
    context.beginPath()
    context.moveTo(0, y)
    context.bezierCurveTo(100, y + 6 * Math.sin(line), 220, y - 6 * Math.cos(line), 320, y + 3)
    context.stroke()
  }
  context.globalAlpha = 1
  const saucer: Point = [155, 165]
  withShadow(context, 24, 10, () => disc(context, saucer, 128, '#e9e4dc'))
  disc(
    context,
    saucer,
    128,
    radial(context, saucer, saucer, 128, [
      [0.5, '#c9c2b8'],
      [0.8, '#efebe4'],
      [0.95, '#fbf9f5'],
      [1, '#d8d2c8'],
    ]),
  )
  const cup: Point = [155, 160]
  context.save()
  context.translate(...cup)
  context.rotate(-0.5)
  withShadow(context, 10, 0, () => {
    context.strokeStyle = '#f3efe8'
    context.lineWidth = 17
    context.beginPath()
    context.ellipse(98, 0, 26, 17, 0, 0, 2 * Math.PI)
    context.stroke()
  })
  context.restore()
  withShadow(context, 16, 6, () => disc(context, cup, 92, '#f6f3ee'))
  disc(
    context,
    cup,
    92,
    linear(
      context,
      [80, 80],
      [230, 240],
      [
        [0, '#ffffff'],
        [1, '#cfc8bd'],
      ],
    ),
  )
  disc(
    context,
    cup,
    82,
    linear(
      context,
      [80, 80],
      [230, 240],
      [
        [0, '#b9b1a5'],
        [1, '#f7f4ef'],
      ],
    ),
  )
  const coffee: Point = [155, 163]
  disc(
    context,
    coffee,
    76,
    radial(context, [141, 151], coffee, 76, [
      [0, '#b07a3e'],
      [0.5, '#9a6430'],
      [0.85, '#7c4a20'],
      [1, '#4a2810'],
    ]),
  )
  context.globalAlpha = 0.5
  for (let ring = 0; ring < 5; ring++) {
    context.strokeStyle = ring % 2 ? '#d8a868' : '#e6bd82'
    context.lineWidth = 5 - ring * 0.7
    context.beginPath()
    context.arc(149 + ring * 2, 161, 20 + ring * 10, ring, ring + 2.6)
    context.stroke()
  }
  context.globalAlpha = 1
}

function drawTrafficLight(context: Context): void {
  background(context, '#6f9bc8', '#cfe0ee')
  context.fillStyle = '#3c4046'
  context.fillRect(152, 250, 16, 70)
  context.fillStyle = linear(
    context,
    [100, 0],
    [220, 0],
    [
      [0, '#2a2c2e'],
      [0.5, '#3b3e41'],
      [1, '#18191a'],
    ],
  )
  context.beginPath()
  context.roundRect(104, 24, 112, 236, 18)
  context.fill()
  const lamps = [
    ['#ff4a3a', '#a00c00'],
    ['#5a4a10', '#2c2408'],
    ['#1c4020', '#0a1c0c'],
  ] as const
  for (const [index, [bright, dark]] of lamps.entries()) {
    const lamp: Point = [160, 64 + index * 76]
    const lit: Stops = [
      [0, bright],
      [1, dark],
    ]
    disc(context, lamp, 35, '#0c0d0e')
    disc(context, lamp, 30, radial(context, [152, lamp[1] - 8], lamp, 30, lit))
    context.strokeStyle = '#111111'
    context.lineWidth = 7
    context.beginPath()
    context.arc(...lamp, 33, 3.3, 6.1)
    context.stroke()
  }
}
