import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { Command } from 'commander'
import { StackrigError } from '../errors/index.js'
import { lockFile } from '../images/index.js'
import { projectFolder } from '../paths.js'
import { thisHost } from '../qemu/index.js'
import { snapshotIdentity, type SnapshotRecord } from '../snapshot/index.js'
import { capsuleNote, pack, type Capsule, type Packed } from './capsule-file.js'
import { fileName, findScenario, type PastScenario } from './find-row.js'

/** `stackrig capsule`: a failure in one file, to be entered on another machine. */
export function capsuleCommand(): Command {
  return new Command('capsule')
    .description('pack the moments and the evidence of a past scenario into one file')
    .argument('<run>', 'latest, or the name of a folder of results')
    .argument('<scenario>', "a part of its file's or its own name; of several, the one that failed")
    .option('--output <file>', 'default: NAME-RUN.capsule in this folder')
    .option('--with-golden', 'also the golden snapshot that they stand on, and its images')
    .action(async (run: string, name: string, options: { output?: string; withGolden?: boolean }) => {
      const scenario = await findScenario(run, name)
      const file = resolve(options.output ?? `${fileName(scenario.row)}-${scenario.run}.capsule`)
      if (existsSync(file))
        throw new StackrigError('USAGE', 'a capsule is a new file', { where: file, next: '--output FILE' })
      const capsule = await describe(scenario, options.withGolden ?? false)
      tellBefore(scenario, capsule)
      await write(file, scenario, capsule)
      process.stdout.write(`${file}  ${mebibytes((await stat(file)).size)}\n`)
      process.stdout.write(`npx stackrig replay ${basename(file)}\n`)
    })
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`

async function describe({ run, row }: PastScenario, withGolden: boolean): Promise<Capsule> {
  const { folder, images, accelerator } = row.snapshot
  if (!existsSync(folder)) {
    throw new StackrigError(
      'SNAPSHOT_BROKEN',
      'moments that are packed must still have their golden snapshot',
      {
        ...{ where: folder, seen: 'it is not there any more', next: 'run the scenario again' },
      },
    )
  }
  return {
    ...{ format: 'stackrig-capsule', version: 1, id: randomUUID(), made: new Date().toISOString() },
    ...{ run, file: row.file, test: row.test, withGolden },
    golden: { name: basename(folder), digest: await snapshotIdentity(folder), size: await sizeOf(folder) },
    images: await Promise.all(
      images.map(async (image) => ({
        ...{ name: image.name, folder: basename(image.folder), digest: image.digest },
        size: await sizeOf(image.folder),
      })),
    ),
    host: await thisHost(accelerator),
  }
}

/** What somebody who gives it away has to know before it is written. */
function tellBefore({ row }: PastScenario, { golden, images, withGolden }: Capsule): void {
  const own = row.snapshot.topology.passwords ? ', those that the topology has of its own among them' : ''
  const tell = (line: string): void => void process.stderr.write(`${line}\n`)
  tell(`In it is memory of the nodes: every password and key that they hold${own}.`)
  const size = mebibytes(images.reduce((sum, image) => sum + image.size, golden.size))
  if (withGolden) tell(`Golden snapshot and images are packed, too: ${size} before they are compressed.`)
  else
    tell(
      `It stands on the golden snapshot ${golden.name}, and can be entered only where that very one is. ` +
        `--with-golden packs it, too: ${size} before it is compressed.`,
    )
}

async function write(file: string, scenario: PastScenario, capsule: Capsule): Promise<void> {
  const staging = await mkdtemp(join(tmpdir(), 'stackrig-capsule-'))
  try {
    const note = join(staging, capsuleNote)
    await writeFile(note, `${JSON.stringify(capsule, null, 2)}\n`)
    await pack(file, [
      { path: note, as: capsuleNote },
      ...sources(scenario),
      { path: scenario.evidence, as: 'evidence' },
      ...(capsule.withGolden ? standsOn(scenario.row.snapshot) : []),
    ])
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** For people who read it: what the scenario was, and of which packages its images are. */
function sources({ row }: PastScenario): Packed[] {
  const scenario = resolve(projectFolder, row.file)
  return [
    { path: lockFile(), as: 'images.lock' },
    { path: scenario, as: `scenario/${basename(scenario)}` },
  ].filter(({ path }) => existsSync(path))
}

const standsOn = ({ folder, images }: SnapshotRecord): Packed[] => [
  { path: folder, as: 'golden' },
  ...images.map((image) => ({ path: image.folder, as: `images/${image.name}` })),
]

async function sizeOf(folder: string): Promise<number> {
  const entries = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))))
  return entries.reduce((sum, { blocks }) => sum + blocks * 512, 0)
}
