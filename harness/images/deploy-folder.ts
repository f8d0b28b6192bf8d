import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { StackrigError } from '../errors/index.js'
import { readQemubootConf } from './qemuboot-conf.js'

/** One image of a deploy folder (`tmp/deploy/images/MACHINE`), and what its build has fixed for good. */
export interface DeployedImage {
  /** As its recipe is called: `openstack-image-controller`. */
  name: string
  /** What the name says, or undefined. */
  role: string | undefined
  /** Name of its `*.qemuboot.conf`. */
  conf: string
  /** The IPv4 address that is written into the image's own configuration, by the role it is used in. */
  addresses: Readonly<Record<string, string | undefined>>
  /** The codename of the distribution's release: `thud`, `kirkstone`, … */
  release: string | undefined
  /** Package and version, as the manifest has them; undefined without a manifest. */
  packages: string[] | undefined
}

/** A conf that cannot be used, and why: it is nothing to the other images of the folder. */
export interface BrokenConf {
  conf: string
  error: StackrigError
}

const suffix = '.qemuboot.conf'

/**
 * The images in a folder, found by their `*.qemuboot.conf`. Nothing is written there.
 * @throws StackrigError IMAGE_MISSING when there is none, QEMUBOOT_INVALID when no conf can be used.
 */
export function readDeployFolder(folder: string): { images: DeployedImage[]; broken: BrokenConf[] } {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw none(folder, 'there is no such folder')
  const files = readdirSync(folder)
  // A build leaves the file with its time in the name, and a link to it without, whose name stays the same.
  const confs = files.filter((file) => file.endsWith(suffix)).sort((a, b) => a.length - b.length)
  const images = new Map<string, DeployedImage>()
  const broken: BrokenConf[] = []
  for (const conf of confs) {
    try {
      if (!existsSync(join(folder, conf))) throw none(folder, `${conf} is a link that leads nowhere`)
      const image = readDeployedImage(folder, conf)
      if (!images.has(image.name)) images.set(image.name, image)
    } catch (error) {
      if (!(error instanceof StackrigError)) throw error
      broken.push({ conf, error })
    }
  }
  const [first] = broken
  if (images.size === 0 && first) throw first.error
  if (images.size > 0)
    return { images: [...images.values()].sort((a, b) => a.conf.localeCompare(b.conf)), broken }
  const disks = files.filter((file) => /\.(ext\d|wic|qcow2)(\.|$)/.test(file))
  throw none(
    folder,
    disks.length > 0
      ? `root file systems without their conf: ${disks.join(', ')}`
      : files.slice(0, 10).join('\n') || 'an empty folder',
  )
}

/** One image of a folder, by the name of its conf. @throws StackrigError QEMUBOOT_INVALID */
export function readDeployedImage(folder: string, conf: string): DeployedImage {
  const read = readQemubootConf(join(folder, conf))
  read.refuseUnknownKeys()
  const base = conf.slice(0, -suffix.length)
  const machine = read.get('machine')
  const bare = (base.split('.rootfs', 1)[0] ?? '').replace(/-\d{8,}$/, '')
  // A machine may be called `c++`: it is no pattern.
  const name = machine && bare.endsWith(`-${machine}`) ? bare.slice(0, -machine.length - 1) : bare
  const data = testData(folder, base)
  return {
    name,
    role: roleOf(name),
    conf,
    addresses: {
      controller: data.CONTROLLER_IP,
      compute: data.COMPUTE_IP,
      'all-in-one': data.CONTROLLER_IP,
    },
    release: data.DISTRO_CODENAME,
    packages: manifest(folder, base),
  }
}

function roleOf(name: string): string | undefined {
  if (/all-in-one|\baio\b/.test(name)) return 'all-in-one'
  return ['controller', 'compute', 'network'].find((role) => name.includes(role))
}

const testDataSchema = z.object({
  CONTROLLER_IP: z.string().optional(),
  COMPUTE_IP: z.string().optional(),
  DISTRO_CODENAME: z.string().optional(),
})

/** The build's variables (OpenEmbedded, testimage); builds that are not meant for tests have none. */
function testData(folder: string, base: string): z.infer<typeof testDataSchema> {
  const file = join(folder, `${base}.testdata.json`)
  if (!existsSync(file)) return {}
  try {
    return testDataSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new StackrigError('QEMUBOOT_INVALID', 'The testdata.json of an image cannot be read.', {
      where: file,
      seen: cause instanceof Error ? cause.message : undefined,
      next: 'build the image again',
      cause,
    })
  }
}

/** One line `name architecture version` for each package. */
function manifest(folder: string, base: string): string[] | undefined {
  const file = join(folder, `${base}.manifest`)
  if (!existsSync(file)) return undefined
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => {
    const [name = '', architecture, version = architecture ?? ''] = line.split(/\s+/)
    return `${name}=${version}`
  })
}

function none(folder: string, seen: string): StackrigError {
  return new StackrigError('IMAGE_MISSING', 'A deploy folder holds images with their *.qemuboot.conf.', {
    where: folder,
    seen,
    next: 'name the folder that BitBake wrote, tmp/deploy/images/MACHINE; images for other machines than QEMU have no conf, nor do builds before morty (docs/yocto.md)',
  })
}
