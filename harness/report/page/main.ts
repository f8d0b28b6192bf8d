import type { PageData } from '../page-data.js'
import { overview } from './overview.js'
import { testPage } from './test-page.js'

const data = JSON.parse(document.getElementById('run')?.textContent ?? '{}') as PageData
const main = document.querySelector('main')

function show(): void {
  const id = decodeURIComponent(location.hash.slice(1))
  const test = data.tests.find((one) => one.id === id)
  document.title = test ? `${test.name} · stackrig` : 'stackrig'
  main?.replaceChildren(test ? testPage(test) : overview(data))
  scrollTo(0, 0)
}

addEventListener('hashchange', show)
show()
