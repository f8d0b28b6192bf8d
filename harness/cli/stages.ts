import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { prepareStage, prepareTopology, type Prepared, type Stage } from '../cloud/index.js'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'
import type { Progress } from './progress.js'
import { findTopology } from './topologies.js'

/** Makes sure of the golden snapshots of a topology and of its stages, and says what takes so long. */
export async function prepareWithStages(name: string, progress: Progress): Promise<Prepared<string>> {
  const options = { signal: interrupted, onProgress: progress.say }
  const prepared = await prepareTopology(await findTopology(name), options)
  for (const stage of await stagesOf(name)) {
    const onProgress = (what: string): void => progress.say(`${stage.name}: ${what}`)
    await prepareStage(stage, { ...options, onProgress })
  }
  return prepared
}

/** The stages that files of `fixtures/stages` export for this topology. */
async function stagesOf(topology: string): Promise<Stage[]> {
  const folder = join(projectFolder, 'fixtures', 'stages')
  const stages: Stage[] = []
  for (const file of await readdir(folder)) {
    const module = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>
    stages.push(...Object.values(module).filter(isStage))
  }
  return stages.filter((stage) => stage.topology.name === topology)
}

const isStage = (value: unknown): value is Stage =>
  typeof value === 'object' && value !== null && 'reach' in value
