import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, expect, test, vi } from 'vitest'
import {
  buildImages,
  isImported,
  readLock,
  verifyImage,
  writeLock,
  type BuiltEntry,
} from '../images/index.js'
import { cacheWithImages } from '../testing/cache-with-images.js'
import { ownHost } from '../testing/own-host.js'
import { packageFolder } from '../paths.js'
import { settings } from '../settings.js'
import { onPocket, ownProject } from './testing/own-project.js'
import { program, stackrigIn } from './testing/stackrig.js'

const { folder } = ownHost()
const cache = join(folder, 'cache')
const project = join(folder, 'project')
const downloads = join(folder, 'downloads')
let good: BuiltEntry
let bad: BuiltEntry

/** A package as the next version of itself, with other content. */
async function nextVersion(deb: string, change: (tree: string) => void): Promise<void> {
  const tree = join(folder, 'tree')
  await execa('rm', ['-rf', tree])
  await execa('dpkg-deb', ['-R', deb, tree])
  const control = join(tree, 'DEBIAN', 'control')
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*/m, '$&+next'))
  change(tree)
  const [name, version, architecture] = basename(deb).split('_')
  const next = join(downloads, 'debs', `${name ?? ''}_${version ?? ''}+next_${architecture ?? ''}`)
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, next])
}

beforeAll(async () => {
  await buildImages(['pocket'])
  const { images } = readLock()
  const entry = images['pocket']
  if (!entry || isImported(entry)) throw new TypeError('pocket is a built image')
  const { image } = await verifyImage('pocket')
  const manifest = readFileSync(join(image.folder, 'pocket.manifest'), 'utf8').trim().split('\n')
  const packages = Object.fromEntries(manifest.map((line) => line.split('=') as [string, string]))
  const next = Object.entries(packages).map(([name, version]) => [name, `${version}+next`])
  good = { ...entry, packages }
  bad = { ...entry, packages: Object.fromEntries(next) as Record<string, string> }
  mkdirSync(join(downloads, 'debs'), { recursive: true })
  for (const [name, version] of Object.entries(packages)) {
    const file = `${name}_${version.replaceAll(':', '%3a')}_amd64.deb`
    const deb = join(settings().downloads, 'debs', file)
    copyFileSync(deb, join(downloads, 'debs', file))
    await nextVersion(deb, (tree) => {
      const busybox = ['bin/busybox', 'usr/bin/busybox'].map((path) => join(tree, path)).find(existsSync)
      if (busybox === undefined) return
      const text = readFileSync(busybox, 'latin1')
      writeFileSync(busybox, text.replaceAll('BusyBox v', 'BusyBox V'), 'latin1')
    })
  }
  cacheWithImages(cache)
  mkdirSync(project)
  ownProject(project, {
    pocket: `${onPocket}test('busybox says its name', async ({ one }) => {
      expect(await one.run\`busybox | head -n 1\`).toContain('BusyBox v') })`,
    marked: `${onPocket}import { bug } from '${packageFolder}/harness/index.js'
    test('known', bug('1', { says: /x/, until: '2999-12-31' }), async () => undefined)`,
  })
  vi.stubEnv('STACKRIG_DOWNLOADS', downloads)
  for (const [name, pocket] of Object.entries({ good, bad }))
    writeLock({ version: 1, images: { pocket } }, join(project, `${name}.lock`))
}, 600_000)

const words = (one: string, other: string): string[] => [
  ...['bisect', 'pocket', '--good', `${one}.lock`, '--bad', `${other}.lock`],
]
const bisect = (one: string, other: string, ...more: string[]) =>
  stackrigIn({ cwd: project, cache }, ...words(one, other), ...more)
const left = () => readdirSync(join(cache, 'bisect')).filter((entry) => entry.startsWith('work'))

test('a version that nobody has is named before anything is built', async () => {
  const packages = { ...bad.packages, 'busybox-static': '9.9' }
  writeLock({ version: 1, images: { pocket: { ...bad, packages } } }, join(project, 'lost.lock'))
  const { stderr, exitCode } = await bisect('good', 'lost')
  expect(stderr).toMatch(/PACKAGE_MISSING[\s\S]*nobody has busybox-static=9\.9 \(image pocket\)/)
  expect(exitCode).toBe(3)
  expect(existsSync(join(cache, 'bisect'))).toBe(false)
}, 300_000)

