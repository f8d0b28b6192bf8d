import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { StackrigError } from '../errors/index.js'
import { makeFolder } from '../make-folder.js'
import { isCheckout, packageFolder, projectFolder } from '../paths.js'

/** What a new project begins with; a file that is there already stays as it is. */
const files: Readonly<Record<string, string>> = {
  'vitest.config.ts': "export { default } from 'stackrig/vitest'\n",
  'fixtures/topologies/pocket.ts': `import { defineTopology } from 'stackrig'
import { pocketContract } from 'stackrig/contracts/pocket'

/** Two small nodes that boot in seconds: to see that everything works. */
export const pocket = defineTopology({
  name: 'pocket',
  contract: pocketContract,
  nodes: {
    one: { image: 'pocket', role: 'pocket', address: '192.168.7.2' },
    two: { image: 'pocket', role: 'pocket', address: '192.168.7.4' },
  },
})
`,
  'scenarios/first.scenario.ts': `import { expect, scenario } from 'stackrig'
import { pocket } from '../fixtures/topologies/pocket.js'

const test = scenario(pocket)

test('the nodes reach each other by name', async ({ one, two }) => {
  expect(await one.run\`ping -c 1 two\`).toContain('1 packets received')
  expect(await two.run\`hostname\`).toBe('two')
})
`,
}

const scripts = { test: 'stackrig test', 'test:all': 'stackrig test --all' }

/** `stackrig init`: what a project of one's own begins with. */
export function initCommand(): Command {
  return new Command('init')
    .description('make a project for scenarios of your own in this folder')
    .action(() => {
      const manifest = join(projectFolder, 'package.json')
      if (isCheckout || !existsSync(manifest)) {
        throw new StackrigError('USAGE', 'a project that uses stackrig must be made in a folder of its own', {
          where: projectFolder,
          next: 'mkdir my-scenarios && cd my-scenarios && npm init -y && npm i -D stackrig && npx stackrig init',
        })
      }
      addScripts(manifest)
      for (const [name, text] of Object.entries(files)) make(name, (file) => writeFileSync(file, text))
      make('images.lock', (file) => copyFileSync(join(packageFolder, 'images.lock'), file))
      process.stdout.write('next:  npx stackrig doctor && npm test\n')
    })
}

function make(name: string, write: (file: string) => void): void {
  const file = join(projectFolder, name)
  const there = existsSync(file)
  if (!there) {
    makeFolder(dirname(file))
    write(file)
  }
  process.stdout.write(`${there ? 'kept    ' : 'written '} ${name}\n`)
}

/** npm's own `test` script only says that there is none. */
function addScripts(manifest: string): void {
  const content = JSON.parse(readFileSync(manifest, 'utf8')) as { scripts?: Record<string, string> }
  const own = Object.entries(content.scripts ?? {}).filter(
    ([, command]) => !/no test specified/.test(command),
  )
  content.scripts = { ...scripts, ...Object.fromEntries(own) }
  writeFileSync(manifest, `${JSON.stringify(content, null, 2)}\n`)
  process.stdout.write('written  package.json: scripts\n')
}
