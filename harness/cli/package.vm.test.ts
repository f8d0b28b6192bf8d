import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { projectFolder } from '../paths.js'
import { ownHost } from '../testing/own-host.js'

const { folder } = ownHost()

const knownToFail = `import { bug, expect, scenario } from 'stackrig'
import { pocket } from '../fixtures/topologies/pocket.js'

const test = scenario(pocket)

test('a name is wrong', bug('4711', { says: /expected 'one' to be/, until: '2999-12-31' }), async ({ one }) => {
  expect(await one.run\`hostname\`).toBe('two')
})
`

// Installs from the npm registry, as a user does.
test('a packed stackrig works from an empty folder: install, init, and a pocket scenario of one’s own', async () => {
  const project = join(folder, 'my scenarios')
  mkdirSync(project)
  const packed = await execa('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: projectFolder,
  })
  const archive = join(folder, packed.stdout.trim().split('\n').at(-1) ?? '')
  const run = (program: string, ...args: string[]) =>
    execa(program, args, { cwd: project, reject: false, all: true, env: { FORCE_COLOR: undefined } })
  await run('npm', 'init', '--yes')
  const installed = await run('npm', 'install', '--no-audit', '--no-fund', '--save-dev', archive)
  expect(installed.exitCode, installed.all).toBe(0)
  // JavaScript and types, and nothing to be translated.
  const inside = join(project, 'node_modules', 'stackrig')
  expect(existsSync(join(inside, 'dist', 'package', 'harness', 'index.d.ts'))).toBe(true)
  expect(existsSync(join(inside, 'harness', 'index.ts'))).toBe(false)

  const init = await run('npx', 'stackrig', 'init')
  expect(init.exitCode, init.all).toBe(0)
  for (const file of ['vitest.config.ts', 'images.lock', 'scenarios/first.scenario.ts'])
    expect(existsSync(join(project, file)), file).toBe(true)
  writeFileSync(join(project, 'scenarios', 'known.scenario.ts'), knownToFail)
  const tested = await run('npm', 'test')
  expect(tested.exitCode, tested.all).toBe(0)
  expect(tested.all).toContain('1 known to fail')
  expect(tested.all).toContain('1 passed, 0 failed')
  const results = join(project, 'results')
  expect(existsSync(join(results, 'latest', 'results.json'))).toBe(true)
  expect(readFileSync(join(results, 'latest', 'report.html'), 'utf8')).toContain('the nodes reach each other')
  expect(readFileSync(join(results, 'index.html'), 'utf8')).toContain('1 passed, 0 failed')
  expect((await run('npx', 'stackrig', 'bugs')).stdout).toMatch(/^4711 {2}until 2999-12-31 {2}known in 20/)
  const up = await run('npx', 'stackrig', 'up', 'pocket')
  expect(up.exitCode, up.all).toBe(0)
  expect((await run('npx', 'stackrig', 'shell', 'two', 'hostname')).stdout).toBe('two')
  expect((await run('npx', 'stackrig', 'down')).exitCode).toBe(0)
}, 600_000)
