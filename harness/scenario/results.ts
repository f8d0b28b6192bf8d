import { join, resolve } from 'node:path'
import { projectFolder } from '../paths.js'
import { settings } from '../settings.js'

/** The folder of this run, `results/<time>`; whoever starts the run sets `STACKRIG_RESULTS`. */
function resultsFolder(): string {
  return resolve(projectFolder, settings().results ?? join('results', 'unnamed'))
}

/**
 * The folder of one scenario: `results/<time>/<file>/<name>`, with names that every file system takes. `variant` tells
 * apart what one file does in one run on several topologies.
 */
export function scenarioFolder(file: string, name: string, variant = ''): string {
  const clean = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 80)
  const base =
    file
      .split('/')
      .at(-1)
      ?.replace(/\.[a-z.]+$/, '') ?? file
  return join(resultsFolder(), clean(`${base} ${variant}`), clean(name))
}
