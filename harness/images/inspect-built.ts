import { existsSync } from 'node:fs'
import { execa } from 'execa'
import { messageOf, StackrigError } from '../errors/index.js'
import { checkManifest, hasManifest, writeManifest } from '../manifest.js'
import { foreignData } from './foreign-data.js'
import { imageInFolder, readRecord, type Image } from './image.js'

interface Whole {
  state: 'whole'
  image: Image
}

interface Broken {
  state: 'broken'
  reason: string
}

/** What the folder of a built image holds; `new` are the builds of earlier versions, which wrote no manifest. */
export type Inspected = Whole | Broken | { state: 'new'; image: Image }

const broken = (reason: string): Broken => ({ state: 'broken', reason })

/** Compares the files of a built image with what the build wrote. Rejects with what the system says when it cannot. */
export async function inspectBuilt(folder: string, digest: string): Promise<Inspected> {
  const wrong = hasManifest(folder) ? await checkManifest(folder) : undefined
  if (wrong !== undefined) return broken(wrong)
  const record = readRecord(folder)
  if (record?.digest !== digest) return broken('image.json is not that of this recipe')
  try {
    const image = imageInFolder(folder, record)
    const files = [image.kernel, image.initrd, image.rootfs].filter((file) => file !== undefined)
    const missing = files.find((file) => !existsSync(file))
    if (missing !== undefined) return broken(`${missing} is missing`)
    return { state: hasManifest(folder) ? 'whole' : 'new', image }
  } catch (error) {
    if (error instanceof StackrigError) return broken(messageOf(error))
    throw error
  }
}

/** Writes the manifest of a build that is complete. The caller holds the image's lock, and publishes the folder afterwards or has it in place. */
export async function takeIn(folder: string, image: Image): Promise<Whole | Broken> {
  const wrong = image.rootfs && (await wrongWithDisk(image.rootfs, image.rootfsFormat))
  if (wrong) return broken(wrong)
  await writeManifest(folder)
  return { state: 'whole', image }
}

/** Without a digest to compare with, what can be seen of a disk that was cut short is seen by qemu-img. */
async function wrongWithDisk(disk: string, format: Image['rootfsFormat']): Promise<string | undefined> {
  const elsewhere = await foreignData(disk)
  if (elsewhere !== undefined) return `its disk has ${elsewhere}`
  if (format !== 'qcow2') return undefined
  const { exitCode, all } = await execa('qemu-img', ['check', '-q', '-U', '-f', 'qcow2', disk], {
    all: true,
    reject: false,
  })
  if (exitCode === undefined) {
    throw new StackrigError('HOST_PROGRAM_MISSING', 'qemu-img must be installed to check images.', {
      where: disk,
      next: 'npx stackrig doctor',
    })
  }
  // 1: it could not be checked, 2: it is corrupt (qemu-img(1)).
  return exitCode === 1 || exitCode === 2 ? `its disk is not whole: ${all}` : undefined
}
