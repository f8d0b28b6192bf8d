import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { projectFolder } from '../paths.js'
import { InnerRun } from '../report/testing/inner-run.js'
import { readTimeline, timelineName } from '../timeline/index.js'

ownHost()

test('what is done with a browser stands in the timeline, with its pictures; the last one is of where it failed', async () => {
  await using inner = await InnerRun.of({
    'shop.test.ts': [
      "import { join } from 'node:path'",
      `import { scenario } from '${projectFolder}/harness/index.js'`,
      `import { pocket } from '${projectFolder}/fixtures/topologies/pocket.js'`,
      'const test = scenario(pocket)',
      "test('it fails', { timeout: 240_000 }, async ({ browser, cluster, evidence }) => {",
      '  const [node] = cluster.nodes',
      '  await node.run`sh -c ${\'mkdir -p /srv && echo "<button>buy</button>" >/srv/index.html && httpd -p 8000 -h /srv\'}`',
      '  await node.waitForPort(8000)',
      '  const page = await browser.newPage()',
      '  await page.goto(`http://${node.plan.address}:8000/`)',
      "  await page.locator('button').click()",
      "  await page.screenshot({ path: join(evidence, 'shop.png') })",
      '  await page.goto(`http://${node.plan.address}:8000/missing`)',
      "  await page.locator('button').click({ timeout: 100 })",
      '})',
    ],
  })
  const { outcomes } = await inner.start()
  expect(outcomes.map(({ failures }) => failures[0]?.message)).toEqual([
    expect.stringMatching(/locator\.click: Timeout/),
  ])
  const folder = join(inner.results, 'shop-unit', 'it-fails')
  const { entries } = await readTimeline(join(folder, timelineName))
  const browser = entries.filter(({ kind }) => kind === 'browser')
  expect(browser.map(({ text }) => text.replace(/ http:..[^/]*/, ''))).toEqual([
    'browser.newPage',
    ...['page.goto', 'the page is/', 'locator.click', 'page.screenshot', 'picture shop.png'],
    ...[
      'page.goto',
      'GET/missing',
      'the page is/missing',
      'locator.click',
      'page.screenshot',
      'picture page-1.png',
    ],
  ])
  expect(browser.find(({ text }) => text.startsWith('GET '))).toMatchObject({
    data: { error: '404 Not Found' },
  })
  expect(browser.findLast(({ text }) => text === 'locator.click')).toMatchObject({
    data: { error: 'it failed' },
  })
  expect(['shop.png', 'page-1.png'].filter((name) => !existsSync(join(folder, name)))).toEqual([])
})
