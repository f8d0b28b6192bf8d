import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { StackrigError } from '../errors/index.js'
import { isImported, readLock, type ImagesLock } from '../images/index.js'
import { isCheckout, projectFolder } from '../paths.js'
import { makeFolder } from '../make-folder.js'
import { findContractExport, type ContractExport } from '../scenario/index.js'

/** `stackrig topology`: which nodes there are. */
export function topologyCommand(): Command {
  const topology = new Command('topology').description('write a topology of imported images')
  topology
    .command('new')
    .description('write fixtures/topologies/NAME.ts from the imported images of images.lock')
    .argument('<name>', 'lower case letters, digits and dashes')
    .option('--contract <name>', 'only images of this contract')
    .action(async (name: string, options: { contract?: string }) => {
      const file = join(projectFolder, 'fixtures', 'topologies', `${name}.ts`)
      if (existsSync(file))
        throw new StackrigError('USAGE', `There must be no topology "${name}" yet.`, {
          where: file,
          next: 'choose another name, or remove that file',
        })
      const images = importedImages(readLock(), options.contract)
      const text = topologyText(name, images, await findContractExport(images.contract))
      makeFolder(dirname(file))
      await writeFile(file, text)
      process.stdout.write(
        `${file}\nnext: npx stackrig up ${name} --cold, then npx stackrig golden make ${name}\n`,
      )
    })
  return topology
}

/** Images that nodes can be made of. */
interface ImportedImages {
  contract: string
  images: { image: string; role: string; address?: string | undefined }[]
}

/** The imported images of one contract. @throws StackrigError USAGE */
export function importedImages(lock: ImagesLock, only?: string): ImportedImages {
  const imported = Object.entries(lock.images).flatMap(([image, entry]) =>
    isImported(entry) && (only === undefined || entry.contract === only) ? [{ image, ...entry }] : [],
  )
  const wanted = [...new Set(imported.map(({ contract }) => contract))]
  const [contract] = wanted
  if (contract !== undefined && wanted.length === 1) return { contract, images: imported }
  throw new StackrigError('USAGE', 'A topology is made of imported images of one contract.', {
    where: 'images.lock',
    seen: wanted.length > 1 ? `images of ${wanted.join(', ')}` : 'no imported image',
    next: wanted.length > 1 ? '--contract NAME' : 'npx stackrig images import FOLDER --contract NAME',
  })
}

/**
 * The text of a topology that has one node for each image, at the address it was built for.
 * @throws StackrigError USAGE
 */
export function topologyText(
  name: string,
  { images: imported }: ImportedImages,
  contract: ContractExport,
): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new StackrigError('USAGE', 'The name of a topology has lower case letters, digits and dashes.', {
      seen: name,
    })
  const { names, variable } = {
    names: nodeNames(imported.map(({ role }) => role)),
    variable: variableOf(name),
  }
  const addresses = freeAddresses(imported.flatMap(({ address }) => address ?? []))
  const nodes = imported
    .map((entry, index) => ({ ...entry, node: names[index] ?? entry.role }))
    .sort((a, b) => contract.roles.indexOf(a.role) - contract.roles.indexOf(b.role))
    .map(
      ({ node, image, role, address }) =>
        `    ${/^[a-z]+$/.test(node) ? node : `'${node}'`}: { image: '${image}', role: '${role}', address: '${address ?? addresses(role)}' },\n`,
    )
  const harness = isCheckout ? '../../harness/index.js' : 'stackrig'
  return `import { defineTopology } from '${harness}'
import { ${contract.variable} } from '${contract.from}'

/** Written by \`npx stackrig topology new ${name}\` from images.lock. */
export const ${variable} = defineTopology({
  name: '${name}',
  contract: ${contract.variable},
  nodes: {
${nodes.join('')}  },
})
`
}

const variableOf = (name: string): string =>
  name.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()).replace(/-$/, '')

/** A node is called as its role; the second of a role has a number. */
function nodeNames(roles: readonly string[]): string[] {
  return roles.map((role, index) => {
    const before = roles.slice(0, index).filter((other) => other === role).length
    return before === 0 ? role : `${role}-${before + 1}`
  })
}

/** The layer's own addresses (openstack-base.bbclass), where no image says another; the rest comes after them. */
const usual: Readonly<Record<string, string>> = {
  controller: '192.168.7.2',
  'all-in-one': '192.168.7.2',
  compute: '192.168.7.4',
}

function freeAddresses(baked: readonly string[]): (role: string) => string {
  const taken = new Set(baked)
  return (role) => {
    let last = 6
    let address = usual[role] ?? `192.168.7.${last}`
    for (; taken.has(address); last += 2) address = `192.168.7.${last}`
    taken.add(address)
    return address
  }
}
