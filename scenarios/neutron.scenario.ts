import { command, expect, not, scenario, waitFor } from '../harness/index.js'
import { instanceRuns, runningInstance } from '../fixtures/stages/instance-runs.js'
import { wayOut } from '../fixtures/way-out.js'

const test = scenario(instanceRuns)

test(
  'an instance is reached at its floating address from another node, while a rule lets it',
  { tags: 'slow' },
  async ({ cloud, compute, controller, nodes, step }) => {
    const { neutron, nova } = cloud
    const { image, server: first, network } = await runningInstance(cloud)
    const { port, floating } = await step('a floating address', async () => {
      const outside = await wayOut(cloud, nodes, network)
      const [port] = await neutron.ports({ device_id: first.id })
      if (!port) throw new Error('the instance has no port')
      expect(network.type).toBe('vxlan')
      expect(port.host).toBe(compute.plan.hostName)
      const floating = await neutron.createFloatingIp(outside, port)
      return { port, floating }
    })

    const group = await neutron.defaultGroup()
    const answers = command(controller)`ping -c 2 -W 5 ${floating.address}`
    const rule = await step('a rule lets it', async () => {
      const rule = await neutron.allow(group, { protocol: 'icmp' })
      await waitFor(answers)
      return rule
    })
    await step('without the rule', async () => {
      await neutron.deleteRule(rule.id)
      await waitFor(not(answers))
    })
    await step('the rule again', async () => {
      await neutron.allow(group, { protocol: 'icmp' })
      await waitFor(answers)
    })

    await step('from within', async () => {
      // From within: another instance, the gateway, and what lies behind it.
      const targets = [port.addresses[0], '10.13.0.1', '172.24.4.1'].join(' ')
      const userData = `#!/bin/sh
for target in ${targets}; do ping -c 1 -W 10 $target >/dev/null && echo "reached $target"; done`
      const second = await nova.boot({ name: 'second', image, flavor: 'm1.nano', network, userData })
      const said = await nova.consoleWith(second.id, 'stackrig-instance: ready', { timeout: '15min' })
      for (const target of targets.split(' ')) expect(said).toContain(`reached ${target}`)
      expect(said).toMatch(/stackrig-instance: metadata .*instance-id i-[0-9a-f]+/)
    })
  },
)
