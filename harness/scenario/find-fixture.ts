import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isStage, type Stage, type Start } from '../cloud/index.js'
import type { Topology } from '../cluster/index.js'
import type { Contract } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { loadFixture } from '../fixture-module.js'
import { harnessFile, projectFolder } from '../paths.js'

// A project's own come first; a package of stackrig has its contracts, topologies and stages as JavaScript.
const places = [
  { fixtures: join(projectFolder, 'fixtures'), ending: '.ts' },
  { fixtures: harnessFile('../fixtures'), ending: '.js' },
]

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

/** How a contract is imported by a file of `fixtures/topologies`. */
export interface ContractExport {
  variable: string
  from: string
  roles: string[]
}

/** @throws StackrigError as `findContract`. */
export async function findContractExport(name: string): Promise<ContractExport> {
  const contract = await findContract(name)
  const file = (await filesOf(contracts)).get(name) ?? ''
  const [variable = name] =
    Object.entries(await loadFixture(file)).find(([, value]) => isNamed(value, name)) ?? []
  const own = file.startsWith(join(projectFolder, 'fixtures'))
  return {
    variable,
    from: own ? `../contracts/${name}.js` : `stackrig/contracts/${name}`,
    roles: Object.keys(contract.roles),
  }
}

/** As `findContract`, in `fixtures/topologies`. @throws StackrigError USAGE, TOPOLOGY_INVALID, CONTRACT_INVALID */
export function findTopology(name: string): Promise<Topology> {
  return find(name, topologies)
}

/** A topology or a stage, whichever has that name. @throws StackrigError as `findTopology`. */
export function findStart(name: string): Promise<Start> {
  return find<Start>(name, topologies, stages)
}

/** How a topology or a stage is imported by a scenario. */
export interface StartExport {
  start: Start
  variable: string
  /** The file of the project that has it; or else what is imported of the package. */
  from: { file: string } | { module: string }
}

/** @throws StackrigError as `findStart`; USAGE for a stage of the package, which a scenario cannot import. */
export async function findStartExport(name: string): Promise<StartExport> {
  const start = await findStart(name)
  const file = (await filesOf(isStage(start) ? stages : topologies)).get(name) ?? ''
  const exports = Object.entries(await loadFixture(file))
  const [variable = name] = exports.find(([, value]) => isNamed(value, name)) ?? []
  if (file.startsWith(join(projectFolder, 'fixtures'))) return { start, variable, from: { file } }
  if (!isStage(start)) return { start, variable, from: { module: `stackrig/topologies/${name}` } }
  throw new StackrigError('USAGE', 'a scenario must be able to import what it begins with', {
    seen: `${name} is a stage of the package stackrig`,
    next: `define it in ${join('fixtures', 'stages')}`,
  })
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
    const file = (await filesOf(kind)).get(name)
    if (file === undefined) continue
    const found = Object.values(await loadFixture(file)).find(
      (value) => isNamed(value, name) && kind.is(value),
    )
    if (found !== undefined) return found
    throw new StackrigError('USAGE', `${name}.ts must export a ${kind.word} with the name "${name}"`, {
      where: file,
    })
  }
  throw new StackrigError('USAGE', `there is no ${kinds.map(({ word }) => word).join(' or ')} "${name}"`, {
    seen: `there are: ${(await Promise.all(kinds.map(namesIn))).flat().join(', ')}`,
    where: kinds.map(({ folder }) => join(projectFolder, 'fixtures', folder)).join(', '),
  })
}

const namesIn = async (kind: Kind<object>): Promise<string[]> => [...(await filesOf(kind)).keys()].sort()

/** The files of a kind, by the names of what they export. */
async function filesOf({ folder }: Kind<object>): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const { fixtures, ending } of places) {
    for (const file of await readdir(join(fixtures, folder)).catch(() => [])) {
      const name = basename(file, ending)
      const isFixture = file.endsWith(ending) && !/^\.|\.test$/.test(name)
      if (isFixture && !found.has(name)) found.set(name, join(fixtures, folder, file))
    }
  }
  return found
}

const isNamed = (value: unknown, name: string): value is object =>
  typeof value === 'object' && value !== null && 'name' in value && value.name === name
