import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { processesBelow } from '../testing/leftovers.js'
import { pairGolden } from '../testing/pocket.js'
import { forkCluster } from '../snapshot/index.js'
import { openBrowser } from './browser.js'

ownHost()

test('Chromium sees the nodes, has its own sandbox and no environment of ours, and ends with the cluster', async () => {
  process.env['http_proxy'] = 'http://canary:canary@198.51.100.1:3128'
  await using fork = await forkCluster(await pairGolden())
  const two = fork.node('two')
  await two.run`mkdir -p /srv && echo '<h1>hello</h1>' >/srv/index.html && httpd -p 8000 -h /srv`
  await two.waitForPort(8000)
  const browser = await openBrowser(fork)
  const page = await browser.newPage()
  await page.goto('http://two:8000/')
  expect(await page.textContent('h1')).toBe('hello')
  const processes = await processesBelow(fork.sandbox.folder)
  const chromiums = processes.filter(({ command }) => command.includes('chromium/chromium'))
  expect(chromiums).not.toEqual([])
  const [first] = chromiums
  expect(
    chromiums.map(({ command }) => command).filter((command) => command.includes('--no-sandbox')),
  ).toEqual([])
  expect(readFileSync(`/proc/${first?.pid ?? 0}/environ`, 'utf8')).not.toContain('canary')
  await fork.close()
  await expect.poll(() => processesBelow(fork.sandbox.folder)).toEqual([])
})
