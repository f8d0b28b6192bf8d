/**
 * Defect: the prefix of a security group's rule was stored as it came, whatever it was: Neutron bug 1255338,
 * https://bugs.launchpad.net/neutron/+bug/1255338.
 *
 * Recorded with `npx stackrig record three-node` on 2026-12-01.
 */
import { expect, scenario } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

test(
  "the prefix of a security group's rule is a network, or refused",
  { tags: 'slow' },
  async ({ cloud, step }) => {
    const web = await step('make a group', async () => {
      const web = (
        await cloud.request('network', 'POST', '/security-groups', {
          json: { security_group: { name: 'web', description: 'web' } },
        })
      ).at('security_group', 'id')
      return web
    })

    await step('an address is a network of one', async () => {
      const answer = await cloud.request('network', 'POST', '/security-group-rules', {
        json: {
          security_group_rule: {
            protocol: 'tcp',
            port_range_min: 80,
            direction: 'ingress',
            security_group_id: web,
            ethertype: 'IPv4',
            remote_ip_prefix: '192.168.1.1',
            port_range_max: 80,
          },
        },
      })
      expect(answer.text).toMatch(/192\.168\.1\.1\/32/)
    })

    await step('what is no network is refused', () =>
      expect(
        cloud.request('network', 'POST', '/security-group-rules', {
          json: {
            security_group_rule: {
              remote_ip_prefix: 'nowhere',
              security_group_id: web,
              direction: 'ingress',
              port_range_max: 80,
              port_range_min: 80,
              protocol: 'tcp',
              ethertype: 'IPv4',
            },
          },
        }),
      ).rejects.toMatchObject({
        code: 'API_FAILED',
        status: 400,
        said: expect.stringContaining('Invalid CIDR nowhere') as string,
      }),
    )
  },
)
