import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isStage, type Stage, type Start } from '../cloud/index.js'
import type { Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { loadFixture } from '../fixture-module.js'
import { projectFolder } from '../paths.js'

const fixtures = join(projectFolder, 'fixtures')

/**
 * What `fixtures/topologies/NAME.ts` or `fixtures/stages/NAME.ts` exports under that name.
 * @throws StackrigError USAGE with the names there are.
 */
export async function findStart(name: string): Promise<Start> {
  return find(name, ['topologies', 'stages'])
}

/** As `findStart`, for what can be booted. */
export async function findTopology(name: string): Promise<Topology> {
  return (await find(name, ['topologies'])) as Topology
}

/** The stages of a topology. */
export async function stagesOf(topology: string): Promise<Stage[]> {
  const starts = await Promise.all((await namesIn('stages')).map(findStart))
  return starts.filter(isStage).filter((stage) => stage.topology.name === topology)
}

async function find(name: string, folders: string[]): Promise<Start> {
  for (const folder of folders) {
    if (!(await namesIn(folder)).includes(name)) continue
    const file = join(fixtures, folder, `${name}.ts`)
    const module = await loadFixture(file)
    const start = Object.values(module).find((value) => isStart(value) && value.name === name)
    if (start !== undefined) return start as Start
    throw new StackrigError('USAGE', `${name}.ts must export what has that name`, { where: file })
  }
  throw new StackrigError('USAGE', `there is no ${folders.map(one).join(' or ')} "${name}"`, {
    seen: `there are: ${(await Promise.all(folders.map(namesIn))).flat().join(', ')}`,
    where: folders.map((folder) => join(fixtures, folder)).join(', '),
  })
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(join(fixtures, folder)).catch(() => [])
  return files.map((file) => file.replace(/\.ts$/, ''))
}

const isStart = (value: unknown): value is Start =>
  typeof value === 'object' && value !== null && ('nodes' in value || isStage(value as Start))

const one = (folder: string): string => (folder === 'stages' ? 'stage' : 'topology')
