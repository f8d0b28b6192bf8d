import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { makeFolder } from '../make-folder.js'
import { StackrigError } from '../errors/index.js'
import { cacheFolder } from '../paths.js'
import { thisHost } from '../qemu/index.js'
import {
  findRow,
  recordedSnapshot,
  settleTravelled,
  snapshotIdentity,
  snapshotRoot,
  type MomentRow,
  type SnapshotRecord,
} from '../snapshot/index.js'
import { readCapsule, unpack, type Capsule } from './capsule-file.js'
import { enter, stepNumber, type EnterOptions } from './rewind.js'

/** `stackrig replay`: enters what `stackrig capsule` packed. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('enter the failure in a capsule, and leave it running')
    .argument('<file>', 'of `stackrig capsule`')
    .option('--step <n>', 'the end of this outermost step; 0 is just after the fork', stepNumber)
    .option('--name <name>', "name of the cluster (default: that of the scenario's file)")
    .option('--json', 'print one JSON document')
    .action(async (file: string, options: EnterOptions) => {
      const path = resolve(file)
      const capsule = await readCapsule(path)
      await requireSameHost(path, capsule)
      const folder = await unpacked(path, capsule)
      const root = join(folder, 'evidence', 'moments')
      const row = findRow(root)
      if (row === undefined)
        throw new StackrigError('SNAPSHOT_BROKEN', 'a capsule must have moments in it', { where: path })
      await enter(root, { ...row, snapshot: await standOn(folder, row, capsule) }, options)
    })
}

/** @throws StackrigError SNAPSHOT_BROKEN */
async function requireSameHost(where: string, { host }: Capsule): Promise<void> {
  const here = await thisHost(host.accelerator)
  const differs = (['qemu', 'processor'] as const).filter((key) => here[key] !== host[key])
  if (differs.length === 0) return
  throw new StackrigError(
    'SNAPSHOT_BROKEN',
    'a capsule is entered with the QEMU and the processor it was made with',
    {
      where,
      seen: differs
        .map((key) => `${key}: here ${here[key] ?? 'unknown'}; there ${host[key] ?? 'unknown'}`)
        .join('\n'),
      next: 'install that version of QEMU; under KVM a processor of that model is needed, too',
    },
  )
}

/** Where the parts of a capsule lie, unpacked once. */
async function unpacked(file: string, capsule: Capsule): Promise<string> {
  if (!/^[0-9a-f-]{36}$/.test(capsule.id))
    throw new StackrigError('USAGE', 'a capsule must have an id', { where: file, seen: capsule.id })
  const folder = join(cacheFolder(), 'capsules', capsule.id)
  if (existsSync(folder)) return folder
  const building = `${folder}.${randomBytes(4).toString('hex')}.building`
  makeFolder(building, 0o700)
  try {
    const isHere = (await localGolden(capsule)) !== undefined
    await unpack(file, building, ['evidence', ...(capsule.withGolden && !isHere ? ['golden', 'images'] : [])])
    await rename(building, folder)
    return folder
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

/** The very golden snapshot, where this machine has it. */
async function localGolden({ golden }: Capsule): Promise<string | undefined> {
  const folder = join(snapshotRoot(), basename(golden.name))
  const isHere =
    existsSync(join(folder, 'manifest.json')) && (await snapshotIdentity(folder)) === golden.digest
  return isHere ? folder : undefined
}

/** What the moments stand on, as it lies here. @throws StackrigError SNAPSHOT_BROKEN */
async function standOn(folder: string, { snapshot }: MomentRow, capsule: Capsule): Promise<SnapshotRecord> {
  const travelled = join(folder, 'golden')
  const local = await localGolden(capsule)
  if (!existsSync(travelled)) {
    if (local === undefined) throw notHere(capsule)
    return withImages({ ...snapshot, folder: local }, (image) =>
      existsSync(image) ? image : join(cacheFolder(), 'images', basename(image)),
    )
  }
  const here = withImages({ ...snapshot, folder: travelled }, (_, name) => join(folder, 'images', name))
  const { images } = recordedSnapshot(here)
  const ofNodes = here.topology.nodes.flatMap((node) => {
    const image = images.get(node.image)
    return image ? [[node.name, image] as const] : []
  })
  await settleTravelled(travelled, capsule.golden.digest, new Map(ofNodes))
  return here
}

/** All paths of the images, as they lie here. */
function withImages(record: SnapshotRecord, place: (folder: string, name: string) => string): SnapshotRecord {
  return {
    ...record,
    images: record.images.map((image) => {
      const { kernel, initrd, rootfs } = image
      const folder = place(image.folder, image.name)
      const moved = (path: string): string =>
        dirname(path) === image.folder ? join(folder, relative(image.folder, path)) : path
      return {
        ...image,
        folder,
        conf: moved(image.conf),
        ...(kernel !== undefined && { kernel: moved(kernel) }),
        ...(initrd !== undefined && { initrd: moved(initrd) }),
        ...(rootfs !== undefined && { rootfs: moved(rootfs) }),
      }
    }),
  }
}

function notHere({ golden, images, run, file }: Capsule): StackrigError {
  const size = Math.ceil(images.reduce((sum, image) => sum + image.size, golden.size) / 1024 ** 2)
  return new StackrigError(
    'SNAPSHOT_BROKEN',
    'the very golden snapshot that a capsule stands on must be here',
    {
      where: snapshotRoot(),
      seen: `${golden.name} is not there, or was made anew: its memory is another`,
      next: `where the capsule was made: npx stackrig capsule ${run} ${basename(file)} --with-golden (${size} MiB more, before they are compressed)`,
    },
  )
}
