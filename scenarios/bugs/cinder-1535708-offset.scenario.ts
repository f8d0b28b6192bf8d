/**
 * Defect: an offset larger than the database's numbers was answered 500: Cinder bug 1535708,
 * https://bugs.launchpad.net/cinder/+bug/1535708.
 *
 * Recorded with `npx stackrig record three-node` on 2026-12-01.
 */
import { expect, scenario } from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'

const test = scenario(threeNode)

test('an offset that no number holds is refused', { tags: 'slow' }, async ({ cloud, step }) => {
  await step('begin a list behind the largest number', () =>
    expect(cloud.request('volume', 'GET', '/volumes?offset=9223372036854775808')).rejects.toMatchObject({
      code: 'API_FAILED',
      status: 400,
      said: expect.stringContaining('offset must be') as string,
    }),
  )
})
