import { resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { readDeployFolder, type BrokenConf, type DeployedImage } from './deploy-folder.js'
import { importOf, type ImageImport } from './imported.js'
import { isImported, readLock, refuseExactLock } from './lock-file.js'
import { lockImages } from './lock.js'
import { isOpenembeddedRelease, openembeddedReleases } from './openembedded-release.js'
import { recipeNames } from './recipe.js'

export interface ImportOptions {
  /** Name of the contract that the images keep. */
  contract: string
  /** Only these images; default: all that have a role. */
  names?: readonly string[]
  /** Image -> role, for those whose names do not say it. */
  roles?: Readonly<Record<string, string>>
  /** Image -> its name in images.lock, where the folder's cannot be. */
  renames?: Readonly<Record<string, string>>
  /** Role -> MiB that its node gets, instead of what the conf says. */
  memory?: Readonly<Record<string, number>>
  /** The release of OpenEmbedded that built them, where neither the build nor its confs say it. */
  release?: string
  /** It is one's own build: its confs may call QEMU with any arguments. */
  trust?: boolean
  signal?: AbortSignal
  /** The roles that the contract has; default: any. */
  knownRoles?: readonly string[]
  /** The `images.lock` to write; default this checkout's. */
  file?: string
}

export interface Imported {
  images: ImageImport[]
  /** Names of images in the folder that have no role, and were left out. */
  leftOut: string[]
  /** Confs that cannot be used, and why. */
  broken: BrokenConf[]
}

/**
 * Takes the images of a deploy folder into `images.lock`: reads and hashes their files, and writes nothing into the folder.
 * @throws StackrigError IMAGE_MISSING, IMAGE_MISMATCH (two images with one address), QEMUBOOT_INVALID, LOCK_INVALID, USAGE
 */
export async function importImages(folder: string, options: ImportOptions): Promise<Imported> {
  const {
    contract,
    names,
    roles = {},
    renames = {},
    memory = {},
    release,
    trust,
    knownRoles,
    file,
    signal,
  } = options
  if (file === undefined) refuseExactLock()
  if (release !== undefined) refuseRelease(release)
  // images.lock names it, whoever reads that later and wherever.
  const deployFolder = resolve(folder)
  const { images: found, broken } = readDeployFolder(deployFolder)
  for (const name of [...(names ?? []), ...Object.keys(roles), ...Object.keys(renames)])
    requireFound(name, found, broken, deployFolder)
  const wanted = names ? found.filter(({ name }) => names.includes(name)) : found
  const leftOut: string[] = []
  const images: ImageImport[] = []
  for (const image of wanted) {
    const role = roles[image.name] ?? image.role
    if (role !== undefined && knownRoles && !knownRoles.includes(role)) {
      throw new StackrigError('USAGE', `contract ${contract} must have the role of image ${image.name}`, {
        seen: `"${role}"; it has ${knownRoles.join(', ')}`,
        next: `name the images to import, or another role: --role ${image.name}=ROLE`,
      })
    }
    if (role === undefined) leftOut.push(image.name)
    else {
      const name = renames[image.name] ?? image.name
      refuseName(name, image.name, file)
      images.push(
        importOf(image, {
          ...{ name, role, contract, folder: deployFolder, memoryMiB: memory[role], release, trust },
        }),
      )
    }
  }
  if (images.length === 0) {
    throw new StackrigError('USAGE', 'An image is imported with the role of its node.', {
      where: deployFolder,
      seen: `no name of these says one: ${leftOut.join(', ')}`,
      next: `npx stackrig images import ${deployFolder} --contract ${contract} --role ${leftOut[0] ?? 'IMAGE'}=controller`,
    })
  }
  refuseSharedAddress(images, deployFolder, contract)
  await lockImages([], { imports: images, ...(file && { file }), ...(signal && { signal }) })
  return { images, leftOut, broken }
}

function refuseRelease(release: string): void {
  if (isOpenembeddedRelease(release)) return
  throw new StackrigError('USAGE', '--release wants the name of a release of OpenEmbedded.', {
    seen: release,
    next: openembeddedReleases.join(', '),
  })
}

function requireFound(name: string, found: DeployedImage[], broken: BrokenConf[], folder: string): void {
  if (found.some((image) => image.name === name)) return
  const own = broken.find(({ conf }) => conf.startsWith(name))
  if (own) throw own.error
  throw new StackrigError('USAGE', `There is no image "${name}" to import.`, {
    where: folder,
    seen: found.map((image) => image.name).join(', '),
  })
}

/** images.lock has one entry for a name, and its names are words of a certain form. */
function refuseName(name: string, given: string, file?: string): void {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    const better =
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^[^a-z]+|-$/g, '') || 'image'
    throw new StackrigError(
      'USAGE',
      'The name of an image has lower case letters, digits and dashes, a letter first.',
      {
        seen: name,
        next: `--name ${given}=${better}`,
      },
    )
  }
  const entry = readLock(file).images[name]
  if (!recipeNames().includes(name) && (entry === undefined || isImported(entry))) return
  throw new StackrigError(
    'USAGE',
    `An imported image must not take the name of an image built here: ${name}.`,
    {
      seen: entry === undefined ? `fixtures/images/${name}` : 'its entry in images.lock',
      next: `--name ${given}=yocto-${name}`,
    },
  )
}

/** Nodes with one address cannot be on one network, and these addresses are written into the images. */
function refuseSharedAddress(images: ImageImport[], folder: string, contract: string): void {
  const owners = new Map<string, string>()
  for (const { name, address } of images) {
    if (address === undefined) continue
    const owner = owners.get(address)
    if (owner !== undefined) {
      throw new StackrigError('IMAGE_MISMATCH', 'Each image has an address of its own.', {
        where: folder,
        seen: `${owner} and ${name} were both built for ${address}`,
        next: `import one of them: npx stackrig images import ${folder} ${name} --contract ${contract}; or build with other CONTROLLER_IP and COMPUTE_IP`,
      })
    }
    owners.set(address, name)
  }
}
