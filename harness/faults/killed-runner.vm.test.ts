import { beforeAll, expect, test } from 'vitest'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { processesBelow } from '../testing/leftovers.js'
import { pairGolden } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'
import { runRoot } from '../sandbox/index.js'

ownHost()
beforeAll(async () => {
  await pairGolden()
})

test('a runner that is killed in the middle of faults leaves nothing', async () => {
  const script = startScript(`
    const cluster = globalThis.cluster = await forkCluster(await pairGolden(), { makeFaults })
    await cluster.faults.cut('one', 'two')
    await cluster.faults.delay('one', 'two', { by: '1s' })
    await cluster.faults.nameSlow('two', 'two', { by: '1s' })
    await cluster.faults.load('two')
    await cluster.faults.pause('one')
    report({})
    setInterval(() => undefined, 1000)`)
  await firstReport(script)
  const commands = (await processesBelow(runRoot())).map(({ command }) => command)
  expect(commands.filter((command) => command.includes('wire.mjs'))).not.toEqual([])
  expect(commands.filter((command) => command.includes('wire-one'))).not.toEqual([])
  script.kill('SIGKILL')
  await script
  await expectNothingLeft()
})
