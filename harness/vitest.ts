import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { projectFolder } from './paths.js'
import { RunReporter } from './report/index.js'
import { settings } from './settings.js'

/** What tests can be tagged with. */
export const tags = [
  { name: 'core', description: 'what `stackrig start` runs, and what must pass on one node as on three' },
  { name: 'slow', description: 'takes many minutes under TCG', timeout: 1_800_000 },
]

/** How scenarios are run: under TCG on two processors a nested instance takes minutes. */
export const scenarios = {
  include: ['scenarios/**/*.scenario.ts'],
  testTimeout: 900_000,
  hookTimeout: 600_000,
  fileParallelism: false,
}

// Whoever starts a run by hand gets its results beside the named ones.
const results = settings().results ?? join(projectFolder, 'results', 'unnamed')

/** What every run needs: the reporter, and the folder of its results; `stackrig test` provides that of its own run instead. */
export const run = { reporters: ['default', new RunReporter(results)], provide: { results }, tags }

/** The vitest configuration of a project that has scenarios: `export { default } from 'stackrig/vitest'`. */
export default defineConfig({ test: { ...run, projects: [{ test: { name: 'scenarios', ...scenarios } }] } })
