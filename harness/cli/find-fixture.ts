import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isStage, type Stage, type Start } from '../cloud/index.js'
import type { Topology } from '../cluster/index.js'
import type { Contract } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { loadFixture } from '../fixture-module.js'
import { projectFolder } from '../paths.js'

const fixtures = join(projectFolder, 'fixtures')

/** A kind of fixture: each is what a file of a folder exports under the file's name. */
interface Kind<T extends object> {
  word: string
  folder: string
  is: (value: object) => value is T
}

const contracts: Kind<Contract> = {
  word: 'contract',
  folder: 'contracts',
  is: (value): value is Contract => 'roles' in value && 'kernelWords' in value,
}
const topologies: Kind<Topology> = {
  word: 'topology',
  folder: 'topologies',
  is: (value): value is Topology => 'nodes' in value && 'contract' in value,
}
const stages: Kind<Stage> = {
  word: 'stage',
  folder: 'stages',
  is: (value): value is Stage => isStage(value as Start),
}

/**
 * What `fixtures/contracts/NAME.ts` exports under that name.
 * @throws StackrigError USAGE with the names there are; CONTRACT_INVALID
 */
export function findContract(name: string): Promise<Contract> {
  return find(name, contracts)
}

/** As `findContract`, in `fixtures/topologies`. @throws StackrigError USAGE, TOPOLOGY_INVALID, CONTRACT_INVALID */
export function findTopology(name: string): Promise<Topology> {
  return find(name, topologies)
}

/** A topology or a stage, whichever has that name. @throws StackrigError as `findTopology`. */
export function findStart(name: string): Promise<Start> {
  return find<Start>(name, topologies, stages)
}

/** The stages of a topology. */
export async function stagesOf(topology: string): Promise<Stage[]> {
  const all = await Promise.all((await namesIn(stages)).map((name) => find(name, stages)))
  return all.filter((stage) => stage.topology.name === topology)
}

/** The names of all contracts. */
export const contractNames = (): Promise<string[]> => namesIn(contracts)

async function find<T extends object>(name: string, ...kinds: Kind<T>[]): Promise<T> {
  for (const kind of kinds) {
    if (!(await namesIn(kind)).includes(name)) continue
    const file = join(fixtures, kind.folder, `${name}.ts`)
    const module = await loadFixture(file)
    const found = Object.values(module).find((value) => isNamed(value, name) && kind.is(value))
    if (found !== undefined) return found
    throw new StackrigError('USAGE', `${name}.ts must export a ${kind.word} with the name "${name}"`, {
      where: file,
    })
  }
  throw new StackrigError('USAGE', `there is no ${kinds.map(({ word }) => word).join(' or ')} "${name}"`, {
    seen: `there are: ${(await Promise.all(kinds.map(namesIn))).flat().join(', ')}`,
    where: kinds.map(({ folder }) => join(fixtures, folder)).join(', '),
  })
}

async function namesIn({ folder }: Kind<object>): Promise<string[]> {
  const files = await readdir(join(fixtures, folder)).catch(() => [])
  return files.flatMap((file) => /^([^.].*)(?<!\.test)\.ts$/.exec(file)?.[1] ?? []).sort()
}

const isNamed = (value: unknown, name: string): value is object =>
  typeof value === 'object' && value !== null && 'name' in value && value.name === name
