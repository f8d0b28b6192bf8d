import type { PageAct } from './acts.js'
import { stepName, type Draft, type Part } from './draft.js'
import { stringLiteral } from './literal.js'

/** How long a page of an emulated node may take, ms. */
const slow = '120_000'

/** Writes what was done in the browser. */
export class PageSource {
  readonly #draft: Draft
  readonly #accessed = new Set<string>()

  constructor(draft: Draft) {
    this.#draft = draft
  }

  part(act: PageAct): Part {
    const draft = this.#draft
    draft.opening.add(
      `const page = await ${draft.fixture('browser')}.newPage()\npage.setDefaultTimeout(${slow})`,
    )
    const lines = [this.#action(act), ...act.expects.flatMap((one) => ('text' in one ? [seen(one)] : []))]
    const name = stepName(`page: ${act.action} ${act.at}`)
    return { name, lines, gives: [], uses: [] }
  }

  #action(act: PageAct): string {
    const { action, at, value } = act
    if (action === 'open') return `await page.goto(${this.#address(at)}, { waitUntil: 'domcontentloaded' })`
    const found = `await page.locator(${stringLiteral(at)})`
    switch (action) {
      case 'fill':
        return `${found}.fill(${value === undefined ? this.#password() : stringLiteral(value)})`
      case 'choose':
        return `${found}.selectOption(${stringLiteral(value ?? '')})`
      case 'press':
        return `${found}.press(${stringLiteral(value ?? 'Enter')})`
      case 'check':
      case 'uncheck':
      case 'click':
        return `${found}.${action}()`
    }
  }

  #address(at: string): string {
    const { subject } = this.#draft
    const { horizonUrl } = subject
    if (horizonUrl === undefined || !at.startsWith(horizonUrl)) return stringLiteral(at)
    const path = at.slice(horizonUrl.length)
    this.#access('horizonUrl')
    return path === '' ? 'horizonUrl' : `horizonUrl + ${stringLiteral(path)}`
  }

  /** What a person typed there is a secret: of all that there are, the one that a scenario knows. */
  #password(): string {
    this.#access('credentials')
    return 'credentials.password'
  }

  #access(what: 'horizonUrl' | 'credentials'): void {
    const { start } = this.#draft.subject
    const access = `${this.#draft.uses('cloudAccess')}(${start.topology})`
    this.#accessed.add(what)
    this.#draft.access = `const { ${[...this.#accessed].toSorted().join(', ')} } = ${access}`
  }
}

const seen = ({ text, not }: { text: string; not: boolean }): string =>
  `await page.getByText(${stringLiteral(text)}).first().waitFor(${not ? "{ state: 'detached' }" : ''})`
