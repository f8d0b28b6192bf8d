/**
 * Defect: a status that does not exist listed nothing for users and was answered 500 to administrators: Nova bug 1579706,
 * https://bugs.launchpad.net/nova/+bug/1579706; since microversion 2.38 it is refused.
 *
 * Recorded with `npx stackrig record three-node` on 2026-12-01.
 */
import { apiAnswer, expect, scenario, waitFor } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

test(
  'a status that does not exist is refused by the newer API, and lists nothing in the older one',
  { tags: 'slow' },
  async ({ cloud, step }) => {
    await step('ask for a status that does not exist', () =>
      waitFor(apiAnswer(cloud, 'compute', '/servers/detail?all_tenants=1&status=EROR', /"servers":\s*\[\]/), {
        timeout: '15min',
      }),
    )

    await step('ask the same of a newer API', () =>
      expect(
        cloud.request('compute', 'GET', '/servers/detail?all_tenants=1&status=EROR', {
          headers: { 'openstack-api-version': 'compute 2.38' },
        }),
      ).rejects.toMatchObject({
        code: 'API_FAILED',
        status: 400,
        said: expect.stringContaining('Invalid status value') as string,
      }),
    )
  },
)
