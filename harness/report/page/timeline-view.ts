import type { PageEntry, PageTest } from '../page-data.js'
import { details } from './details.js'
import { element } from './element.js'
import { Log } from './log.js'
import { Picture } from './picture.js'
import { Search } from './search.js'
import { View } from './view.js'

export interface TimelineView {
  root: HTMLElement
  /** Shows what the diagnosis noticed, by its words. */
  jumpToFinding: (what: string) => void
}

/** The timeline of one test: the picture, the list below it, a search, and one entry in full. */
export function timelineView(test: PageTest, entries: PageEntry[]): TimelineView {
  const root = element('section', { className: 'timeline' })
  const first = entries[0]?.t ?? 0
  const last = entries.reduce((latest, { t, end }) => Math.max(latest, end ?? t), first)
  const view = new View(first, last)
  const chosen = element('div')
  const choose = (entry: PageEntry, from: 'picture' | 'list' | 'jump'): void => {
    picture.chosen = log.chosen = entry
    if (from === 'jump') view.centre(entry.t)
    chosen.replaceChildren(details(entry, test.pictures))
    picture.draw()
    log.update()
    if (from !== 'list') log.reveal(entry)
  }
  const picture = new Picture({ entries, view, onChoose: (entry) => choose(entry, 'picture') })
  const log = new Log({ entries, view, onChoose: (entry) => choose(entry, 'list') })

  const search = new Search(entries)
  const words = element('input', { type: 'search', placeholder: 'search', ariaLabel: 'search the timeline' })
  const count = element('output')
  let found: PageEntry[] | undefined
  words.addEventListener('input', () => {
    found = search.find(words.value)
    picture.found = log.found = found && new Set(found)
    count.textContent = found ? `${found.length} found` : ''
    picture.draw()
    log.update()
  })
  const next = (list: readonly PageEntry[], step: 1 | -1): void => {
    const now = picture.chosen?.t ?? (step === 1 ? -Infinity : Infinity)
    const later = list.filter(({ t }) => (step === 1 ? t > now : t < now))
    const entry = step === 1 ? later[0] : later.at(-1)
    if (entry) choose(entry, 'jump')
  }
  words.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') next(found ?? [], event.shiftKey ? -1 : 1)
  })

  const failure = entries.findLast(({ kind }) => kind === 'error')
  const bad = entries.filter(({ bad }) => bad)
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const made = element('button', { type: 'button' }, text)
    made.addEventListener('click', act)
    return made
  }
  const bar = element(
    'div',
    { className: 'bar' },
    failure && button('to the failure', () => choose(failure, 'jump')),
    bad.length > 0 ? button('‹ bad', () => next(bad, -1)) : undefined,
    bad.length > 0 ? button('bad ›', () => next(bad, 1)) : undefined,
    button('−', () => view.zoom(1 / 0.6)),
    button('+', () => view.zoom(0.6)),
    button('all', () => view.all()),
    words,
    count,
  )
  root.append(bar, picture.canvas, log.root, chosen)
  // Sizes are known when it is in the page.
  requestAnimationFrame(() => {
    view.all()
    if (failure) choose(failure, 'picture')
  })
  const jumpToFinding = (what: string): void => {
    const finding = entries.find(({ kind, text }) => kind === 'finding' && text === what)
    if (!finding) return
    choose(finding, 'jump')
    root.scrollIntoView()
  }
  return { root, jumpToFinding }
}
