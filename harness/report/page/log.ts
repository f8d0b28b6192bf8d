import type { PageEntry } from '../page-data.js'
import { element } from './element.js'
import { firstFrom } from './lanes.js'
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

/** One line of the list, used again for whatever comes into sight. */
interface Row {
  root: HTMLElement
  time: HTMLElement
  text: HTMLElement
  entry?: PageEntry
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
  readonly #nothing = element('p', { hidden: true }, 'Nothing in this time.')
  readonly #rows: Row[] = []
  #shown: readonly PageEntry[] = []

  constructor({ entries, view, onChoose }: LogOptions) {
    this.#entries = entries.filter(({ kind }) => kind !== 'test' && kind !== 'packets')
    this.#view = view
    this.#onChoose = onChoose
    const lanes = new Set(this.#entries.map(({ lane }) => lane).filter((lane) => lane.startsWith('node:')))
    this.#nodes = [...lanes].toSorted()
    this.#sizer.append(this.#nothing)
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
    const { clientHeight, clientWidth, scrollTop } = this.root
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - 5)
    const last = Math.ceil((scrollTop + clientHeight) / rowHeight) + 5
    const columns = clientWidth >= wide && this.#nodes.length > 1 ? this.#nodes : []
    this.root.style.setProperty('--columns', String(columns.length + 1))
    const entries = this.#shown.slice(first, last)
    while (this.#rows.length > entries.length) this.#rows.pop()?.root.remove()
    while (this.#rows.length < entries.length) this.#addRow()
    for (const [n, entry] of entries.entries()) {
      const row = this.#rows[n]
      if (row) this.#show(row, entry, first + n, columns)
    }
    this.#nothing.hidden = this.#shown.length > 0
  }

  #addRow(): void {
    const time = element('time')
    const text = element('span', { className: 'text' })
    const row: Row = { root: element('div', { className: 'row' }, time, text), time, text }
    row.root.addEventListener('click', () => row.entry && this.#onChoose(row.entry))
    this.#rows.push(row)
    this.#sizer.append(row.root)
  }

  /** Changes only what differs: a row that is touched is laid out again. */
  #show(row: Row, entry: PageEntry, n: number, columns: readonly string[]): void {
    const { root, time, text } = row
    root.classList.toggle('chosen', entry === this.chosen)
    const top = `${n * rowHeight}px`
    if (root.style.top !== top) root.style.top = top
    const column = String(columns.indexOf(entry.lane) + 3)
    if (row.entry === entry && text.style.gridColumn === column) return
    row.entry = entry
    time.textContent = clock(entry.t)
    text.title = entry.text
    text.style.gridColumn = column
    text.replaceChildren(entry.text)
    if (!columns.includes(entry.lane))
      text.prepend(element('span', { className: 'lane' }, `${entry.lane.replace(/^node:/, '')} `))
    root.classList.toggle('bad', entry.bad)
  }
}
