import { existsSync, realpathSync } from 'node:fs'
import { extname } from 'node:path'
import { inspect, isDeepStrictEqual } from 'node:util'
import { imageInFolder, refuseOtherProcessor, type Image } from '../../images/index.js'
import { StackrigError } from '../../errors/index.js'
import { directCommand } from '../command.js'
import { meaningOf, type Meaning, type OracleAnswer } from './runqemu-oracle.js'

/** What became of a conf, as the columns of docs/yocto.md. */
export const outcomes = ['agrees', 'both refuse', 'only stackrig refuses'] as const
export type Outcome = (typeof outcomes)[number]

/**
 * Compares what runqemu called QEMU with for a conf with what the direct launcher does.
 * @param release what the image's build says of its release; without it the conf's keys say it.
 * @throws Error when stackrig boots what runqemu does not, or otherwise than runqemu does.
 */
export function compareWithRunqemu(
  answer: OracleAnswer,
  deploy: string,
  release: string | undefined,
): Outcome {
  let image: Image
  try {
    image = readAsImported(deploy, release)
  } catch (error) {
    // Each refusal says what is wrong with the conf, or which file is missing.
    if (!(error instanceof StackrigError) || !['QEMUBOOT_INVALID', 'IMAGE_MISSING'].includes(error.code))
      throw error
    return 'refused' in answer ? 'both refuse' : 'only stackrig refuses'
  }
  if ('refused' in answer) throw new Error(`runqemu does not boot it: ${answer.refused}`)
  const theirs = real(meaningOf(answer.arguments), deploy)
  const mine = real(ours(image), deploy)
  // Ours may speak where runqemu's kernel is told of no console; never the other way round.
  if (isDeepStrictEqual(mine, { ...theirs, speaks: theirs.speaks || mine.speaks })) return 'agrees'
  throw new Error(`runqemu means ${inspect(theirs)}\nand stackrig ${inspect(mine)}`)
}

function readAsImported(folder: string, release: string | undefined): Image {
  const identity = { name: 'x', role: 'controller', contract: 'c', digest: '', build: '', release }
  const image = imageInFolder(folder, identity, 'case.qemuboot.conf')
  refuseOtherProcessor(image.conf)
  return image
}

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

/** A link and what it leads to are one file, and so are a disk and what it was packed into. */
function real(meaning: Meaning, deploy: string): Meaning {
  const path = (file: string | undefined): string | undefined => {
    const here = file?.replace('DEPLOY', deploy)
    const found = here && ['', ...packed].map((end) => `${here}${end}`).find((one) => existsSync(one))
    return found === undefined ? here : realpathSync(found)
  }
  const { kernel, initrd, disk, root } = meaning
  return {
    ...meaning,
    // Without a disk there is no root, whatever the kernel is told.
    root: disk && root,
    kernel: path(kernel),
    initrd: path(initrd),
    disk: disk && { ...disk, file: plain(path(disk.file) ?? '') },
  }
}

const packed = ['.zst', '.gz', '.bz2', '.xz']
const plain = (file: string): string =>
  packed.includes(extname(file)) ? file.slice(0, -extname(file).length) : file
