import { randomBytes } from 'node:crypto'
import type { BrowserContext, Page } from 'playwright-core'
import * as z from 'zod'
import type { PageNote } from './note.js'
import { pageScript } from './page-script.js'
import type { Recording } from './recording.js'

/** A page says it, and a page may be a guest's. */
const toldSchema = z.strictObject({
  action: z.enum(['click', 'fill', 'choose', 'check', 'uncheck', 'press']),
  at: z.string().min(1).max(1000),
  value: z.string().max(10_000).optional(),
})

/** A page that opens so soon after something was done is what that led to, ms. */
const consequence = 10_000

/** Notes what a person does in the pages of a browser. @param secrets what is never noted, wherever it is typed */
export async function listenToPages(
  context: BrowserContext,
  recording: Recording,
  secrets: readonly string[],
): Promise<void> {
  const tell = `stackrig${randomBytes(6).toString('hex')}`
  let last: PageNote | undefined
  const note = ({ action, at, value }: Omit<PageNote, 'kind' | 'began' | 'ended'>): void => {
    const now = Date.now()
    const isSecret = value !== undefined && secrets.some((secret) => secret !== '' && value.includes(secret))
    last = {
      kind: 'page',
      action,
      at,
      ...(value !== undefined && !isSecret && { value }),
      began: now,
      ended: now,
    }
    recording.add(last)
  }
  await context.exposeBinding(tell, (_, told: unknown) => {
    const { data } = toldSchema.safeParse(told)
    if (data)
      note({ action: data.action, at: data.at, ...(data.value !== undefined && { value: data.value }) })
  })
  await context.addInitScript(pageScript(tell))
  context.on('page', (page) => follow(page))
  const follow = (page: Page): void => {
    recording.pageText = () => page.locator('body').innerText({ timeout: 10_000 })
    page.on('framenavigated', (frame) => {
      const url = frame.url()
      if (frame !== page.mainFrame() || !/^https?:/.test(url)) return
      if (last && Date.now() - last.ended < consequence && last.action !== 'open') return
      if (last?.action !== 'open' || last.at !== url) note({ action: 'open', at: url })
    })
  }
  for (const page of context.pages()) follow(page)
}
