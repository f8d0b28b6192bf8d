import { timelineId, type PackedTimeline, type PageEntry, type PageTest } from '../page-data.js'
import { copyButton, element } from './element.js'
import { findingList } from './findings.js'
import { clock, duration } from './times.js'
import { timelineView, type TimelineView } from './timeline-view.js'
import { unpackTimeline } from './unpack-timeline.js'

/** The page of one test. */
export function testPage(test: PageTest): HTMLElement {
  const state = [test.state, test.class, test.code, duration(test.duration), test.place]
  const root = element(
    'article',
    {},
    element('p', {}, element('a', { href: '#' }, '‹ all tests')),
    element('h1', {}, test.name),
    element('p', { className: `state ${test.state.replace(' ', '-')}` }, state.filter(Boolean).join(' · ')),
    element('p', { className: 'file' }, test.file),
  )
  if (test.note !== undefined) root.append(element('p', {}, test.note))
  if (test.issue) {
    const { id, until, url } = test.issue
    // Of an address that is no web page, the text alone.
    const name = url !== undefined && /^https?:/.test(url) ? element('a', { href: url }, id) : id
    root.append(element('p', {}, 'known issue ', name, `, expected until ${until}`))
  }
  const view = test.timeline ? entriesOf(test).then((entries) => timelineView(test, entries)) : undefined
  if (test.findings.length + test.unseen.length > 0) {
    const jump = (what: string): void => void view?.then(({ jumpToFinding }) => jumpToFinding(what))
    root.append(findingList(test, jump))
  }
  if (test.goThere !== undefined) {
    const command = element('code', {}, test.goThere)
    root.append(element('p', {}, 'go there: ', command, ' ', copyButton(test.goThere)))
  }
  for (const { message, diff, stack } of test.failures) {
    const failure = element('section', { className: 'failure' }, element('pre', {}, message))
    if (diff !== undefined) failure.append(element('pre', { className: 'diff' }, diff))
    if (stack !== undefined) {
      failure.append(element('details', {}, element('summary', {}, 'where'), element('pre', {}, stack)))
    }
    root.append(failure)
  }
  if (test.steps.length > 0) root.append(steps(test))
  if (test.evidence !== undefined) {
    root.append(element('p', {}, 'evidence: ', element('a', { href: `${test.evidence}/` }, test.evidence)))
  }
  if (view) root.append(laterView(view))
  return root
}

/** All else can be read while a long timeline is unpacked. */
function laterView(view: Promise<TimelineView>): HTMLElement {
  const place = element('section', { className: 'faint' }, 'reading the timeline …')
  view.then(
    ({ root }) => place.replaceWith(root),
    (error: unknown) => place.replaceChildren(`the timeline cannot be read: ${String(error)}`),
  )
  return place
}

function steps(test: PageTest): HTMLElement {
  const list = element('ol', { className: 'steps' })
  for (const step of test.steps) {
    const item = element(
      'li',
      { className: step.state },
      `${step.depth === 0 ? `${step.n} ` : ''}${step.name}`,
      element('span', { className: 'faint' }, ` ${clock(step.started, 1000)}, ${duration(step.duration)}`),
    )
    item.style.marginInlineStart = `${step.depth * 1.5}em`
    list.append(item)
  }
  return list
}

/** Read when the page of the test is opened: a run may have hundreds of thousands of entries. */
async function entriesOf(test: PageTest): Promise<PageEntry[]> {
  const packed = document.getElementById(timelineId(test.id))?.textContent ?? ''
  const letters = atob(packed)
  const bytes = new Uint8Array(letters.length)
  for (let n = 0; n < letters.length; n++) bytes[n] = letters.charCodeAt(n)
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return unpackTimeline((await new Response(unpacked).json()) as PackedTimeline)
}
