import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { bootImported } from '../testing/import-one.js'
import { layOutInitramfs } from '../testing/deploy-layouts.js'
import { ownHost } from '../testing/own-host.js'
import { pocketParts, withoutApplets, type PocketParts } from '../testing/pocket-parts.js'

const { folder } = ownHost({ cache: 'own' })

let parts: PocketParts
beforeAll(async () => {
  parts = await pocketParts()
})

/** As busybox of OpenEmbedded's dizzy to thud is built: head takes lines only. */
const headOfLines = {
  path: 'usr/bin/head',
  mode: 0o100755,
  content: Buffer.from(
    '#!/bin/sh\ncase $1 in -c*) echo "head: invalid option -- c" >&2; exit 1 ;; esac\nexec sed 10q\n',
  ),
}

test('without setsid, base64 and head -c shells and files work as ever', async () => {
  const deploy = join(folder, 'few')
  const entries = withoutApplets(parts.entries, ['setsid', 'base64', 'head'])
  layOutInitramfs(deploy, { ...parts, entries: [...entries, headOfLines] })
  await using cluster = await bootImported(deploy)
  const node = cluster.node('one')
  expect((await node.execute('setsid true')).exitCode).toBe(127)
  expect((await node.execute('echo x | head -c 1')).exitCode).toBe(1)
  // Longer than a line to the shell may be, and of several lines.
  const long = `: ${'x'.repeat(10_000)}\necho long\nexit 3`
  expect(await node.execute(long)).toMatchObject({ exitCode: 3, stdout: Buffer.from('long\n') })
  const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, n) => (n * 7 + (n >> 8)) % 256))
  await node.writeFile('/tmp/bytes', bytes)
  expect((await node.readFile('/tmp/bytes')).equals(bytes)).toBe(true)
  const text = "a line with 'quotes', $words, `ticks`, 100% and \\033[31mno colour\n"
  await node.writeFile('/tmp/text', text)
  expect((await node.readFile('/tmp/text')).toString()).toBe(text)
  // A command that ends its whole group ends neither its channel nor another's.
  await node.execute('kill 0', { timeout: '20s' }).catch(() => undefined)
  await Promise.all([1, 2, 3, 4].map(async (n) => expect(await node.run`echo ${n}`).toBe(String(n))))
})

test('what cannot be done without is asked for first, and named', async () => {
  const deploy = join(folder, 'fewer')
  layOutInitramfs(deploy, { ...parts, entries: withoutApplets(parts.entries, ['sha256sum', 'tail']) })
  await expect(bootImported(deploy)).rejects.toMatchObject({
    code: 'GUEST_PROGRAM_MISSING',
    message: expect.stringMatching(/image of one[\s\S]*it lacks tail, sha256sum\n[\s\S]*busybox/) as string,
  })
})
