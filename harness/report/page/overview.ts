import type { PageData, PageTest } from '../page-data.js'
import { element } from './element.js'
import { duration } from './times.js'

/** The page of all tests: what failed first, then the others as they ran. */
export function overview(data: PageData): HTMLElement {
  const failed = data.tests.filter(({ state }) => state === 'failed')
  const others = data.tests.filter(({ state }) => state !== 'failed')
  const started = new Date(data.started).toLocaleString()
  return element(
    'article',
    {},
    element('h1', {}, data.interrupted ? 'stackrig: interrupted' : 'stackrig'),
    element('p', { className: 'faint' }, `${started}, ${duration(data.duration)}`),
    element('p', { className: failed.length > 0 ? 'state failed' : 'state passed' }, data.counts.join(' · ')),
    ...failed.map(failedTest),
    element('table', {}, element('tbody', {}, ...others.map(row))),
  )
}

function failedTest(test: PageTest): HTMLElement {
  const [first] = test.failures
  return element(
    'section',
    { className: 'failure' },
    element('h2', {}, element('a', { href: `#${test.id}` }, test.name)),
    element(
      'p',
      { className: 'state failed' },
      [test.class, test.code, duration(test.duration), test.place].filter(Boolean).join(' · '),
    ),
    element('p', { className: 'file' }, test.file),
    element('pre', {}, first?.message ?? 'no message'),
  )
}

function row(test: PageTest): HTMLElement {
  const link = element('a', { href: `#${test.id}` }, test.name)
  return element(
    'tr',
    {},
    element('td', { className: `state ${test.state.replace(' ', '-')}` }, test.state),
    element('td', {}, link, element('div', { className: 'file' }, test.file)),
    element('td', { className: 'number' }, test.state === 'passed' ? duration(test.duration) : ''),
  )
}
