import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Contract } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import type { ImageImport } from './imported.js'
import { imageInFolder } from './image.js'

/** What of imported images will not work in a cluster of this contract, one sentence each. */
export function importWarnings(images: readonly ImageImport[], contract: Contract): string[] {
  const roles = images.map(({ role }) => role)
  const lacking = Object.keys(contract.roles).filter((role) => !roles.includes(role))
  return [
    ...images.flatMap((image) => warningsOf(image, contract)),
    ...lacking.map((role) => `no image has the role ${role} of contract ${contract.name}`),
  ]
}

function warningsOf(given: ImageImport, contract: Contract): string[] {
  const folder = resolve(projectFolder, given.folder)
  const image = imageInFolder(folder, { ...given, digest: '', build: '' }, given.conf)
  const least = contract.roles[given.role]?.memoryMiB
  const memory = given.memoryMiB ?? image.memoryMiB
  const stem = image.conf.file.replace(/\.qemuboot\.conf$/, '')
  const data = readIfThere(`${stem}.testdata.json`)
  const manifest = readIfThere(`${stem}.manifest`)
  return [
    ...(least !== undefined && memory < least
      ? [
          `${given.name} has ${memory} MiB, and the role ${given.role} needs ${least}: import it again with --memory ${given.role}=${least}`,
        ]
      : []),
    ...(image.kernel === undefined
      ? [
          `${given.name} has a boot loader of its own, which is told no address: the image must give eth0 ${given.address ?? 'its address'} itself, and log in on ttyS0`,
        ]
      : []),
    ...(image.conf.get('qb_smp') !== undefined && !image.conf.does('processors', 'qb_smp')
      ? [
          `${given.name} has qb_smp, which runqemu of its release passes over: cpus of its node in the topology say more than one processor`,
        ]
      : []),
    ...loginWarnings(given.name, data),
    ...moduleWarnings(given, manifest),
  ]
}

/** IMAGE_FEATURES of OpenEmbedded; `debug-tweaks` was all three in one until styhead. */
function loginWarnings(name: string, data: string | undefined): string[] {
  if (data === undefined) return []
  const features = /"IMAGE_FEATURES":\s*"([^"]*)"/.exec(data)?.[1]?.split(/\s+/)
  if (!features || features.includes('debug-tweaks')) return []
  const wanted = ['allow-empty-password', 'empty-root-password', 'allow-root-login']
  const lacking = wanted.filter((feature) => !features.includes(feature))
  return lacking.length === 0
    ? []
    : [`${name} lets root not log in without a password: IMAGE_FEATURES lacks ${lacking.join(', ')}`]
}

/** Only a kernel whose drivers are modules says by its packages which it has. */
function moduleWarnings({ name, role }: ImageImport, manifest: string | undefined): string[] {
  if (manifest === undefined || !manifest.includes('kernel-module-')) return []
  const lacks = (module: string): boolean => !new RegExp(`^kernel-module-${module}\\b`, 'm').test(manifest)
  return [
    ...(lacks('virtio-console')
      ? [`${name} has kernel modules, but not virtio-console: it must be built in (CONFIG_VIRTIO_CONSOLE=y)`]
      : []),
    ...(['compute', 'all-in-one'].includes(role) && lacks('kvm')
      ? [`${name} has kernel modules, but not kvm: instances run only if it is built in (CONFIG_KVM=y)`]
      : []),
  ]
}

const readIfThere = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, 'utf8') : undefined

/**
 * Makes sure that a node has the memory its role needs: one with less waits for its services until the time runs out.
 * @throws StackrigError TOPOLOGY_INVALID
 */
export function refuseShortMemory(node: string, role: string, contract: Contract, memoryMiB: number): void {
  const least = contract.roles[role]?.memoryMiB
  if (least === undefined || memoryMiB >= least) return
  throw new StackrigError('TOPOLOGY_INVALID', `Node ${node} needs ${least} MiB for the role ${role}.`, {
    where: `contract ${contract.name}`,
    seen: `${memoryMiB} MiB`,
    next: `memoryMiB: ${least} in the topology, or import its image with --memory ${role}=${least}`,
  })
}
