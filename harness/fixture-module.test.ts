import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { projectFolder } from './paths.js'
import { fixtureText } from './fixture-module.js'

mkdirSync(join(projectFolder, 'results'), { recursive: true })
const folder = mkdtempSync(join(projectFolder, 'results', 'stage-'))
afterAll(() => rmSync(folder, { recursive: true }))

const stage = join(folder, 'stage.ts')
const helper = (text: string): void => writeFileSync(join(folder, 'helper.ts'), text)
const source = (): Promise<string> => fixtureText(stage)

test('what a stage imports is a part of it; comments, and the harness, are not', async () => {
  writeFileSync(
    stage,
    "import { waitFor } from '../../harness/index.js'\nimport { name } from './helper.js'\nexport const stage = [name, waitFor]\n",
  )
  helper("export const name = 'one'\n")
  const first = await source()
  expect(first).toContain("'../../harness/index.js'".replaceAll("'", '"'))
  helper("// A comment.\nexport const name   = 'one'\n")
  expect(await source()).toBe(first)
  helper("export const name = 'two'\n")
  expect(await source()).not.toBe(first)
})
