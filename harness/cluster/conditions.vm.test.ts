import { beforeAll, expect, test } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import { all, command, file, http, logLine, not, port, service, stable, waitFor } from '../waits/index.js'
import type { Cluster } from './cluster.js'
import type { RunningNode } from './node.js'

ownHost()

let cluster: Cluster<'one' | 'two'>
let two: RunningNode

// Far beyond what anything here takes.
const timeout = '10min'

beforeAll(async () => {
  cluster = await forkCluster(await pairGolden())
  two = cluster.node('two')
  await two.run`mkdir -p /var/log /www && syslogd`
  await two.run`echo it works >/www/index.html`
  return () => cluster.close()
})

test('a service, its port and its page are there together, once it is started', async () => {
  const up = all(
    service(two, 'httpd'),
    port(two, 80),
    http(cluster.dial, 'http://two/index.html', { body: /works/ }),
  )
  const away = waitFor(not(up), { timeout })
  await away
  const wait = waitFor(stable(up, '1s'), { timeout })
  await two.run`httpd -p 80 -h /www`
  expect(await wait).toEqual(['active', undefined, 'it works\n'])
})

test('a line that the log gets is heard at once, whichever way it is asked for', async () => {
  const wait = waitFor(logLine(two, /ready at \d+/, { file: '/var/log/messages' }), {
    timeout,
    interval: '5min',
  })
  const started = performance.now()
  await two.run`logger -t nova ${'is busy'}`
  await two.run`logger -t nova ${'is ready at 5'}`
  expect(await wait).toContain('nova: is ready at 5')
  expect(performance.now() - started).toBeLessThan(120_000)
  await waitFor(file(two, '/var/log/messages', /ready/), { timeout })
  await waitFor(command(two)`grep -q ready /var/log/messages`, { timeout })
  // What followed the log has ended with the wait.
  await waitFor(not(command(two)`pidof tail`), { timeout })
})

test('a log that a node without a journal cannot have is told', async () => {
  await expect(waitFor(logLine(two, /x/, { unit: 'nova-compute' }), { timeout: '3s' })).rejects.toMatchObject(
    { code: 'WAIT_TIMEOUT', message: expect.stringMatching(/not found/) as string },
  )
})
