import { expect, test } from 'vitest'
import { chunkSize } from './cut.js'
import { differing, parseGoldenNote, plainParts } from './note.js'

const digest = 'ab'.repeat(32)
const folder = { manifest: '{}', links: {}, files: { 'one.memory': { size: 5, chunks: [3, digest] } } }
const note = {
  ...{
    format: 'stackrig-golden',
    version: 1,
    chunkSize,
    start: 'pocket',
    pushed: '2026-11-30T08:00:00.000Z',
  },
  host: { qemu: 'QEMU 7.2', accelerator: 'tcg' },
  ...{ identity: digest, general: [], parts: [], golden: folder },
  images: [{ name: 'pocket', digest, build: 'b', folder }],
}
const parse = (changed: unknown) => parseGoldenNote(JSON.stringify(changed))

test('a note that is of its form', () => {
  expect(parse(note)?.start).toBe('pocket')
})

test.each([
  ['a file above its folder', { files: { '../passwd': { size: 1, chunks: [] } } }],
  ['a file that would be hidden', { files: { '.ssh': { size: 1, chunks: [] } } }],
  ['a link to elsewhere', { links: { disk: '/etc/shadow' } }],
  ['a link above', { links: { disk: '..' } }],
  ['a chunk that is no digest', { files: { disk: { size: 1, chunks: ['../../x'] } } }],
])('%s is refused', (_, changed) => {
  expect(parse({ ...note, golden: { ...folder, ...changed } })).toBeUndefined()
  expect(
    parse({ ...note, images: [{ name: 'pocket', digest, build: 'b', folder: { ...folder, ...changed } }] }),
  ).toBeUndefined()
})

test('parts of a key are the same wherever the cache lies, and differ where they do', () => {
  const call = (cache: string) => [
    { what: 'QEMU', value: ['/usr/bin/qemu', 5] },
    { what: 'call', value: ['-kernel', `${cache}/pocket-1/bzImage`, 'x'.repeat(500)] },
  ]
  const [here, there] = ['/home/a,b "c"', '/srv'].map((cache) =>
    plainParts(call(cache), [`${cache}/pocket-1`]),
  )
  expect(here).toEqual(there)
  const other = plainParts(
    [{ what: 'QEMU', value: ['/usr/bin/qemu', 6] }, ...call('/srv').slice(1)],
    ['/srv/pocket-1'],
  )
  expect(differing(here ?? [], other)).toEqual(['QEMU'])
  expect(differing(here ?? [], [])).toEqual(['QEMU', 'call'])
})
