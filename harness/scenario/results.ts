import { join, resolve } from 'node:path'
import { inject } from 'vitest'
import { fileStem, projectFolder } from '../paths.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of this run's results. */
    results?: string
  }
}

/** The folder of this run: whoever starts it provides it to the processes of vitest. */
function resultsFolder(): string {
  return resolve(projectFolder, inject('results') ?? join('results', 'unnamed'))
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
  return join(resultsFolder(), clean(`${fileStem(file)} ${variant}`), clean(name))
}
