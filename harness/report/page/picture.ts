import type { PageEntry } from '../page-data.js'
import { firstFrom, lanesOf, lineHeight, lineTop, marksTop, type Lane } from './lanes.js'
import { clock, niceStep } from './times.js'
import type { View } from './view.js'

const axisHeight = 22

/** Kinds that are drawn in a colour of their own; style.css has the colours. */
const coloured = new Set([
  'step',
  'wait',
  'command',
  'call',
  'error',
  'fault',
  'moment',
  'finding',
  'power',
  'qmp',
])

export interface PictureOptions {
  entries: readonly PageEntry[]
  view: View
  /** A person has pointed at an entry. */
  onChoose: (entry: PageEntry) => void
}

/** The lanes of a timeline on one clock: drawn anew, all that is seen of it, whenever the view changes. */
export class Picture {
  readonly canvas = document.createElement('canvas')
  chosen: PageEntry | undefined
  #found: ReadonlySet<PageEntry> | undefined
  readonly #view: View
  readonly #lanes: Lane[]
  /** How much each mark of each lane matters. */
  #weights = new Map<Lane, Uint8Array>()
  readonly #onChoose: (entry: PageEntry) => void
  readonly #paint: Paint
  #pending = 0
  /** Px, as it was last drawn. */
  #width = 1

