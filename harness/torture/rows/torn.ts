import { cp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { inspectBuilt } from '../../images/inspect-built.js'
import { parseManifest } from '../../manifest.js'
import { openMoment } from '../../snapshot/moment.js'
import { forkCluster, type Snapshot } from '../../snapshot/index.js'
import { pairGolden, pocketHost } from '../../testing/pocket.js'
import { openPlace } from '../own-place.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'
import { spoil } from '../spoil.js'

/** A folder whose files are whole or not. */
interface Target {
  name: string
  folder: string
  /** Whether it is taken for whole; rejects when that is found out in another way than is documented. */
  isTaken: () => Promise<boolean>
}

let targets: Target[] = []

/** A flipped bit or a cut in any file of a snapshot, a moment or an image is found before anything stands on it. */
export const row: Row = {
  name: 'torn',
  amounts: { small: 20, nightly: 200 },
  open: async () => {
    const place = openPlace()
    const golden = await pairGolden()
    targets = [
      {
        name: 'snapshot',
        folder: golden.folder,
        isTaken: () => isTaken(async () => (await forkCluster(golden)).close()),
      },
      await imageTarget(join(place.folder, 'image')),
      await momentTarget(join(place.folder, 'moments'), golden),
    ]
    return place
  },
  attempt: async (seed) => {
    const chance = new Chance(seed)
    const { name, folder, isTaken } = chance.one(targets)
    const file = join(folder, chance.one((await readdir(folder)).sort()))
    const before = await readFile(file, 'utf8').catch(() => '')
    const { what, undo } = await spoil(file, chance)
    let taken: boolean
    let after = ''
    try {
      if (file.endsWith('.json')) after = await readFile(file, 'utf8')
      taken = await isTaken()
    } finally {
      await takeBack(folder)
      await undo()
    }
    if (taken && !saysTheSame(basename(file), before, after))
      throw new Error(`taken for whole, a ${name}: ${what}`)
    if (!(await isTaken())) throw new Error(`not taken after this was undone, a ${name}: ${what}`)
  },
}

/** When digests were compared, and when it was used, say nothing of what the files hold; nor does a blank in a manifest. */
function saysTheSame(file: string, before: string, after: string): boolean {
  if (file === 'checked.json' || file === 'used') return true
  const manifests = [before, after].map((text) => JSON.stringify(parseManifest(text)))
  return file === 'manifest.json' && manifests[0] === manifests[1]
}

/** Whether what was done found nothing broken. */
async function isTaken(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'SNAPSHOT_BROKEN') return false
    throw error
  }
}

async function imageTarget(folder: string): Promise<Target> {
  const image = (await pocketHost()).images.get('pocket')
  if (!image) throw new TypeError('there is no pocket image')
  await cp(image.folder, folder, { recursive: true, verbatimSymlinks: true })
  return {
    name: 'image',
    folder,
    isTaken: async () => (await inspectBuilt(folder, image.digest)).state === 'whole',
  }
}

async function momentTarget(root: string, golden: Snapshot): Promise<Target> {
  await using cluster = await forkCluster(golden)
  const { folder } = await cluster.moment('torn', { root })
  return { name: 'moment', folder, isTaken: () => isTaken(() => openMoment(folder, golden)) }
}

/** What was set aside comes back, without the reason. */
async function takeBack(folder: string): Promise<void> {
  await rename(`${folder}.bad`, folder).catch(() => undefined)
  await rm(join(folder, 'reason.txt'), { force: true })
}