test('what cannot be bisected is refused before anything is built', async () => {
  const marked = await stackrigIn(
    { cwd: project, cache },
    'bisect',
    'marked',
    ...words('good', 'bad').slice(2),
  )
  expect(marked.stderr).toMatch(/USAGE what is bisected must not be marked[\s\S]*marked\.scenario\.ts: known/)
  vi.stubEnv('STACKRIG_SWEEP', '2 cut:one:30s')
  const swept = await bisect('good', 'bad')
  vi.stubEnv('STACKRIG_SWEEP', undefined)
  expect(swept.stderr).toMatch(/USAGE [\s\S]*STACKRIG_SWEEP=2 cut/)
  expect(existsSync(join(cache, 'bisect'))).toBe(false)
}, 300_000)

test('Ctrl-C in the middle leaves nothing behind', async () => {
  const running = execa(process.execPath, [program, ...words('good', 'bad'), '--runs', '1'], {
    cwd: project,
    env: { STACKRIG_CACHE: cache },
    reject: false,
  })
  const firstTry = new Promise<void>((resolve) => {
    running.stdout.on('data', (data) => String(data).includes('try 1') && resolve())
  })
  await Promise.race([firstTry, running])
  running.kill('SIGINT')
  expect((await running).exitCode).toBe(130)
  expect(left()).toEqual([])
}, 1_200_000)

test('the package that breaks it is found, by builds of what the locks say', async () => {
  const { stdout, stderr, exitCode } = await bisect('good', 'bad', '--runs', '1')
  expect(exitCode, stderr).toBe(0)
  expect(stdout).toContain('2 packages moved:')
  // It goes on where it was.
  expect(stdout).toMatch(/try 1 +0 of 2 \(good\) +passed \(tried before\)/)
  expect(stdout).toMatch(/try 2 +2 of 2 \(bad\) +failed/)
  expect(stdout).toMatch(/try 3 +1 of 2 +failed/)
  const version = good.packages['busybox-static'] ?? ''
  expect(stdout).toContain(
    `found: busybox-static ${version} -> ${version}+next breaks scenarios/pocket.scenario.ts`,
  )
  const [passes = '', fails = ''] = [...stdout.matchAll(/STACKRIG_EXACT=(\S+)/g)].map(([, file]) => file)
  const packagesOf = (file: string): unknown => readLock(file).images['pocket']
  expect(packagesOf(passes)).toMatchObject({ packages: good.packages })
  expect(packagesOf(fails)).toMatchObject({
    packages: { ...good.packages, 'busybox-static': `${version}+next` },
  })
  expect(left()).toEqual([])
  const again = await bisect('good', 'bad', '--runs', '1')
  expect(again.stdout.match(/\(tried before\)/g)).toHaveLength(3)
}, 2_400_000)

test('a lock that is not what it was said to be is refused', async () => {
  const { stderr, exitCode } = await bisect('bad', 'good', '--runs', '1')
  expect(stderr).toMatch(/must pass with the good lock/)
  expect(exitCode).toBe(2)
  const same = await bisect('good', 'good')
  expect(same.stderr).toMatch(/must differ in the packages/)
  const none = await bisect('nowhere', 'bad')
  expect(none.stderr).toMatch(/--good must name an images\.lock/)
}, 300_000)

test('what could not be built leaves its log, and is tried again', async () => {
  const version = bad.packages['busybox-static'] ?? ''
  const packages = { ...bad.packages, 'busybox-static': `${version}+torn` }
  writeLock({ version: 1, images: { pocket: { ...bad, packages } } }, join(project, 'torn.lock'))
  const torn = join(downloads, 'debs', `busybox-static_${version.replaceAll(':', '%3a')}+torn_amd64.deb`)
  writeFileSync(torn, 'torn')
  const { stdout, stderr } = await bisect('good', 'torn', '--runs', '1')
  expect(stderr).toMatch(/IMAGE_BUILD_FAILED[\s\S]*next: +start again if a mirror/)
  const log = /^ +log: (.+)$/m.exec(stdout)?.[1] ?? ''
  expect(readFileSync(log, 'utf8')).toContain('dpkg-deb')
  expect(stderr).toContain(log)
  expect(left()).toEqual([])
  const again = await bisect('good', 'torn', '--runs', '1')
  expect(again.stdout).toMatch(/could not be built(?!.*tried before)/)
}, 300_000)
