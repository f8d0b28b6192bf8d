import { defineConfig } from 'vitest/config'
import { run, scenarios } from './harness/vitest.js'

export default defineConfig({
  test: {
    ...run,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{harness,fixtures}/**/*.test.ts'],
          exclude: ['**/*.vm.test.ts'],
          sequence: { groupOrder: 0 },
          // Several start programs, which get a busy machine's processors late.
          testTimeout: 60_000,
          // By default one processor is left to the person who edits: half of two.
          maxWorkers: '100%',
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
