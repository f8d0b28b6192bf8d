import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { writeArchive } from './kept-archive.js'
import type { BuildLog } from './program.js'

let folder: string
let log: BuildLog
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-kept-'))
  log = { image: 'pocket', file: join(folder, 'pocket.log'), signal: new AbortController().signal }
})
afterEach(() => rmSync(folder, { recursive: true }))

async function packageFile(name: string, version: string): Promise<string> {
  const tree = join(folder, name)
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true })
  writeFileSync(
    join(tree, 'DEBIAN', 'control'),
    `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: nobody\nDescription: none\n of more lines\n`,
  )
  const file = join(folder, `${name}_${version.replaceAll(':', '%3a')}_all.deb`)
  await execa('dpkg-deb', ['--build', tree, file])
  return file
}

/** apt with nothing but this source. */
function apt(line: string): string[] {
  const state = join(folder, 'state')
  for (const part of ['lists/partial', 'archives/partial']) mkdirSync(join(state, part), { recursive: true })
  writeFileSync(join(state, 'sources.list'), `${line}\n`)
  writeFileSync(join(state, 'status'), '')
  const options = {
    ...{ 'Dir::State': state, 'Dir::State::lists': join(state, 'lists'), 'Dir::Cache': state },
    ...{ 'Dir::State::status': join(state, 'status'), 'Dir::Etc::sourcelist': join(state, 'sources.list') },
    ...{ 'Dir::Etc::sourceparts': '/dev/null', 'APT::Sandbox::User': '' },
  }
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

test.each(['archive', 'an "archive" of 5%41 [all] $x'])(
  'apt finds and takes what was kept in %s',
  async (name) => {
    const debs = [await packageFile('first', '1:2.0~rc1+b1'), await packageFile('second', '3')]
    const archive = join(folder, name)
    mkdirSync(archive)
    const before = process.umask(0o077)
    onTestFinished(() => void process.umask(before))
    const options = apt(await writeArchive(log, archive, debs))
    await execa('apt-get', [...options, 'update'])
    for (const file of readdirSync(archive)) expect(statSync(join(archive, file)).mode & 0o777).toBe(0o644)
    const { stdout } = await execa('apt-cache', [...options, 'madison', 'first', 'second'])
    expect(stdout).toMatch(/first \| 1:2\.0~rc1\+b1 \|[\s\S]*second \| +3 \|/)
    const taken = join(folder, 'taken')
    mkdirSync(taken)
    // apt compares size and digest.
    await execa('apt-get', [...options, 'download', 'first=1:2.0~rc1+b1', 'second=3'], { cwd: taken })
    expect(readdirSync(taken)).toEqual(['first_1%3a2.0~rc1+b1_all.deb', 'second_3_all.deb'])
  },
)

test('what is no package is named', async () => {
  const torn = join(folder, 'torn_1_all.deb')
  writeFileSync(torn, 'torn')
  await expect(writeArchive(log, folder, [torn])).rejects.toMatchObject({
    code: 'IMAGE_BUILD_FAILED',
    message: expect.stringContaining('torn_1_all.deb is no package') as string,
  })
})

test('given up is not torn', async () => {
  const log = { image: 'pocket', file: join(folder, 'pocket.log'), signal: AbortSignal.abort() }
  await expect(writeArchive(log, folder, [await packageFile('one', '1')])).rejects.toMatchObject({
    code: 'ABORTED',
  })
})
