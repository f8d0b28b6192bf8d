import { createHash } from 'node:crypto'
import {
  chmodSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pocket } from '../../../fixtures/topologies/pocket.js'
import { listKept } from '../../cluster/index.js'
import { StackrigError } from '../../errors/index.js'
import { makeRunFolder, runFolders, runRoot } from '../../sandbox/run-folder.js'
import { Sandbox } from '../../sandbox/index.js'
import { setEnvironment } from '../../testing/environment.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

/** Debian's `nobody`. */
const neighbour = 65_534
const codes = new Map<string, number>()

/** A neighbour with another uid was in TMPDIR first: none of its files is touched, nor is it believed. */
export const row: Row = {
  name: 'neighbour',
  amounts: { small: 100, nightly: 10_000 },
  missing: () => (process.getuid?.() === 0 ? undefined : 'only root can make files of another user'),
  attempt: async (seed) => {
    const temporary = mkdtempSync(join(tmpdir(), 'rig-'))
    const restore = setEnvironment({ TMPDIR: temporary })
    try {
      await attemptIn(temporary, new Chance(seed))
    } finally {
      restore()
      rmSync(temporary, { recursive: true })
    }
  },
  report: () => [...codes].map(([code, count]) => `${code} ${count}`).join(', '),
}

async function attemptIn(temporary: string, chance: Chance): Promise<void> {
  const treasure = join(temporary, 'treasure')
  chmodSync(temporary, 0o1777)
  fill(treasure, chance)
  lay(runRoot(), treasure, chance)
  const before = foreignFiles(temporary)
  for (const work of [
    () => listKept(),
    async () => Promise.all((await runFolders()).map((folder) => Sandbox.attach(folder))),
    () => Sandbox.attach(join(runRoot(), 'deadbeef')),
    () => makeRunFolder(chance.one(['deadbeef', 'cafe'])),
  ]) {
    const code = await work().then(
      () => 'done',
      (error: unknown) => {
        if (error instanceof StackrigError && error.code !== 'INTERNAL') return error.code
        throw error
      },
    )
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  const after = foreignFiles(temporary)
  const touched = [...before].find(([path, look]) => after.get(path) !== look)
  if (touched)
    throw new Error(`touched: ${touched[0]}, ${touched[1]} before, ${after.get(touched[0]) ?? 'gone'}`)
  if (after.size > before.size) throw new Error('there are more files of the neighbour than it made')
}

/** A folder that looks like that of a cluster. */
function fill(folder: string, chance: Chance): void {
  mkdirSync(folder)
  const pid = chance.one([1, process.pid, process.ppid, 2 ** 22])
  writeFileSync(join(folder, 'sandbox.json'), JSON.stringify({ pid, started: '1', boot: 'x' }))
  const started = '2026-11-29T10:00:00.000Z'
  const note = {
    version: 1,
    name: 'pocket',
    started,
    accelerator: 'tcg',
    launcher: 'direct',
    clockBehind: 0,
    topology: pocket,
  }
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(note))
  for (const file of ['agent.sock', 'one.disk.qcow2']) writeFileSync(join(folder, file), 'mine')
  own(folder, chance)
}

/** What lies where this user's folder for sockets would, and below it. */
function lay(root: string, treasure: string, chance: Chance): void {
  const kind = chance.below(6)
  if (kind === 0) writeFileSync(root, 'mine')
  else if (kind === 1) symlinkSync(chance.one([treasure, '/etc', '/nowhere', root]), root)
  else if (kind === 2) fill(root, chance)
  else {
    mkdirSync(root, { mode: 0o700 })
    chmodSync(root, chance.one([0o700, 0o700, 0o777, 0o1777, 0o750]))
    const below = join(root, 'deadbeef')
    if (chance.below(2) === 0) fill(below, chance)
    else symlinkSync(chance.one([treasure, '/etc', '..']), below)
    own(below, chance)
  }
  // The folder itself is the neighbour's, or was taken from this user by mistake: of mode 0777, say.
  if (kind < 4) own(root, chance)
}

/** Gives a file, and what lies in it, to the neighbour, and makes it old enough to be taken for what a dead process left. */
function own(path: string, chance: Chance): void {
  const found = lstatSync(path)
  const old = new Date(Date.now() - 1000 * chance.one([0, 30, 3600]))
  if (found.isDirectory()) {
    for (const name of readdirSync(path)) own(join(path, name), chance)
    chmodSync(path, chance.one([0o700, 0o755, 0o777]))
  }
  lchownSync(path, neighbour, neighbour)
  if (!found.isSymbolicLink()) utimesSync(path, old, old)
}

/** How every file of the neighbour's looks, by its path. */
function foreignFiles(folder: string): Map<string, string> {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return new Map(
    found.flatMap((path) => {
      const { uid, mode, size, mtimeMs, ino } = lstatSync(path)
      return uid === neighbour ? [[path, [mode, size, mtimeMs, ino, contentOf(path)].join(' ')] as const] : []
    }),
  )
}

function contentOf(path: string): string {
  const found = lstatSync(path)
  if (found.isSymbolicLink()) return readlinkSync(path)
  return found.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
}
