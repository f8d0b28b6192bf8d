import type { Logger } from 'playwright-core'
import { noTimeline, type Timeline } from '../timeline/index.js'

/**
 * Tells a timeline of what is done with a browser, by what Playwright 1.65 logs of its calls: `=> locator.click started`, then
 * `<= locator.click succeeded` or `failed`. Nothing that is typed stands there.
 */
export function recordCalls(timeline: Timeline): Logger | undefined {
  if (timeline === noTimeline) return undefined
  const begun = new Map<string, number[]>()
  return {
    isEnabled: (name) => name === 'api',
    log: (_name, _severity, message) => {
      const [, arrow, action, state] = /^(=>|<=) (\S+) (\w+)$/.exec(String(message)) ?? []
      // Whoever opened it closes it, when all is over.
      if (action === undefined || action === 'browser.close') return
      const times = begun.get(action) ?? []
      begun.set(action, times)
      if (arrow === '=>') {
        times.push(Date.now())
        return
      }
      const t = times.shift()
      const data = { action, ...(state === 'failed' && { error: 'it failed' }) }
      if (t !== undefined)
        timeline.add({ t, end: Date.now(), lane: 'browser', kind: 'browser', text: action, data })
    },
  }
}
