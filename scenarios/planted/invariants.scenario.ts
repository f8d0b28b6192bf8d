/** Each thing that must hold of a cloud, broken behind its back, in one fork that was well: all of it must be told, and nothing else. */
import { randomUUID } from 'node:crypto'
// eslint-disable-next-line no-restricted-imports -- what is tried here runs by itself where scenarios use it
import { Invariants } from '../../harness/cloud/index.js'
import { expect, scenario } from '../../harness/index.js'
import { instanceRuns, runningInstance } from '../../fixtures/stages/instance-runs.js'
import { sql } from './planted.js'

// What is broken stays.
const test = scenario(instanceRuns, { invariants: false })

test(
  'what is half there, never ends, or was restarted unasked is told at the end of a scenario',
  { tags: 'slow', timeout: 1_200_000 },
  async ({ cloud, cluster, compute, controller, nodes, step }) => {
    const { server } = await runningInstance(cloud)
    const gone = randomUUID()
    const invariants = new Invariants(cluster)
    const volume = await step('a volume', () => cloud.cinder.createVolume({ name: 'data', size: 1 }))
    await expect(volume).toBecome('available')

    await step('nothing is broken yet', () => invariants.check())

    await step('break it', async () => {
      const domain = `<domain type="qemu"><name>stray</name><uuid>${gone}</uuid><memory>1024</memory><os><type>hvm</type></os></domain>`
      const traceback = [
        '2026-11-30 12:00:00.000 1 ERROR nova Traceback (most recent call last):',
        '2026-11-30 12:00:00.000 1 ERROR nova   File "planted.py", line 1, in <module>',
        '2026-11-30 12:00:00.000 1 ERROR nova ValueError: planted',
      ]
      await compute.run`sh -c ${`echo '${domain}' > /tmp/stray.xml && virsh define /tmp/stray.xml`}`
      await compute.run`sh -c ${`printf '%s\n' ${traceback.map((line) => `'${line}'`).join(' ')} >> /var/log/nova/nova-compute.log`}`
      await nodes.network.run`ip netns add qrouter-${gone}`
      await controller.run`sh -c ${[
        sql('cinder', `update volumes set status = 'creating' where id = '${volume.id}'`),
        sql('placement', `update consumers set uuid = '${gone}' where uuid = '${server.id}'`),
        sql('placement', `update allocations set consumer_id = '${gone}' where consumer_id = '${server.id}'`),
        sql('neutron', `update ports set device_id = '${gone}' where device_owner like 'compute:%'`),
        sql('glance', `update images set status = 'saving' where name = 'guest'`),
        'systemctl kill --signal=KILL glance-api',
        'systemctl stop nova-scheduler',
      ].join('\n')}`
    })
    await step('it is told', async () => {
      const told = await invariants.check().then(
        () => 'nothing',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      for (const part of [
        `domain ${gone} on compute has no server`,
        `an allocation is of ${gone}, which is no server`,
        `server shop (${server.id}) has no allocation`,
        `is of ${gone}, which is no server`,
        `namespace qrouter-${gone} on network has no owner`,
        `volume ${volume.id} stays creating`,
        'stays saving',
        'glance-api on controller was restarted 1 times by its init system',
        'a new traceback of /var/log/nova/nova-compute.log on compute: ValueError: planted',
      ])
        expect(told).toContain(part)
      expect(told).toMatch(/queue scheduler(\.controller)? (is gone|has no consumer any more)/)
    })
  },
)
