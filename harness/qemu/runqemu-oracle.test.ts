import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { imageInFolder, type Image } from '../images/index.js'
import { messageOf } from '../errors/index.js'
import { directCommand } from './command.js'
import {
  askRunqemu,
  layOut,
  layOutTools,
  meaningOf,
  type Meaning,
  type OracleAnswer,
} from './testing/runqemu-oracle.js'
import { oracleCases, releases, type OracleCase, type Release } from './testing/runqemu-oracle-cases.js'

/**
 * RUNQEMU_RELEASES is a folder that has RELEASE/runqemu: then the scripts themselves are asked, and with RUNQEMU_RECORD=1
 * what they answer is written into runqemu-oracle.json:
 *
 *   RUNQEMU_RECORD=1 RUNQEMU_RELEASES=FOLDER npx vitest run --project unit harness/qemu/runqemu-oracle.test.ts
 *
 * Without it the answers recorded there are compared. They are runqemu's, never our reader's.
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

/** Why a conf is not booted that runqemu calls QEMU with. */
const refusals = /an initramfs and -initrd/

/** Ours has the node's overlay for a disk; what that is over is the image's. */
function ours(image: Image): Meaning {
  const words = directCommand({
    ...{
      name: 'one',
      image,
      memoryMiB: image.memoryMiB,
      cpus: image.cpus,
      mac: '',
      tap: 'tap0',
      kernelWords: [],
    },
    ...{ memory: { file: '/memory', shared: true }, ports: [], consoleLog: '/log', accelerator: 'kvm' },
    ...{ launcher: 'direct', incoming: false, disk: image.rootfs },
  })
  const { rootfs, rootfsFormat = 'raw', diskBus = 'virtio' } = image
  return {
    ...meaningOf(words),
    disk: rootfs === undefined ? undefined : { file: rootfs, format: rootfsFormat, bus: diskBus },
  }
}

/** A link and what it leads to are one file. */
function real(meaning: Meaning, deploy: string): Meaning {
  const path = (file: string | undefined): string | undefined =>
    file && realpathSync(file.replace('DEPLOY', deploy))
  const { kernel, initrd, disk } = meaning
  return {
    ...meaning,
    kernel: path(kernel),
    initrd: path(initrd),
    disk: disk && { ...disk, file: path(disk.file) ?? '' },
  }
}

async function answerOf(
  release: Release,
  one: OracleCase,
  conf: string,
  deploy: string,
): Promise<OracleAnswer> {
  const answer = scripts
    ? await askRunqemu(join(scripts, release, 'runqemu'), conf, deploy, tools)
    : recorded[release]?.[one.name]
  if (answer === undefined) throw new Error(`not in ${table}: ${release}, ${one.name}`)
  if (record) (recorded[release] ??= {})[one.name] = answer
  return answer
}

const there = releases.filter((release) =>
  scripts ? existsSync(join(scripts, release, 'runqemu')) : release in recorded,
)

// Answers to cases that are none any more go; releases whose script is not there keep theirs.
if (record) for (const release of there) recorded[release] = {}

describe.each(there)('runqemu of %s', (release) => {
  test.each(oracleCases(release).map((one) => [one.name, one] as const))(
    '%s',
    { timeout: 60_000 },
    async (_, one) => {
      const deploy = join(folder, release)
      const conf = layOut(one, deploy, tools)
      const answer = await answerOf(release, one, conf, deploy)
      const read = (): Image =>
        imageInFolder(
          deploy,
          { name: 'x', role: 'controller', contract: 'c', digest: '', build: '' },
          'case.qemuboot.conf',
        )
      if ('refused' in answer) {
        // What runqemu does not boot is no promise of ours; but a reason is given.
        expect(read).toThrow(/must be there|cannot be used/)
        return
      }
      let image: Image
      try {
        image = read()
      } catch (error) {
        // Not booted, though runqemu calls QEMU; what is wrong with it is told.
        expect(messageOf(error)).toMatch(refusals)
        return
      }
      const theirs = real(meaningOf(answer.arguments), deploy)
      const mine = real(ours(image), deploy)
      // Ours may speak where runqemu's kernel is told of no console; never the other way round.
      expect(mine).toEqual({ ...theirs, speaks: theirs.speaks || mine.speaks })
    },
  )
})

/** One line for each answer. */
function tableText(): string {
  const rows = releases.flatMap((release) => {
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
  if (record) writeFileSync(table, tableText())
  expect(Object.keys(recorded).length).toBeGreaterThan(6)
})
