import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test, vi } from 'vitest'
import { writeManifest } from '../manifest.js'
import { accelerationFile } from '../qemu/index.js'
import { settings } from '../settings.js'
import { ownHost } from '../testing/own-host.js'
import { pocketHost } from '../testing/pocket.js'
import { program, stackrigIn, stackrigWithin } from './testing/stackrig.js'

const { folder } = ownHost({ cache: 'maker' })
const maker = join(folder, 'maker')
const depot = join(folder, 'depot')

/** The cache of another machine, with nothing in it but what is known of the accelerator, which takes a quarter of a minute to find out. */
function otherMachine(name: string): string {
  const cache = join(folder, name)
  mkdirSync(cache)
  const known = join(maker, accelerationFile)
  if (existsSync(known)) copyFileSync(known, join(cache, accelerationFile))
  return cache
}

const on = (cache: string, ...words: string[]) => stackrigIn({ cwd: process.cwd(), cache }, ...words)
const namesIn = (...path: string[]): string[] =>
  existsSync(join(...path)) ? readdirSync(join(...path)).filter((name) => !name.startsWith('.')) : []

interface HandedOn {
  parts: { what: string; total: number; travelled: number }[]
}
const sumOf = ({ parts }: HandedOn, key: 'total' | 'travelled'): number =>
  parts.reduce((sum, part) => sum + part[key], 0)

async function push(...words: string[]): Promise<HandedOn> {
  const { stdout, stderr, exitCode } = await on(maker, 'golden', 'push', depot, 'pocket', '--json', ...words)
  expect(exitCode, stderr).toBe(0)
  return (JSON.parse(stdout) as [HandedOn])[0]
}

beforeAll(async () => {
  await pocketHost()
  const made = await on(maker, 'golden', 'make', 'pocket')
  expect(made.exitCode, made.stderr).toBe(0)
})

test('what one machine has made another uses, though its cache lies elsewhere; nothing travels twice', async () => {
  const first = await push()
  expect(sumOf(first, 'travelled')).toBeGreaterThan(sumOf(first, 'total') / 2)
  expect(sumOf(await push(), 'travelled')).toBe(0)
  const cache = otherMachine('second')
  const pulled = await on(cache, 'golden', 'pull', depot, 'pocket')
  expect(pulled.exitCode, pulled.stderr).toBe(0)
  expect(pulled.stdout).toMatch(/golden\/pocket-\w+\n {2}image pocket: .* travelled[\s\S]*golden snapshot: /)
  const before = namesIn(cache, 'golden')
  // It would boot, and be another, if this were not the one that is wanted here.
  const made = await on(cache, 'golden', 'make', 'pocket')
  expect(made.exitCode, made.stderr).toBe(0)
  expect(namesIn(cache, 'golden')).toEqual(before)
  expect((await on(cache, 'golden', 'pull', depot, 'pocket')).stdout).toContain('it is here already')
  const up = await on(cache, 'up', 'pocket', '--name', 'travelled')
  expect(up.exitCode, up.stderr).toBe(0)
  const asked = await on(cache, 'shell', '--cluster', 'travelled', 'one', '--', 'hostname')
  await on(cache, 'down', 'travelled')
  expect(asked.stdout).toBe('one')
})

test('a second version costs what is new of it, to bring and to fetch', async () => {
  const cache = otherMachine('third')
  await push()
  expect((await on(cache, 'golden', 'pull', depot, 'pocket')).exitCode).toBe(0)
  await on(maker, 'golden', 'prune')
  expect((await on(maker, 'golden', 'make', 'pocket')).exitCode).toBe(0)
  const second = await push()
  const share = sumOf(second, 'travelled') / sumOf(second, 'total')
  expect(share).toBeGreaterThan(0)
  expect(share).toBeLessThan(0.8)
  // Whoever has the first fetches the second only when its own has gone: both are of one key.
  await on(cache, 'golden', 'prune')
  const { stdout } = await on(cache, 'golden', 'pull', depot, 'pocket', '--json')
  const [again] = JSON.parse(stdout) as [HandedOn]
  expect(again.parts.map(({ what }) => what)).toEqual(['golden snapshot'])
})