  constructor({ entries, view, onChoose }: PictureOptions) {
    this.#view = view
    this.#onChoose = onChoose
    this.#lanes = lanesOf(entries)
    this.canvas.tabIndex = 0
    this.canvas.setAttribute('role', 'img')
    this.canvas.setAttribute(
      'aria-label',
      'timeline: arrow keys move, + and - zoom, 0 shows all; the list below has the same as text',
    )
    this.#paint = new Paint(this.canvas)
    this.found = undefined
    const last = this.#lanes.at(-1)
    this.canvas.style.height = `${axisHeight + (last ? last.top + last.height : 0)}px`
    view.onChange(() => this.draw())
    new ResizeObserver(() => this.draw()).observe(this.canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#paint.forgetColours()
      this.draw()
    })
    this.#listen()
  }

  /** Entries that a search found; undefined when nothing is searched for. */
  set found(found: ReadonlySet<PageEntry> | undefined) {
    this.#found = found
    this.#weights = new Map(
      this.#lanes.map((lane) => [lane, Uint8Array.from(lane.marks, (entry) => this.#weight(entry))]),
    )
  }

  /** Draws with the next frame, once however often it is asked for. */
  draw(): void {
    this.#pending ||= requestAnimationFrame(() => {
      this.#pending = 0
      this.#drawNow()
    })
  }

  #drawNow(): void {
    const { canvas } = this
    // To ask for it again would have the page laid out again, for each mark.
    const width = (this.#width = canvas.clientWidth)
    const height = canvas.clientHeight
    if (width === 0) return
    const scale = devicePixelRatio
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale)
      canvas.height = Math.round(height * scale)
    }
    const paint = this.#paint
    paint.clear(width, height, scale)
    this.#drawAxis(paint, width, height)
    paint.below(axisHeight, width, height, () => {
      for (const lane of this.#lanes) this.#drawLane(paint, lane, width)
    })
  }

  /** Px from the left. */
  #x(t: number): number {
    const { from, to } = this.#view
    return ((t - from) / (to - from)) * this.#width
  }

  #time(x: number): number {
    const { from, to } = this.#view
    return from + (x / this.#width) * (to - from)
  }

  #drawAxis(paint: Paint, width: number, height: number): void {
    const { from, to } = this.#view
    const step = niceStep(((to - from) / width) * 110)
    for (let t = Math.ceil(from / step) * step; t < to; t += step) {
      const x = Math.round(this.#x(t)) + 0.5
      paint.line(x, axisHeight, x, height)
      paint.text(clock(t, step), x + 3, 15, 'faint')
    }
  }

  #drawLane(paint: Paint, lane: Lane, width: number): void {
    paint.line(0, lane.top + 0.5, width, lane.top + 0.5)
    /** Of each line, the column of pixels that the last short one was drawn in: of many there the one is seen that matters most. */
    const columns: { column: number; weight: number }[] = []
    for (const { entry, line } of lane.spans) {
      if (entry.t > this.#view.to) break
      const end = entry.end ?? entry.t
      if (end < this.#view.from) continue
      const left = Math.max(this.#x(entry.t), -10)
      const length = Math.max(Math.min(this.#x(end), width + 10) - left, 2)
      if (length === 2) {
        const column = Math.round(left)
        const weight = entry === this.chosen ? 4 : this.#weight(entry)
        const last = columns[line]
        if (last?.column === column && last.weight >= weight) continue
        columns[line] = { column, weight }
      }
      const top = lineTop(lane, line)
      paint.box(this.#colour(entry), left, top, length, lineHeight - 3)
      if (entry === this.chosen) paint.frame(left, top, length, lineHeight - 3)
      if (length > 30) paint.label(entry.text, left, top, length)
    }
    this.#drawMarks(paint, lane)
    paint.text(lane.name, 4, lane.top + 12, 'strong')
  }

  /** Of many marks on one column of pixels one is seen: the one that matters most. */
  #drawMarks(paint: Paint, lane: Lane): void {
    const { marks, times } = lane
    const weights = this.#weights.get(lane) ?? new Uint8Array(marks.length)
    const { from, to } = this.#view
    const scale = this.#width / (to - from)
    const columns = new Int32Array(Math.ceil(this.#width) + 2).fill(-1)
    for (let n = firstFrom(marks, from); n < times.length; n++) {
      const t = times[n] ?? Infinity
      if (t > to) break
      const x = Math.round((t - from) * scale)
      const before = columns[x] ?? -1
      if (before === -1 || (weights[n] ?? 0) > (weights[before] ?? 0)) columns[x] = n
    }
    const top = marksTop(lane)
    columns.forEach((n, x) => {
      const entry = marks[n]
      if (!entry) return
      const wide = entry.kind === 'error'
      paint.box(this.#colour(entry), x - (wide ? 2 : 0.5), top, wide ? 5 : 2, 11)
    })
    const { chosen } = this
    if (!chosen || !marks.includes(chosen)) return
    const x = Math.round(this.#x(chosen.t))
    paint.box(this.#colour(chosen), x - 2, top, 5, 11)
    paint.frame(x - 2, top, 5, 11)
  }

  /** 0 to 3. */
  #weight(entry: PageEntry): number {
    if (entry.kind === 'error') return 3
    if (this.#found) return this.#found.has(entry) ? 2 : 0
    return entry.bad ? 2 : coloured.has(entry.kind) ? 1 : 0
  }

  #colour(entry: PageEntry): string {
    if (this.#found) return this.#found.has(entry) ? 'found' : 'pale'
    if (entry.bad) return 'bad'
    return coloured.has(entry.kind) ? entry.kind : 'other'
  }

  #at(x: number, y: number): PageEntry | undefined {
    const inside = y - axisHeight
    const lane = this.#lanes.find(({ top, height }) => inside >= top && inside < top + height)
    if (!lane) return undefined
    if (inside >= marksTop(lane)) return this.#nearestMark(lane, x)
    const line = Math.floor((inside - lineTop(lane, 0)) / lineHeight)
    const here = lane.spans.filter((span) => span.line === line)
    return here.find(({ entry }) => this.#x(entry.t) <= x + 3 && this.#x(entry.end ?? entry.t) >= x - 3)
      ?.entry
  }

  #nearestMark({ marks }: Lane, x: number): PageEntry | undefined {
    const from = firstFrom(marks, this.#time(x - 6))
    const to = firstFrom(marks, this.#time(x + 6))
    const distance = (entry: PageEntry): number => Math.abs(this.#x(entry.t) - x) - this.#weight(entry)
    return marks.slice(from, to).toSorted((a, b) => distance(a) - distance(b))[0]
  }

  #listen(): void {
    const { canvas } = this
    const view = this.#view
    const pointers = new Map<number, PointerEvent>()
    let moved = 0
    canvas.addEventListener('pointerdown', (event) => {
      pointers.set(event.pointerId, event)
      canvas.setPointerCapture(event.pointerId)
      moved = 0
    })
    canvas.addEventListener('pointermove', (event) => {
      const before = pointers.get(event.pointerId)
      if (!before) return
      const [other] = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId)
      pointers.set(event.pointerId, event)
      moved += Math.abs(event.offsetX - before.offsetX)
      if (other) {
        const distance = ({ offsetX }: PointerEvent): number =>
          Math.max(Math.abs(offsetX - other.offsetX), 10)
        view.zoom(distance(before) / distance(event), this.#time((event.offsetX + other.offsetX) / 2))
      } else view.pan((before.offsetX - event.offsetX) / this.#width)
    })
    canvas.addEventListener('pointerup', (event) => {
      pointers.delete(event.pointerId)
      const entry = moved < 4 ? this.#at(event.offsetX, event.offsetY) : undefined
      if (entry) this.#onChoose(entry)
    })
    canvas.addEventListener('pointercancel', (event) => pointers.delete(event.pointerId))
    canvas.addEventListener(
      'wheel',
      (event) => {
        // A page that cannot be scrolled any more is worse than a picture that needs a key to be zoomed.
        if (!event.ctrlKey && !event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return
        event.preventDefault()
        if (event.ctrlKey) view.zoom(Math.exp(event.deltaY / 300), this.#time(event.offsetX))
        else view.pan((event.deltaX || event.deltaY) / this.#width)
      },
      { passive: false },
    )
    canvas.addEventListener('keydown', (event) => {
      const keys: Record<string, () => void> = {
        ArrowLeft: () => view.pan(-0.2),
        ArrowRight: () => view.pan(0.2),
        '+': () => view.zoom(0.6),
        '=': () => view.zoom(0.6),
        '-': () => view.zoom(1 / 0.6),
        '0': () => view.all(),
      }
      const act = keys[event.key]
      if (!act || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      act()
    })
  }
}

/** Draws in the colours of the page. */
class Paint {
  readonly #context: CanvasRenderingContext2D
  /** An element whose colour says what a colour of style.css is, in the light or in the dark. */
  readonly #probe = document.createElement('span')
  readonly #colours = new Map<string, string>()

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d')
    if (!context) throw new Error('this browser does not draw')
    this.#context = context
    canvas.append(this.#probe)
  }

  forgetColours(): void {
    this.#colours.clear()
  }

  /** @param scale pixels of the screen in one px of the page */
  clear(width: number, height: number, scale: number): void {
    this.#context.setTransform(scale, 0, 0, scale, 0, 0)
    this.#context.clearRect(0, 0, width, height)
    // A canvas whose size was changed has forgotten them.
    this.#context.font = '12px system-ui, sans-serif'
    this.#context.lineWidth = 1
  }

  /** Draws in what lies below a line, and counts from it. */
  below(y: number, width: number, height: number, draw: () => void): void {
    this.#context.save()
    this.#context.beginPath()
    this.#context.rect(0, y, width, height - y)
    this.#context.clip()
    this.#context.translate(0, y)
    draw()
    this.#context.restore()
  }

  box(colour: string, x: number, y: number, width: number, height: number): void {
    this.#context.fillStyle = this.#colour(colour)
    this.#context.fillRect(x, y, width, height)
  }

  frame(x: number, y: number, width: number, height: number): void {
    this.#context.strokeStyle = this.#colour('text')
    this.#context.strokeRect(x - 1.5, y - 1.5, width + 3, height + 3)
  }

  line(x: number, y: number, toX: number, toY: number): void {
    this.#context.strokeStyle = this.#colour('rule')
    this.#context.beginPath()
    this.#context.moveTo(x, y)
    this.#context.lineTo(toX, toY)
    this.#context.stroke()
  }

  text(text: string, x: number, y: number, colour: string): void {
    this.#context.fillStyle = this.#colour(colour)
    this.#context.fillText(text, x, y)
  }

  /** Text in a box, cut where the box ends; at the left edge of the picture when the box begins before it. */
  label(text: string, left: number, top: number, length: number): void {
    const from = Math.max(left, 0)
    const room = left + length - from - 6
    if (room < 12) return
    const cut = text.slice(0, Math.ceil(room / 4))
    this.#context.save()
    this.#context.beginPath()
    this.#context.rect(from, top, room + 4, lineHeight)
    this.#context.clip()
    this.text(cut, from + 3, top + 12, 'on-box')
    this.#context.restore()
  }

  #colour(name: string): string {
    let colour = this.#colours.get(name)
    if (colour === undefined) {
      this.#probe.style.color = `var(--${name})`
      colour = getComputedStyle(this.#probe).color
      this.#colours.set(name, colour)
    }
    return colour
  }
}
