// The journal here is a script of the test's own that does what journalctl(1) documents; the log files and tail(1) are real.
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { localNode } from '../testing/local-node.js'
import { aLook } from '../testing/looks.js'
import { temporaryFolder } from '../testing/temporary-folder.js'
import { waitFor } from '../wait-for.js'
import { logLine } from './log-line.js'
import { not } from './not.js'

const long = '60s'

test('what a file says already counts', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'messages')
  await writeFile(file, 'one\nnova: ready at 5\n')
  const ready = logLine(localNode(), /ready at \d/, { file })
  expect(ready.what).toBe(`/ready at \\d/ in the log of ${file} on local`)
  expect(await waitFor(ready, { timeout: long })).toBe('nova: ready at 5')
  expect(await logLine(localNode(), /failed/, { file }).probe(aLook())).toEqual({
    done: false,
    seen: 'its last line is: nova: ready at 5',
  })
  await waitFor(not(logLine(localNode(), /failed/, { file })), { timeout: long })
  const none = join(folder.path, 'none')
  expect(await logLine(localNode(), /x/, { file: none }).probe(aLook())).toMatchObject({
    seen: expect.stringContaining('No such file') as string,
  })
})

test('a line that comes later ends the wait at once, whole, however it was written', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'messages')
  await writeFile(file, 'old\nbegun, but')
  const node = localNode()
  const wait = waitFor(logLine(node, /but é not read/g, { file }), { timeout: long, interval: '30s' })
  const started = performance.now()
  await delay(300)
  const late = Buffer.from(' é not read twice\nnext\n')
  await appendFile(file, late.subarray(0, 2))
  await delay(50)
  await appendFile(file, late.subarray(2))
  expect(await wait).toBe('begun, but é not read twice')
  expect(performance.now() - started).toBeLessThan(15_000)
  // Once it was read, then followed.
  expect(node.timeouts).toHaveLength(2)
})

test('a file that comes later is found, although there was nothing to follow', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'messages')
  const wait = waitFor(logLine(localNode(), /ready/, { file }), { timeout: long, interval: 50 })
  await delay(300)
  await writeFile(file, 'ready\n')
  expect(await wait).toBe('ready')
})

// Entries are lines of the file `journal`, cursors their numbers.
const journalctl = `#!/bin/sh
from=0 show= follow=
for word; do
  case $word in
  --after-cursor=*) from=\${word#*=} ;;
  --show-cursor) show=1 ;;
  --follow) follow=-f ;;
  --unit=nova-compute | --boot | --no-pager | --output=cat | --lines=all) ;;
  *) echo "unexpected: $word" >&2; exit 1 ;;
  esac
done
echo "$*" >>"$0.calls"
[ -n "$follow" ] && exec tail -n +$((from + 1)) -f "$0.lines"
tail -n +$((from + 1)) "$0.lines"
[ -z "$show" ] || echo "-- cursor: $(wc -l <"$0.lines")"
`

test('a unit’s journal is read after a cursor, and followed from where that ended', async () => {
  await using folder = await temporaryFolder()
  const bin = join(folder.path, 'bin')
  const script = join(bin, 'journalctl')
  await mkdir(bin)
  await writeFile(script, journalctl)
  await chmod(script, 0o755)
  await writeFile(`${script}.lines`, 'ready\nstopped\n')
  const node = localNode({ PATH: `${bin}:${process.env['PATH'] ?? ''}` })

  const unit = 'nova-compute'
  expect(await waitFor(logLine(node, /ready/, { unit }), { timeout: long })).toBe('ready')
  const again = logLine(node, /ready/, { unit, after: '1' })
  expect(await again.probe(aLook())).toEqual({ done: false, seen: 'its last line is: stopped' })
  const wait = waitFor(again, { timeout: long, interval: '30s' })
  const started = performance.now()
  await delay(300)
  await appendFile(`${script}.lines`, 'starts\nready again\n')
  expect(await wait).toBe('ready again')
  expect(performance.now() - started).toBeLessThan(15_000)
})
