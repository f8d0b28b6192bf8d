import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { RunReporter } from './harness/report/run-reporter.js'
import { settings } from './harness/settings.js'

// Whoever starts a run by hand gets its results beside the named ones.
const results = settings().results ?? join(import.meta.dirname, 'results', 'unnamed')

// Under TCG on two processors a nested instance takes minutes.
const scenarios = {
  include: ['scenarios/**/*.scenario.ts'],
  testTimeout: 900_000,
  hookTimeout: 600_000,
  fileParallelism: false,
}

export default defineConfig({
  test: {
    reporters: ['default', new RunReporter(results)],
    // `stackrig test` provides the folder of its own run instead.
    provide: { results },
    tags: [
      { name: 'core', description: 'what `stackrig start` runs, and what must pass on one node as on three' },
      { name: 'slow', description: 'takes many minutes under TCG', timeout: 1_800_000 },
    ],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{harness,fixtures}/**/*.test.ts'],
          exclude: ['**/*.vm.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'vm',
          include: ['harness/**/*.vm.test.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 600_000,
          // A test waits for its machines about half of its time; more than two files would only slow each other down.
          maxWorkers: 2,
        },
      },
      {
        test: { name: 'scenarios', sequence: { groupOrder: 2 }, ...scenarios },
      },
      {
        test: {
          // The scenarios of fixtures/core-topology.ts once more, on one node under System V init.
          name: 'all-in-one',
          // Vitest obeys it here too, its types leave it out.
          ...{ tagsFilter: ['core'] },
          env: { STACKRIG_CORE: 'all-in-one' },
          sequence: { groupOrder: 3 },
          ...scenarios,
        },
      },
    ],
  },
})
