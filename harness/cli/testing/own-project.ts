import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../make-folder.js'
import { packageFolder } from '../../paths.js'

/** What a scenario on the pocket cluster begins with. */
export const onPocket = `
import { expect, scenario } from '${packageFolder}/harness/index.js'
import { pocket } from '${packageFolder}/fixtures/topologies/pocket.js'
const test = scenario(pocket)
`

/** What a test without machines begins with. */
export const plain = `
import { expect, test } from 'vitest'
import { appendFileSync, readFileSync } from 'node:fs'
`

/**
 * Makes a project that uses this checkout of stackrig.
 * @param scenarios their texts, by the names of their files without endings
 */
export function ownProject(folder: string, scenarios: Readonly<Record<string, string>>): string {
  const files: Record<string, string> = {
    'package.json': '{ "name": "a-project", "type": "module" }',
    'vitest.config.ts': `export { default } from '${packageFolder}/harness/vitest.js'\n`,
  }
  for (const [name, text] of Object.entries(scenarios)) files[`scenarios/${name}.scenario.ts`] = text
  for (const [name, text] of Object.entries(files)) {
    makeFolder(dirname(join(folder, name)))
    writeFileSync(join(folder, name), text)
  }
  copyFileSync(join(packageFolder, 'images.lock'), join(folder, 'images.lock'))
  symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
