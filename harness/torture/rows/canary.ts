import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { canariesOf, makeProject, type Canaries } from '../canary-project.js'
import { openPlace, type OwnPlace } from '../own-place.js'
import { packageFolder } from '../../paths.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

/** How often the arguments of all processes are looked at, ms. */
const interval = 20
const counts = { files: 0, bytes: 0, looks: 0 }
let place: OwnPlace

/** Passwords and tokens stand in no argument of a process, in nothing that is printed, and in no text below results/. */
export const row: Row = {
  name: 'canary',
  amounts: { small: 1, nightly: 100 },
  open: () => Promise.resolve((place = openPlace())),
  attempt: async (seed) => {
    const chance = new Chance(seed)
    const canaries = canariesOf(chance)
    const project = mkdtempSync(join(place.folder, 'project-'))
    makeProject(project, canaries, chance)
    const over = new AbortController()
    const looking = argumentsSeen(canaries, over.signal)
    const { all, exitCode } = await runScenarios(project, canaries)
    over.abort()
    const found = [
      ...(await looking).map((where) => `in the arguments of ${where}`),
      ...whichStandIn(canaries, all).map((name) => `${name} in what was printed`),
      ...filesWith(canaries, join(project, 'results')),
    ]
    if (exitCode !== 1 || !/0 passed, 4 failed/.test(all))
      throw new Error(`the scenarios must fail: ${all.slice(-1000)}`)
    rmSync(project, { recursive: true })
    if (found.length > 0) throw new Error([...new Set(found)].join('; '))
  },
  report: () =>
    `${counts.files} files of results, ${counts.bytes} bytes; looked at all arguments ${counts.looks} times`,
}

/** With all that it would say to somebody who looks for a defect. */
function runScenarios(project: string, { proxyPassword }: Canaries) {
  const proxy = `http://somebody:${proxyPassword}@127.0.0.1:9`
  return execa(process.execPath, [join(packageFolder, 'harness', 'cli', 'stackrig.mjs'), 'test'], {
    cwd: project,
    env: { DEBUG: 'stackrig:*', FORCE_COLOR: undefined, http_proxy: proxy, HTTPS_PROXY: proxy },
    reject: false,
    all: true,
  })
}

async function argumentsSeen(canaries: Canaries, over: AbortSignal): Promise<string[]> {
  const found = new Set<string>()
  while (!over.aborted) {
    await delay(interval)
    counts.looks += 1
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const words = readOr(`/proc/${pid}/cmdline`)
      for (const name of whichStandIn(canaries, words)) found.add(`${words.split('\0', 1).join('')}: ${name}`)
    }
  }
  return [...found]
}

function filesWith(canaries: Canaries, folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.flatMap((name) => {
    const { mode } = statSync(join(folder, name))
    // Memory and disks of nodes hold what the nodes do: nobody else may read them (docs/security.md).
    if ((mode & 0o077) === 0 && /\.(zst|qcow2|pcap)$/.test(name)) return []
    const text = readOr(join(folder, name))
    counts.files += 1
    counts.bytes += text.length
    return whichStandIn(canaries, text).map((canary) => `${canary} in results/${name}`)
  })
}

/** The names of those that stand in a text, whole or begun. */
function whichStandIn(canaries: Canaries, text: string): string[] {
  return Object.entries<string>({ ...canaries }).flatMap(([name, secret]) =>
    text.includes(secret.slice(0, 24)) ? [name] : [],
  )
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
