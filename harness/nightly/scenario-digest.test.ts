import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { projectFolder } from '../paths.js'
import { scenarioTopologies } from './scenario-digest.js'

mkdirSync(join(projectFolder, 'results'), { recursive: true })
const folder = mkdtempSync(join(projectFolder, 'results', 'scenario-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['the project', '../../fixtures/topologies/pocket.js', ['pocket']],
  ['stackrig', 'stackrig/topologies/three-node', ['three-node']],
  ['another package', 'other/topologies/three-node', []],
])('a topology of %s', async (_, from, names) => {
  const file = join(folder, 'one.scenario.ts')
  writeFileSync(file, `export * from '${from}'\n`)
  expect(await scenarioTopologies(relative(projectFolder, file))).toEqual(names)
})
