import type { PageEntry } from '../page-data.js'
import { element } from './element.js'
import { firstFrom } from './lanes.js'
import { isBad } from './picture.js'
import { clock } from './times.js'
import type { View } from './view.js'

const rowHeight = 20
/** Narrower than this, one column has the lines of all nodes. */
const wide = 900

export interface LogOptions {
  /** In order of time. */
  entries: readonly PageEntry[]
  view: View
  onChoose: (entry: PageEntry) => void
}

/** The entries of the time that is looked at as text, those of each node in a column; of many, only the rows in sight exist. */
export class Log {
  readonly root = element('div', { className: 'log', tabIndex: 0 })
  found: ReadonlySet<PageEntry> | undefined
  chosen: PageEntry | undefined
  readonly #entries: readonly PageEntry[]
  readonly #view: View
  readonly #onChoose: (entry: PageEntry) => void
  readonly #nodes: string[]
  readonly #sizer = element('div', { className: 'sizer' })
  #shown: readonly PageEntry[] = []

  constructor({ entries, view, onChoose }: LogOptions) {
    this.#entries = entries.filter(({ kind }) => kind !== 'test' && kind !== 'packets')
    this.#view = view
    this.#onChoose = onChoose
    const lanes = new Set(this.#entries.map(({ lane }) => lane).filter((lane) => lane.startsWith('node:')))
    this.#nodes = [...lanes].toSorted()
    this.root.append(this.#sizer)
    this.root.addEventListener('scroll', () => this.#fill())
    new ResizeObserver(() => this.#fill()).observe(this.root)
    view.onChange(() => this.update())
  }

  /** Takes in what is looked at, and what was found, as they are now. */
  update(): void {
    const { from, to } = this.#view
    const first = firstFrom(this.#entries, from)
    const inside = this.#entries.slice(first, firstFrom(this.#entries, to))
    this.#shown = this.found ? inside.filter((entry) => this.found?.has(entry)) : inside
    this.#sizer.style.height = `${this.#shown.length * rowHeight}px`
    this.#fill()
  }

  /** Scrolls to an entry that is shown. */
  reveal(entry: PageEntry): void {
    const n = this.#shown.indexOf(entry)
    if (n >= 0) this.root.scrollTop = Math.max(0, n * rowHeight - this.root.clientHeight / 3)
    this.#fill()
  }

  #fill(): void {
    const first = Math.max(0, Math.floor(this.root.scrollTop / rowHeight) - 5)
    const last = Math.ceil((this.root.scrollTop + this.root.clientHeight) / rowHeight) + 5
    const columns = this.root.clientWidth >= wide && this.#nodes.length > 1 ? this.#nodes : []
    this.root.style.setProperty('--columns', String(columns.length + 1))
    const rows = this.#shown.slice(first, last).map((entry, n) => this.#row(entry, first + n, columns))
    this.#sizer.replaceChildren(...rows)
    if (this.#shown.length === 0) this.#sizer.append(element('p', {}, 'Nothing in this time.'))
  }

  #row(entry: PageEntry, n: number, columns: readonly string[]): HTMLElement {
    const own = columns.indexOf(entry.lane)
    const place = own === -1 ? `${entry.lane.replace(/^node:/, '')} ` : ''
    const text = element('span', { className: 'text', title: entry.text }, entry.text)
    if (place !== '') text.prepend(element('span', { className: 'lane' }, place))
    text.style.gridColumn = String(own + 3)
    const row = element('div', { className: 'row' }, element('time', {}, clock(entry.t)), text)
    row.classList.toggle('bad', isBad(entry))
    row.classList.toggle('chosen', entry === this.chosen)
    row.style.top = `${n * rowHeight}px`
    row.addEventListener('click', () => this.#onChoose(entry))
    return row
  }
}
