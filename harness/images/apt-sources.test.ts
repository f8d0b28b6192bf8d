import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveSources, debianSources } from './apt-sources.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-apt-'))
  mkdirSync(join(folder, 'sources.list.d'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), lines.join('\n') + '\n')
const sources = () => debianSources('bookworm', folder)

test('one-line format', () => {
  write(
    'sources.list',
    '# deb http://one.example/debian bookworm main',
    'deb http://one.example/debian bookworm main contrib # ours',
    'deb-src http://one.example/debian bookworm main',
    'deb [arch=amd64 signed-by=/k.gpg] http://one.example/security bookworm-security main',
    'deb http://one.example/debian bookworm-backports main',
    'deb http://other.example/tool stable main',
  )
  expect(sources()).toEqual([
    'deb http://one.example/debian bookworm main',
    'deb [arch=amd64 signed-by=/k.gpg] http://one.example/security bookworm-security main',
  ])
})

test('deb822 format, with folded lines, comments and a disabled stanza', () => {
  write(
    'sources.list.d/debian.sources',
    'Types: deb deb-src',
    '# a comment',
    'URIs: http://one.example/debian',
    'Suites: bookworm',
    ' bookworm-updates',
    'Components: main non-free',
    'Signed-By: /k.gpg',
    '',
    'Types: deb',
    'URIs: http://off.example/debian',
    'Suites: bookworm',
    'Components: main',
    'Enabled: no',
    '',
    'Types: deb',
    'URIs: http://foreign.example/',
    'Suites: nodistro',
    'Components: main',
  )
  expect(sources()).toEqual([
    'deb [signed-by=/k.gpg] http://one.example/debian bookworm main',
    'deb [signed-by=/k.gpg] http://one.example/debian bookworm-updates main',
  ])
})

test('a source that stands twice is used once', () => {
  write('sources.list', 'deb http://one.example/debian bookworm main')
  write('sources.list.d/again.list', 'deb http://one.example/debian bookworm main')
  expect(sources()).toHaveLength(1)
})

test('the lines of an archive of old versions, which may have run out', () => {
  const lines =
    'deb http://old.example/1 bookworm main; deb [trusted=yes] file:/old bookworm-security main contrib'
  expect(archiveSources(`${lines}; deb http://old.example/1 trixie main`, 'bookworm')).toEqual([
    'deb [check-valid-until=no] http://old.example/1 bookworm main',
    'deb [trusted=yes check-valid-until=no] file:/old bookworm-security main',
  ])
})

test.each([
  ['another suite', 'deb http://u:secret@old.example/1 trixie main'],
  ['no main', 'deb http://old.example/1 bookworm contrib'],
])('an archive of %s is said to serve nothing', (_what, line) => {
  expect(() => archiveSources(line, 'bookworm')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: expect.stringMatching(/main of Debian bookworm(?![^]*secret)/) as string,
    }),
  )
})

test('files apt ignores are ignored; none at all is an error that says what to add', () => {
  write('sources.list.d/old.list.disabled', 'deb http://one.example/debian bookworm main')
  expect(sources).toThrow(/deb MIRROR bookworm main/)
})
