import { expect, test } from 'vitest'
import { openBrowser } from '../cloud/index.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import type { PageNote } from './note.js'
import { listenToPages } from './page-listener.js'
import { Recording } from './recording.js'

ownHost()

const form = `<form onsubmit="return false"><input id="id_user"><input type="password" id="id_password"><input name="note">
<select name="size"><option value="s">small</option><option value="l">large</option></select>
<label><input type="checkbox" name="fast">fast</label><button>Create Volume</button></form>
<table><tr><td><a href="#" id="row_e902893a-9d22-3c7e-a7b8-d6e313b71d9f">Delete</a></td></tr></table>`

test('what is done in a page is noted, by what lasts of it, and no secret', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const browser = await openBrowser(cluster)
  const context = await browser.newContext()
  const recording = new Recording(() => undefined)
  await listenToPages(context, recording, ['the admin password'])
  const page = await context.newPage()
  await page.route('http://one/', (route) => route.fulfill({ contentType: 'text/html', body: form }))
  await page.goto('http://one/')
  await page.locator('#id_user').fill('admin')
  await page.locator('#id_password').fill('hidden')
  await page.locator('[name=note]').fill('it is the admin password')
  await page.locator('[name=note]').press('Enter')
  // As a person does: what a script chooses is none of theirs.
  await page.locator('select').press('l')
  await page.locator('[name=fast]').check()
  await page.getByRole('button').click()
  await page.getByText('Delete').click()
  // What a page makes up is no note.
  await page.evaluate(() => {
    const name = Object.keys(globalThis).find((key) => key.startsWith('stackrig')) ?? ''
    const tell = (globalThis as unknown as Record<string, (told: unknown) => void>)[name]
    for (const told of [undefined, { action: 'open', at: 'x' }, { action: 'click', at: '' }]) tell?.(told)
  })
  await expect.poll(() => recording.notes.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(9)
  const notes = recording.notes as PageNote[]
  expect(notes.map(({ action, at, value }) => [action, at, value])).toEqual([
    ['open', 'http://one/', undefined],
    ['fill', '#id_user', 'admin'],
    ['fill', '#id_password', undefined],
    ['fill', 'input[name="note"]', undefined],
    ['press', 'input[name="note"]', 'Enter'],
    ['choose', 'select[name="size"]', 'l'],
    ['check', 'input[name="fast"]', undefined],
    ['click', 'button:has-text("Create Volume"):visible', undefined],
    ['click', 'a:has-text("Delete"):visible', undefined],
  ])
  expect(await recording.expect({ text: 'Create Volume', not: false })).toBe('it is so')
})
