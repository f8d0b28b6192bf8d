import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openembeddedReleases, type OpenembeddedRelease } from '../images/index.js'
import { compareWithRunqemu, outcomes, type Outcome } from './testing/compare-with-runqemu.js'
import { askRunqemu, layOut, layOutTools, type OracleAnswer } from './testing/runqemu-oracle.js'
import { oracleCases, type OracleCase } from './testing/runqemu-oracle-cases.js'

/**
 * RUNQEMU_RELEASES is a folder that has RELEASE/runqemu: then the scripts themselves are asked, and with RUNQEMU_RECORD=1
 * what they answer is written into runqemu-oracle.json, and the table into docs/yocto.md:
 *
 *   RUNQEMU_RECORD=1 RUNQEMU_RELEASES=FOLDER npx vitest run --project unit harness/qemu/runqemu-oracle.test.ts
 *
 * Without a folder the answers recorded there are compared. They are runqemu's, never our reader's.
 */
const scripts = process.env['RUNQEMU_RELEASES']
const record = process.env['RUNQEMU_RECORD'] === '1'
const table = join(import.meta.dirname, 'testing', 'runqemu-oracle.json')
type Table = Record<string, Record<string, OracleAnswer>>
const recorded: Table = existsSync(table) ? (JSON.parse(readFileSync(table, 'utf8')) as Table) : {}

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'stackrig-oracle-'))
const tools = join(folder, 'tools')
layOutTools(tools)
afterAll(() => rmSync(folder, { recursive: true }))

async function answerOf(release: OpenembeddedRelease, one: OracleCase): Promise<OracleAnswer> {
  const known = recorded[release]?.[one.name]
  if (!scripts) {
    if (known === undefined) throw new Error(`not in ${table}: ${release}, ${one.name}`)
    return known
  }
  const deploy = join(folder, 'asked')
  const conf = layOut(one.asked ?? one, deploy, tools)
  const answer = await askRunqemu(join(scripts, release, 'runqemu'), conf, deploy, tools)
  if (record) (recorded[release] ??= {})[one.name] = answer
  return answer
}

const there = openembeddedReleases.filter((release) =>
  scripts ? existsSync(join(scripts, release, 'runqemu')) : release in recorded,
)

// Answers to cases that are none any more go; releases whose script is not there keep theirs.
if (record && scripts) for (const release of there) recorded[release] = {}

const counts = new Map<string, Outcome[]>()

describe.each(there)('runqemu of %s', (release) => {
  test.each(oracleCases(release).map((one) => [one.name, one] as const))(
    '%s',
    { timeout: 120_000 },
    async (_, one) => {
      const answer = await answerOf(release, one)
      const deploy = join(folder, release)
      layOut(one, deploy, tools)
      const told = compareWithRunqemu(answer, deploy, release)
      counts.set(release, [...(counts.get(release) ?? []), told])
      // By its keys alone a conf may be of several releases; what they read in different ways is refused then.
      const dated = compareWithRunqemu(answer, deploy, undefined)
      if (dated !== told) expect([told, dated]).toEqual(['agrees', 'only stackrig refuses'])
    },
  )
})

/** One line for each answer. */
function tableText(): string {
  const rows = openembeddedReleases.flatMap((release) => {
    const answers = recorded[release]
    if (!answers) return []
    const lines = Object.entries(answers).map(
      ([name, answer]) => `  ${JSON.stringify(name)}: ${JSON.stringify(answer)}`,
    )
    return ` ${JSON.stringify(release)}: {\n${lines.join(',\n')}\n }`
  })
  return `{\n${rows.join(',\n')}\n}\n`
}

test('the recorded table has the answers of real scripts', () => {
  if (record && scripts) writeFileSync(table, tableText())
  expect(Object.keys(recorded).length).toBeGreaterThan(6)
})

test('docs/yocto.md has the counts', () => {
  const page = join(import.meta.dirname, '..', '..', 'docs', 'yocto.md')
  const text = readFileSync(page, 'utf8')
  const rows = [...counts].map(([release, all]) => {
    const cells = outcomes.map((column) => all.filter((one) => one === column).length)
    return `| ${[release, all.length, ...cells].join(' | ')} |`
  })
  if (record) {
    const old = new RegExp(`(?:^\\| (?:${openembeddedReleases.join('|')}) \\|(?: \\d+ \\|){4}\\n)+`, 'm')
    writeFileSync(page, text.replace(old, `${rows.join('\n')}\n`))
  }
  for (const row of record ? [] : rows) expect(text).toContain(row)
})
