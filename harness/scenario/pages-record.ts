import { isAbsolute, join, relative } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { Timeline } from '../timeline/index.js'

/** ms that a page which failed may take to be drawn. */
const timeout = 10_000

/** Tells a timeline of a browser's pages: where they go, what goes wrong in them, and their pictures. */
export class PagesRecord {
  readonly #browser: Browser
  readonly #timeline: Timeline
  readonly #folder: string

  /** @param folder where the scenario keeps its pictures */
  constructor(browser: Browser, timeline: Timeline, folder: string) {
    this.#browser = browser
    this.#timeline = timeline
    this.#folder = folder
    browser.on('context', (context) => context.on('page', (page) => this.#watch(page)))
  }

  /** A picture of each page as it is. */
  async failed(): Promise<void> {
    const pages = this.#browser.contexts().flatMap((context) => context.pages())
    for (const [index, page] of pages.entries()) {
      const path = join(this.#folder, `page-${index + 1}.png`)
      // What cannot be drawn any more must not be what a scenario fails of.
      await page.screenshot({ path, timeout }).catch(() => undefined)
    }
  }

  #watch(page: Page): void {
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) this.#tell(`the page is ${frame.url()}`, {})
    })
    page.on('pageerror', (error) => this.#tell('an error in the page', { error: error.message }))
    page.on('requestfailed', (request) => {
      const error = request.failure()?.errorText
      // A page that goes elsewhere gives up what it still loads.
      if (error !== undefined && error !== 'net::ERR_ABORTED')
        this.#tell(`${request.method()} ${request.url()}`, { error })
    })
    page.on('response', (response) => {
      if (response.status() < 400) return
      const called = `${response.request().method()} ${response.url()}`
      this.#tell(called, { error: `${response.status()} ${response.statusText()}` })
    })
    const take = page.screenshot.bind(page)
    page.screenshot = async (options) => {
      const picture = await take(options)
      if (options?.path !== undefined) this.#tellPicture(options.path)
      return picture
    }
  }

  #tellPicture(path: string): void {
    const picture = relative(this.#folder, path)
    if (picture.startsWith('..') || isAbsolute(picture)) return
    this.#tell(`picture ${picture}`, { picture })
  }

  #tell(text: string, data: { picture?: string; error?: string }): void {
    this.#timeline.add({ lane: 'browser', kind: 'browser', text, data })
  }
}
