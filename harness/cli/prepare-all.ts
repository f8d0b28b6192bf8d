import { prepareWithStages } from './prepare-with-stages.js'
import { Progress } from './progress.js'

/** So that no test's time-out pays for images and golden snapshots (also of stages), and a person sees what takes so long. */
export async function prepareAll(projects: readonly string[]): Promise<void> {
  using progress = new Progress()
  const topologies = { vm: 'pocket', scenarios: 'three-node', 'all-in-one': 'all-in-one' }
  for (const [project, name] of Object.entries(topologies)) {
    if (!projects.includes(project)) continue
    await prepareWithStages(name, progress)
  }
}