test('a file server of static files is enough to pull', async () => {
  await push()
  const server = createServer(({ url = '' }, answer) => {
    const file = join(depot, url)
    if (!existsSync(file)) answer.writeHead(404).end()
    else answer.end(readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const pulled = await on(otherMachine('fourth'), 'golden', 'pull', address, 'pocket')
  expect(pulled.exitCode, pulled.stderr).toBe(0)
  const pushed = await on(maker, 'golden', 'push', address, 'pocket')
  expect([pushed.exitCode, pushed.stderr]).toEqual([2, expect.stringContaining('pushed to a folder')])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('what this machine cannot use is refused, with what differs; nothing is left of it', async () => {
  await push()
  const { accelerator } = await pocketHost()
  const other = accelerator === 'kvm' ? 'tcg' : 'kvm'
  const cache = otherMachine('fifth')
  const env = { ...settings().environment, STACKRIG_CACHE: cache, STACKRIG_ACCELERATOR: other }
  const wrong = await stackrigWithin(['env'], ['golden', 'pull', depot, 'pocket'], env)
  expect(wrong.stderr).toMatch(
    new RegExp(
      `DEPOT_MISSING .*\\n.*\\n.*differs in[\\s\\S]*here .*"${other}".*there .*"${accelerator}"[\\s\\S]*golden make pocket`,
    ),
  )
  expect(wrong.exitCode).toBe(3)
  const none = await on(cache, 'golden', 'pull', join(folder, 'empty'), 'pocket')
  expect(none.stderr).toMatch(/DEPOT_MISSING[\s\S]*none was pushed/)
  expect([namesIn(cache, 'golden'), namesIn(cache, 'images')]).toEqual([[], []])
})

test('another build of an image stays, and is replaced when that is asked for', async () => {
  await push()
  const cache = otherMachine('sixth')
  const [image = ''] = namesIn(maker, 'images').filter((name) => /^pocket-[0-9a-f]{12}$/.test(name))
  const own = join(cache, 'images', image)
  cpSync(join(maker, 'images', image), own, { recursive: true, verbatimSymlinks: true })
  const record = JSON.parse(readFileSync(join(own, 'image.json'), 'utf8')) as object
  writeFileSync(join(own, 'image.json'), JSON.stringify({ ...record, build: 'own' }))
  await writeManifest(own)
  const kept = await on(cache, 'golden', 'pull', depot, 'pocket')
  expect(kept.stderr).toMatch(/IMAGE_MISMATCH[\s\S]*another build of the same recipe[\s\S]*--replace/)
  expect(readFileSync(join(own, 'image.json'), 'utf8')).toContain('"own"')
  const replaced = await on(cache, 'golden', 'pull', depot, 'pocket', '--replace')
  expect(replaced.exitCode, replaced.stderr).toBe(0)
  expect(readFileSync(join(own, 'image.json'), 'utf8')).not.toContain('"own"')
})

test('pushes and pulls that are killed leave nothing that is taken for whole, and the next ones succeed', async () => {
  const place = join(folder, 'killed')
  const words = ['golden', 'push', place, 'pocket']
  const killed = execa(process.execPath, [program, ...words], {
    reject: false,
    env: { STACKRIG_CACHE: maker },
  })
  await vi.waitFor(() => expect(existsSync(join(place, 'chunks'))).toBe(true), {
    timeout: 120_000,
    interval: 1,
  })
  killed.kill('SIGKILL')
  await killed
  expect(existsSync(join(place, 'golden'))).toBe(false)
  const both = await Promise.all([on(maker, ...words), on(maker, ...words)])
  for (const { exitCode, stderr } of both) expect(exitCode, stderr).toBe(0)
  expect(readdirSync(join(place, 'unfinished'))).toEqual([])
  expect(readdirSync(join(maker, 'depot', 'unfinished'))).toEqual([])

  const cache = otherMachine('seventh')
  const pull = ['golden', 'pull', place, 'pocket']
  const half = execa(process.execPath, [program, ...pull], { reject: false, env: { STACKRIG_CACHE: cache } })
  const building = () => namesIn(cache, 'golden').some((name) => name.endsWith('.building'))
  await vi.waitFor(() => expect(building()).toBe(true), { timeout: 120_000, interval: 1 })
  half.kill('SIGKILL')
  await half
  expect(namesIn(cache, 'golden').every((name) => name.endsWith('.building'))).toBe(true)
  const two = await Promise.all([on(cache, ...pull), on(cache, ...pull)])
  for (const { exitCode, stderr } of two) expect(exitCode, stderr).toBe(0)
  expect(namesIn(cache, 'golden')).toHaveLength(1)
})

test('a disk that is full, here or there: HOST_DISK, and nothing is left', async () => {
  await push()
  const small = join(folder, 'small')
  mkdirSync(small)
  const within = (room: string) => {
    const mounts = `mount -t tmpfs -o size=${room} none ${small} && "$0" "$@"; status=$?; find ${small} -type f ! -name '*.lock' | sort; exit $status`
    return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mounts]
  }
  const full = await stackrigWithin(within('2m'), ['golden', 'push', small, 'pocket'])
  expect(full.stderr).toMatch(/HOST_DISK a depot must find room/)
  expect(full.exitCode).toBe(3)
  expect(full.stdout).not.toContain(`${small}/golden`)
  expect(full.stdout).not.toContain(`${small}/unfinished`)
  // A machine whose cache is small: refused before anything is written.
  const { accelerator } = await pocketHost()
  const env = { ...settings().environment, STACKRIG_CACHE: small, STACKRIG_ACCELERATOR: accelerator }
  const no = await stackrigWithin(within('1m'), ['golden', 'pull', depot, 'pocket'], env)
  expect(no.stderr).toMatch(/HOST_DISK[\s\S]*are needed/)
  expect(no.stdout).not.toMatch(/\/(golden|images)\/[^.]/)
})
