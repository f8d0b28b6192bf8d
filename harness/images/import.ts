import { resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { readDeployFolder, type DeployedImage } from './deploy-folder.js'
import { importOf, type ImageImport } from './imported.js'
import { lockImages } from './lock.js'

export interface ImportOptions {
  /** Name of the contract that the images keep. */
  contract: string
  /** Only these images; default: all that have a role. */
  names?: readonly string[]
  /** Image -> role, for those whose names do not say it. */
  roles?: Readonly<Record<string, string>>
  /** The roles that the contract has; default: any. */
  knownRoles?: readonly string[]
  /** The `images.lock` to write; default this checkout's. */
  file?: string
}

export interface Imported {
  images: ImageImport[]
  /** Names of images in the folder that have no role, and were left out. */
  leftOut: string[]
}

/**
 * Takes the images of a deploy folder into `images.lock`: reads and hashes their files, and writes nothing into the folder.
 * @throws StackrigError IMAGE_MISSING, IMAGE_MISMATCH (two images with one address), QEMUBOOT_INVALID, LOCK_INVALID, USAGE
 */
export async function importImages(folder: string, options: ImportOptions): Promise<Imported> {
  const { contract, names, roles = {}, knownRoles, file } = options
  // images.lock names it, whoever reads that later and wherever.
  const deployFolder = resolve(folder)
  const found = readDeployFolder(deployFolder)
  for (const name of [...(names ?? []), ...Object.keys(roles)]) requireFound(name, found, deployFolder)
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
    else images.push(importOf(image, { name: image.name, role, contract, folder: deployFolder }))
  }
  if (images.length === 0) {
    throw new StackrigError('USAGE', 'An image is imported with the role of its node.', {
      where: deployFolder,
      seen: `no name of these says one: ${leftOut.join(', ')}`,
      next: `npx stackrig images import ${deployFolder} --contract ${contract} --role ${leftOut[0] ?? 'IMAGE'}=controller`,
    })
  }
  refuseSharedAddress(images, deployFolder, contract)
  await lockImages([], { imports: images, ...(file && { file }) })
  return { images, leftOut }
}

function requireFound(name: string, found: DeployedImage[], folder: string): void {
  if (found.some((image) => image.name === name)) return
  throw new StackrigError('USAGE', `There is no image "${name}" to import.`, {
    where: folder,
    seen: found.map((image) => image.name).join(', '),
  })
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
