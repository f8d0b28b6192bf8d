import { afterAll, beforeAll, expect, test } from 'vitest'
import { createVitest, type Vitest } from 'vitest/node'
import { projectFolder } from '../paths.js'
import { selectTests, type TestChoice } from './select-tests.js'

let vitest: Vitest
const projects = ['scenarios', 'all-in-one']
const core = ['glance', 'horizon', 'keystone', 'nova'].map((name) => `scenarios/${name}.scenario.ts`)

beforeAll(async () => {
  vitest = await createVitest('test', { root: projectFolder, watch: false, project: projects, reporters: [] })
})

afterAll(() => vitest.close())

/** `project: file` of what is selected, in order, and the filter that each file is run with. */
async function select(choice: Partial<TestChoice>): Promise<Record<string, string[] | undefined>> {
  const selected = await selectTests(vitest, { projects, files: [], slow: false, ...choice })
  return Object.fromEntries(
    selected.map(({ project, file, specification }) => [`${project}: ${file}`, specification.testTagsFilter]),
  )
}

test('the tag chooses the files of `stackrig start`, on three nodes and on one', async () => {
  const selected = await select({ tags: ['core'] })
  expect(Object.keys(selected).toSorted()).toEqual(
    projects.flatMap((project) => core.map((file) => `${project}: ${file}`)).toSorted(),
  )
})

test('on one node only what is core runs, also when all is asked for', async () => {
  const selected = Object.entries(await select({ slow: true }))
  const onOne = selected.filter(([name]) => name.startsWith('all-in-one'))
  expect(onOne.map(([name]) => name.slice(12)).toSorted()).toEqual(core)
  for (const [, filter] of onOne) expect(filter).toEqual(['core'])
  expect(selected.length - onOne.length).toBeGreaterThan(core.length)
})

test('slow tests are left out unless they are asked for, and the files that have some are told', async () => {
  expect(await select({ files: ['scenarios/restart'] })).toEqual({
    'scenarios: scenarios/restart.scenario.ts': ['!slow'],
  })
  const choice = { projects, files: ['scenarios/restart', 'scenarios/glance'], slow: true }
  const selected = await selectTests(vitest, choice)
  expect(
    selected.filter(({ project }) => project === 'scenarios').map(({ file, slow }) => [file, slow]),
  ).toEqual([
    ['scenarios/glance.scenario.ts', false],
    ['scenarios/restart.scenario.ts', true],
  ])
})

test('a file that has nothing with the tag is refused', async () => {
  await expect(select({ files: ['scenarios/swift'], tags: ['core'] })).rejects.toMatchObject({
    code: 'USAGE',
  })
})
