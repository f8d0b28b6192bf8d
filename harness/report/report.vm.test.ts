import { chromium, type Browser, type Page } from 'playwright-core'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportHtml } from './html.js'
import { madeUpRun } from './testing/made-up-run.js'

let folder: string
let browser: Browser
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'))
  // The page is ours, and comes from disk.
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox'],
    timeout: 120_000,
  })
}, 180_000)
afterAll(async () => {
  await browser.close()
  await rm(folder, { recursive: true })
})

/** The page of a run as a person opens it, and whatever it complains of. */
async function open(
  options: { entries?: number; said?: string; hash?: string; width?: number } = {},
): Promise<{
  page: Page
  complaints: string[]
}> {
  const path = join(folder, 'report.html')
  await writeFile(path, await reportHtml(await madeUpRun(folder, options), folder))
  const page = await browser.newPage({ viewport: { width: options.width ?? 1200, height: 800 } })
  const complaints: string[] = []
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(request.url())
  })
  await page.goto(`file://${path}${options.hash ?? ''}`, { timeout: 120_000 })
  return { page, complaints }
}

/** How many colours the picture has. */
const coloursIn = (page: Page): Promise<number> =>
  page.evaluate<number>(`{
    const canvas = document.querySelector('canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    new Set(new Uint32Array(data.buffer)).size
  }`)

/** Px of the list's whole length, of which only a part is in sight. */
const listHeight = async (page: Page): Promise<number> =>
  (await page.locator('.sizer').boundingBox())?.height ?? 0

test('the first page has what failed first, and leads to it', async () => {
  const { page, complaints } = await open()
  await page.getByRole('heading', { level: 2 }).getByText('an instance boots under KVM').click()
  await expect.poll(() => page.url()).toContain('#nova-1')
  expect(await page.locator('.state').first().textContent()).toContain('product · WAIT_TIMEOUT')
  expect(await page.locator('.steps li').allTextContents()).toEqual([
    expect.stringContaining('1 upload the image'),
    expect.stringContaining('2 boot'),
  ])
  // A report says its own run, which is not always the latest.
  const command = `npx stackrig rewind ${basename(folder)} nova`
  await expect.poll(() => page.locator('code').first().textContent()).toBe(command)
  expect(complaints).toEqual([])
})

test('the failure is the place one is brought to: in the picture, in the list, and in full', async () => {
  const { page, complaints } = await open({ hash: '#nova-1' })
  await page.locator('.row.chosen').waitFor()
  expect(await page.locator('.row.chosen').textContent()).toContain('server web must be ACTIVE')
  expect(await page.locator('.details').textContent()).toContain('WAIT_TIMEOUT')
  expect(await coloursIn(page)).toBeGreaterThan(5)
  expect(complaints).toEqual([])
})

test('a search counts what it finds, and goes from one to the next', async () => {
  const { page } = await open({ hash: '#nova-1' })
  await page.getByRole('searchbox').fill('REQ-1017 ')
  await expect.poll(() => page.locator('output').textContent()).toBe('1 found')
  await page.getByRole('searchbox').press('Shift+Enter')
  await expect.poll(() => page.locator('.details').textContent()).toContain('req-1017')
  await expect.poll(() => page.locator('.row').count()).toBe(1)
})

test('keys zoom and move the picture, and the list follows', async () => {
  const { page } = await open({ hash: '#nova-1' })
  await page.locator('.row.chosen').waitFor()
  const height = (): Promise<number> => listHeight(page)
  const all = await height()
  await page.locator('canvas').focus()
  for (let n = 0; n < 6; n++) await page.keyboard.press('+')
  await expect.poll(height).toBeLessThan(all / 4)
  await page.keyboard.press('0')
  await expect.poll(height).toBe(all)
})

test('on a narrow screen nothing is wider than it', async () => {
  for (const hash of ['', '#nova-1']) {
    const { page } = await open({ hash, width: 360 })
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
  }
})

describe('of a hundred thousand entries', () => {
  test('only the rows in sight exist', async () => {
    const { page } = await open({ hash: '#nova-1', entries: 100_000 })
    await page.locator('.row').first().waitFor({ timeout: 60_000 })
    expect(await page.locator('.row').count()).toBeLessThan(100)
    expect(await listHeight(page)).toBeGreaterThan(1_000_000)
  })
})

describe('what a node said does nothing', () => {
  /** Ways into a page (OWASP's cheat sheet for filter evasion), and what they are made of put together at random. */
  const parts = [
    ...[
      '</script>',
      '<script>',
      'alert(1)',
      '<img src=x onerror=hostile()>',
      '<svg onload=hostile()>',
      '"',
      "'",
      '`',
    ],
    ...[
      '<!--',
      '-->',
      ']]>',
      '\\u003c',
      '&lt;',
      '&#60;',
      'javascript:hostile()',
      '${hostile()}',
      '\0',
      '\x1b[2J',
    ],
    ...[
      '\u2028',
      '\u2029',
      '\ud800',
      '</style>',
      '<base href=//x>',
      '<meta http-equiv=refresh content=0>',
      '{{7*7}}',
    ],
  ]
  test('1,000 strings are shown as they are', async () => {
    let seed = 1
    const chance = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % below
    }
    const strings = Array.from({ length: 1000 }, () =>
      Array.from({ length: 1 + chance(6) }, () => parts[chance(parts.length)] ?? '').join(''),
    )
    const said = strings.join(' ')
    const { page, complaints } = await open({ said, entries: 30, hash: '#nova-1' })
    await page.locator('.row.chosen').waitFor()
    await page.goto(page.url().replace(/#.*/, '#'))
    expect(
      await page.locator('main script, main img, main svg, main style, main base, main meta').count(),
    ).toBe(0)
    expect(await page.evaluate<number>('document.scripts.length')).toBe(3)
    expect(await page.locator('.failure pre').first().textContent()).toContain(
      '<img src=x onerror=hostile()>',
    )
    expect(complaints).toEqual([])
  })

  test('the policy lets no other script run, not even one that got in', async () => {
    const { page } = await open()
    const ran = await page.evaluate<string>(`{
      const script = document.createElement('script')
      script.textContent = 'document.title = "hostile"'
      document.body.append(script)
      document.title
    }`)
    expect(ran).toBe('stackrig')
  })
})
