import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Topology } from '../cluster/index.js'
import { StackrigError } from '../errors.js'
import { projectFolder } from '../paths.js'

const folder = join(projectFolder, 'fixtures', 'topologies')

/**
 * The topology that `fixtures/topologies/NAME.ts` exports.
 * @throws StackrigError USAGE with the names there are.
 */
export async function findTopology(name: string): Promise<Topology> {
  const names = (await readdir(folder)).map((file) => file.replace(/\.ts$/, ''))
  if (!names.includes(name)) {
    throw new StackrigError('USAGE', `there is no topology "${name}"`, {
      seen: `there are: ${names.join(', ')}`,
      where: folder,
    })
  }
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as Record<string, Topology>
  const topology = Object.values(module).find((value) => value.name === name)
  if (!topology)
    throw new StackrigError('USAGE', `${name}.ts must export a topology of that name`, { where: folder })
  return topology
}
