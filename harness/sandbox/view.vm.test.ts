import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { Sandbox } from './sandbox.js'
import type { View } from './view.js'

const { folder } = ownHost()

const network = {
  cidr: '192.168.7.0/24',
  gateway: '192.168.7.1',
  hosts: [{ name: 'one', address: '192.168.7.2' }],
}

/** What lines of a shell say that run as a program of a sandbox. */
async function said(sandbox: Sandbox, lines: string, view: View = {}): Promise<string[]> {
  const words = join(sandbox.folder, 'words')
  writeFileSync(words, '')
  await sandbox.start(['sh', '-c', lines], words, view).ended
  return readFileSync(words, 'utf8').trimEnd().split('\n')
}

test('a program sees what it was given, and nothing else of this machine', async () => {
  const own = join(folder, 'own, "$x"\\ #ü')
  mkdirSync(own)
  for (const name of ['read', 'written', 'secret']) writeFileSync(join(own, name), name)
  symlinkSync(own, join(folder, 'link'))
  await using sandbox = await Sandbox.open(network)
  const view = { reads: [join(folder, 'link', 'read')], writes: [join(own, 'written')] }
  expect(
    await said(
      sandbox,
      `cat '${folder}/link/read'; echo; cat '${own}/read'; echo; ls '${own}'
      echo more >>'${own}/written' && echo written
      pwd; echo mine >mine && cat mine; echo shared >/dev/shm/shared && cat /dev/shm/shared`,
      view,
    ),
  ).toEqual(['read', 'read', 'read', 'written', 'written', sandbox.folder, 'mine', 'shared'])
  expect(readFileSync(join(own, 'written'), 'utf8')).toBe('writtenmore\n')
  // What of it lies in memory alone is there for all of the sandbox's.
  expect(await said(sandbox, 'cat /dev/shm/shared')).toEqual(['shared'])
  expect(existsSync('/etc/shadow')).toBe(true)
  expect(
    await said(
      sandbox,
      `for f in /etc/shadow '${own}/secret' /root /home /run /dev/vda /dev/sda /boot; do
      test -e "$f" && echo "$f"; done; echo end`,
    ),
  ).toEqual(['end'])
})

test('a program changes nothing elsewhere, and cannot take that back', async () => {
  const readable = join(folder, 'readable')
  writeFileSync(readable, 'as it was')
  await using sandbox = await Sandbox.open(network)
  const view = { reads: [readable] }
  const places = [readable, '/usr/x', '/x', '/etc/x', '/proc/sys/kernel/hostname', `${sandbox.folder}/view/x`]
  const attempts = places.map((path) => `(echo x >'${path}') 2>/dev/null && echo '${path}'`)
  const ways = [
    'mount -o remount,rw /',
    'mount -o remount,bind,rw /usr',
    'umount /usr',
    'umount -l /',
    'mount -t tmpfs none /usr',
    'unshare --mount true',
    'unshare --user --map-root-user --mount umount /usr',
    'ip link delete br0',
    'cat /proc/1/root/etc/shadow',
    'nsenter --mount=/proc/1/ns/mnt true',
  ].map((way) => `${way} >/dev/null 2>&1 && echo '${way}'`)
  expect(await said(sandbox, [...attempts, ...ways, 'echo end'].join('\n'), view)).toEqual(['end'])
  expect(readFileSync(readable, 'utf8')).toBe('as it was')
})

test('a program holds no folder open that leads elsewhere', async () => {
  await using sandbox = await Sandbox.open(network)
  const lines = await said(sandbox, 'for d in 3 4 5 6 7 8 9; do readlink /proc/self/fd/$d; done; echo end')
  // The shell's own, which has the descriptor open while it looks.
  expect(lines.filter((line) => line.startsWith('/') && !line.startsWith('/proc/'))).toEqual([])
  expect(lines.at(-1)).toBe('end')
})

test('a program as an ordinary user makes namespaces of its own, and sees as little in them', async () => {
  await using sandbox = await Sandbox.open(network)
  const lines = await said(
    sandbox,
    `id -u
    unshare --user --map-root-user sh -c 'id -u; ls /etc/shadow 2>/dev/null; echo x 2>/dev/null >/proc/sys/kernel/hostname || echo no'
    unshare --user --map-root-user --mount sh -c 'umount /proc/sys 2>/dev/null || echo no; mount -o remount,bind,rw /usr 2>/dev/null || echo no'`,
    { ordinaryUser: true },
  )
  expect(lines).toEqual(['1000', '0', 'no', 'no', 'no'])
})

test('a command that somebody else starts is confined as one of the sandbox', async () => {
  await using sandbox = await Sandbox.open(network)
  const [program = '', ...args] = sandbox.entering([
    'sh',
    '-c',
    'ls /etc/shadow; ls /; echo "$0 $1"',
    'a b',
    '$x',
  ])
  const { stdout, stderr } = await execa(program, args, { reject: false })
  expect(stderr).toMatch(/shadow/)
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(['usr', 'a b $x']))
  expect(stdout.split('\n')).not.toContain('root')
})
