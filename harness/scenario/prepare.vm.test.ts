import { expect, test } from 'vitest'
import { defineStage } from '../cloud/index.js'
import { pair } from '../testing/pocket.js'
import { ownHost } from '../testing/own-host.js'
import { prepare } from './prepare.js'

ownHost()

test('a stage that is not reached says what is wrong with its cluster, and what it failed of', async () => {
  const stage = defineStage({
    name: 'cut',
    topology: pair,
    file: import.meta.url,
    reach: async ({ cluster }) => {
      const [one, two] = [cluster.node('one'), cluster.node('two')]
      await one.run`ip route add blackhole 192.168.7.4`
      await one.run`ping -c 1 -W 2 ${two.plan.address}`
    },
  })
  const failure = await prepare(stage).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toMatchObject({ code: 'COMMAND_FAILED' })
  const { message } = failure as Error
  expect(message).toContain('the stage cut must come about')
  expect(message).toMatch(/ping -c 1 -W 2 192\.168\.7\.4/)
  expect(message).toContain('one has got a route: blackhole 192.168.7.4')
})
