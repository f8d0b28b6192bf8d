import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Mounts } from './mounts.js'
import { placesOf, type Place, type View } from './view.js'

let folder: string
let run: string

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'view-')))
  run = join(folder, 'run')
  for (const name of ['run/view', 'images/more', 'elsewhere'])
    mkdirSync(join(folder, name), { recursive: true })
  for (const name of ['images/kernel', 'elsewhere/disk', 'log']) writeFileSync(join(folder, name), '')
  symlinkSync('../elsewhere/disk', join(folder, 'images', 'disk'))
  symlinkSync('images', join(folder, 'latest'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const root = '1 0 254:0 / / rw,relatime - ext4 /dev/vda rw\n'

/** What is seen below the test's folder: path, where it comes from, options. */
function seen(view: View, mounts = root): string[] {
  return below(placesOf(view, run, new Mounts(mounts))).map(
    ({ at, from, kind, options }) =>
      `${at.slice(folder.length)} ${from.slice(folder.length)} ${[kind, ...options].join(',')}`,
  )
}

const below = (places: Place[]): Place[] => places.filter(({ at }) => at.startsWith(folder))

test('of its own folder a program writes to all but what later programs will see', () => {
  expect(seen({})).toEqual(['/run /run bind', '/run/view /run/view bind,ro'])
})

test('a file is seen at its path, and where that leads; nothing beside it', () => {
  expect(seen({ reads: [join(folder, 'images', 'disk'), join(folder, 'latest', 'kernel')] })).toEqual([
    '/elsewhere/disk /elsewhere/disk bind,ro',
    '/images/disk /elsewhere/disk bind,ro',
    '/images/kernel /images/kernel bind,ro',
    '/latest/kernel /images/kernel bind,ro',
    ...seen({}),
  ])
})

test('what lies in a folder that is seen is mounted no second time, but where its link leads', () => {
  const reads = ['images', 'images/kernel', 'images/disk', 'run/x'].map((name) => join(folder, name))
  writeFileSync(join(run, 'x'), '')
  expect(seen({ reads })).toEqual([
    '/elsewhere/disk /elsewhere/disk bind,ro',
    '/images /images bind,ro',
    ...seen({}),
  ])
})

test('what may be written to is, also in a folder that may only be read', () => {
  const view = {
    reads: [join(folder, 'images')],
    writes: [join(folder, 'images/kernel'), join(folder, 'log')],
  }
  expect(seen(view)).toEqual([
    '/images /images bind,ro',
    '/images/kernel /images/kernel bind',
    '/log /log bind',
    ...seen({}),
  ])
})

test('what is mounted in a folder comes with it, each to be read only, with what its mount forbids', () => {
  const mounts = `${root}2 1 254:1 / ${folder}/images/more rw,nosuid - ext4 /dev/vdb rw
3 1 254:1 / ${folder}/elsewhere rw,noexec,nodev - ext4 /dev/vdb rw\n`
  const view = { reads: [join(folder, 'images'), join(folder, 'latest'), join(folder, 'elsewhere')] }
  expect(seen(view, mounts)).toEqual([
    '/elsewhere /elsewhere bind,nodev,noexec,ro',
    '/images /images rbind,ro',
    '/latest /images rbind,ro',
    ...seen({}),
  ])
  const inner = placesOf(view, run, new Mounts(mounts)).flatMap((place) => place.inner)
  expect(inner).toEqual(
    ['images/more', 'latest/more'].map((name) => ({ at: join(folder, name), options: ['nosuid', 'ro'] })),
  )
})

test('nobody may be given all that there is, a device, or what is not there', () => {
  const view = { reads: ['/', '/dev/zero', '/dev/null', join(folder, 'nowhere'), undefined] }
  expect(placesOf(view, run, new Mounts(root))).toEqual(placesOf({}, run, new Mounts(root)))
})

test('of /etc no passwords and no keys are seen, and of /dev no disks', () => {
  const places = placesOf({}, run, new Mounts(root)).map(({ at }) => at)
  expect(places).toContain('/etc/passwd')
  expect(
    places.filter((at) => /^\/(etc(\/(shadow|ssl(\/private)?|ssh))?|dev|root|home|var|run)$/.test(at)),
  ).toEqual([])
})
