import { imagesOf, partsWithoutImages, probeImage, topologyOf, type Start } from '../cloud/index.js'
import { StackrigError } from '../errors/index.js'
import { expectedDigest } from '../images/index.js'
import { thisHost, type Accelerator } from '../qemu/index.js'
import { settings } from '../settings.js'
import type { Depot } from './depot.js'
import { differing, parseGoldenNote, plainParts, sha256, type GoldenNote, type PlainPart } from './note.js'

/** What a machine must have in common with another to use its golden snapshot, as far as it is known before there are images. */
export interface Fit {
  start: string
  accelerator: Accelerator
  /** As in a note. */
  general: PlainPart[]
  /** Digests of the images, by their names. */
  images: [string, string][]
}

export async function fitOf(start: Start, accelerator: Accelerator): Promise<Fit> {
  const { launcher } = settings()
  const general = plainParts(await partsWithoutImages(start, { accelerator, launcher }))
  const names = [...new Set([...imagesOf(topologyOf(start)), probeImage])]
  const images = names.map((name): [string, string] => [name, expectedDigest(name)])
  return { start: start.name, accelerator, general, images }
}

/** Where a depot has the last golden snapshot that was pushed of a start and fits. */
export const notePath = ({ start, general, images }: Fit): string =>
  `golden/${start}/${sha256(JSON.stringify([general, images])).slice(0, 24)}.json`

/** Where it has what is said of the last one of a start, whatever it fits. */
export const latestPath = (start: string): string => `golden/${start}/latest.json`

/** @throws StackrigError SNAPSHOT_BROKEN for one that is not of its form */
export async function readGoldenNote(
  depot: Depot,
  path: string,
  signal?: AbortSignal,
): Promise<GoldenNote | undefined> {
  const text = await depot.readNote(path, signal)
  if (text === undefined) return undefined
  const note = parseGoldenNote(text)
  if (note) return note
  throw new StackrigError('SNAPSHOT_BROKEN', 'what a depot says of a golden snapshot must be of its form', {
    where: `${depot.where} ${path}`,
    seen: 'it is not, or another version of stackrig wrote it',
    next: 'push it again: npx stackrig golden push FOLDER START',
  })
}

/** Why nothing of a depot can be used here. */
export async function unfit(depot: Depot, here: Fit, signal?: AbortSignal): Promise<StackrigError> {
  const latest = await readGoldenNote(depot, latestPath(here.start), signal)
  return noneFits(depot, here.start, latest ? await differences(here, latest) : [])
}

/** @param differs from the last one that was pushed, in words */
export function noneFits(depot: Depot, start: string, differs: readonly string[]): StackrigError {
  return new StackrigError(
    'DEPOT_MISSING',
    `a depot must have a golden snapshot of ${start} that this machine can use`,
    {
      where: depot.where,
      seen: differs.length > 0 ? `the last one differs in\n${differs.join('\n')}` : 'none was pushed',
      next: `npx stackrig golden make ${start} makes one here`,
    },
  )
}

async function differences(here: Fit, there: GoldenNote): Promise<string[]> {
  const general = differing(here.general, there.general)
  const own = await thisHost(here.accelerator)
  const lines = general.map((what) => {
    if (what === 'QEMU') return `QEMU: here ${own.qemu}; there ${there.host.qemu}`
    const [mine, other] = [here.general, there.general].map(
      (parts) => parts.find((part) => part.what === what)?.value ?? 'nothing',
    )
    const isDigest = /^[0-9a-f]{64}$/.test(mine ?? '')
    return isDigest ? what : `${what}: here ${mine ?? ''}; there ${other ?? ''}`
  })
  const images = here.images.filter(
    ([name, digest]) => there.images.find((image) => image.name === name)?.digest !== digest,
  )
  return [...lines, ...images.map(([name]) => `the recipe of image ${name}, or what was imported`)]
}
