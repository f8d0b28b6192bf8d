import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import {
  cloudReady,
  expect,
  scenario,
  waitFor,
  type Cloud,
  type Fault,
  type Image,
  type RunningNode,
  type Seen,
} from '../../harness/index.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'
import { underLoad } from '../../fixtures/under-load.js'

const test = scenario(threeNode)

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')

test(
  'the disk of the controller is full while an image is uploaded, and has room again: nothing that was acknowledged is lost',
  { tags: 'slow' },
  async ({ cloud, cluster, guestDisk, signal, step }) => {
    const { glance, keystone } = cloud
    const small = await readFile(guestDisk)
    const large = randomBytes(48 * 1024 * 1024)
    const before = await step('an image', () => glance.upload({ name: 'before', file: small }))
    const during = await glance.createImage({ name: 'during', diskFormat: 'raw' })

    const acknowledged = await step('the disk gets full under an upload', () =>
      underLoad(
        (name) => keystone.createProject({ name }),
        AbortSignal.any([cluster.signal, signal]),
        async () => {
          let filling: Promise<Fault> | undefined
          /** Its second half comes when there is no room for it. */
          async function* halves(): AsyncGenerator<Buffer> {
            yield large.subarray(0, large.length / 2)
            filling = cluster.faults.diskFull('controller', { leave: 4 * 1024 * 1024 })
            await filling
            yield large.subarray(large.length / 2)
          }
          const uploading = glance.uploadData(during.id, Readable.from(halves()), {
            contentLength: large.length,
          })
          await expect(uploading).rejects.toMatchObject({ code: 'API_FAILED' })
          // Glance refuses as soon as there is no room: the disk may still be filling.
          expect((await filling)?.holds).toBe(true)
          await cluster.faults.heal()
        },
      ),
    )
    await step('all services are back', () => cloudReady(cluster, { timeout: '15min' }))

    await step('look for what was acknowledged', async () => {
      const names = (await keystone.projects()).map(({ name }) => name)
      expect(names).toEqual(expect.arrayContaining(acknowledged))
      expect((await glance.download(before.id)).sha256).toBe(sha256(small))
      expect((await glance.get(during.id)).status).not.toBe('active')
    })
    await step('the upload, once more', async () => {
      await glance.delete(during.id)
      const again = await glance.upload({ name: 'again', diskFormat: 'raw', file: large })
      expect(again.status).toBe('active')
      expect((await glance.download(again.id)).sha256).toBe(sha256(large))
    })
    await step('RabbitMQ takes messages again', async () => {
      const volume = await cloud.cinder.createVolume({ name: 'after', size: 1 })
      await expect(volume).toBecome('available', { timeout: '10min' })
    })
  },
)

/** Each takes one operation of the disk at least. */
const keptWrites = 20

/** s that a database's disk takes to keep some small things, each of them at once. */
async function timeToKeep(node: RunningNode): Promise<number> {
  const begun = performance.now()
  await node.run`dd if=/dev/zero of=/var/lib/postgresql/kept bs=8k count=${keptWrites} oflag=dsync`
  return (performance.now() - begun) / 1000
}

const operationsPerSecond = 20

test(
  "PostgreSQL's disk is slow under load: what was acknowledged is there, and all goes on",
  { tags: 'slow' },
  async ({ cloud, cluster, controller, signal, step }) => {
    const { keystone, neutron } = cloud
    const acknowledged = await step('slow under load', () =>
      underLoad(
        (name) =>
          Promise.all([
            keystone.createProject({ name }),
            neutron.createNetwork({ name, cidr: '10.35.0.0/24', dhcp: false }),
          ]),
        AbortSignal.any([cluster.signal, signal]),
        async () => {
          await using slow = await cluster.faults.diskSlow('controller', { operationsPerSecond })
          // How slow the host's own disk is meanwhile is no matter of ours: it cannot be faster than it is let.
          expect(await timeToKeep(controller)).toBeGreaterThan((0.8 * keptWrites) / operationsPerSecond)
          // Each of these has connections of its own to the database.
          const volume = await cloud.cinder.createVolume({ name: 'slow', size: 1 })
          await Promise.all([cloud.glance.list(), cloud.nova.flavors(), cloud.placement.resourceProviders()])
          await expect(volume).toBecome('available', { timeout: '10min' })
          expect(slow.holds).toBe(true)
        },
      ),
    )
    await step('look for what was acknowledged', async () => {
      const projects = (await keystone.projects()).map(({ name }) => name)
      const networks = (await neutron.networks()).map(({ name }) => name)
      for (const names of [projects, networks]) expect(names).toEqual(expect.arrayContaining(acknowledged))
      // Nothing was done twice.
      for (const names of [projects, networks]) expect(new Set(names).size).toBe(names.length)
    })
    await step('all goes on', () => cloudReady(cluster, { timeout: '10min' }))
  },
)

/** What became of something that was asked for; `half`: it is there, and neither of use nor known to be of none. */
type Outcome = 'done' | 'failed' | 'absent' | 'half'

interface Request {
  what: string
  /** Resolves when the service has acknowledged it. */
  ask: () => Promise<unknown>
  outcome: () => Promise<Outcome>
}

/** By its name in a list; absent, or what its state means. */
async function outcomeOf<Made extends { name: string; status?: string }>(
  name: string,
  list: Promise<Made[]>,
  meaning: (made: Made) => Outcome | Promise<Outcome> = () => 'done',
): Promise<Outcome> {
  const made = (await list).filter((each) => each.name === name)
  const [only] = made
  return only === undefined ? 'absent' : made.length > 1 ? 'half' : meaning(only)
}

const byStatus =
  (done: string, failed: RegExp) =>
  ({ status }: { status: string }): Outcome =>
    status === done ? 'done' : failed.test(status) ? 'failed' : 'half'

/**
 * Glance leaves two things to its users. An upload that was cut off stays `saving`. Its file store does not sync (glance_store,
 * filesystem driver: `add`): of an image that was active a moment before, the data may be gone, and its digest tells.
 */
async function outcomeOfImage(glance: Cloud['glance'], image: Image, wanted: string): Promise<Outcome> {
  if (image.status !== 'active') return byStatus('active', /^(queued|killed|saving)$/)(image)
  const found = await glance.download(image.id).catch((error: unknown) => {
    // Of a file that was not synced nothing may be left: Glance says that there is no data (204).
    if ((error as { status?: unknown }).status === 204) return undefined
    throw error
  })
  if (!found) return 'failed'
  if (found.sha256 === wanted) return 'done'
  return found.sha512 === image.hash?.value ? 'half' : 'failed'
}

/** Ten of several services: those that only write into a database, and those that others must work on. */
function tenRequests(cloud: Cloud, image: { id: string }, network: { id: string }): Request[] {
  const { cinder, glance, keystone, neutron, nova } = cloud
  const data = randomBytes(2 * 1024 * 1024)
  const numbered = (kind: string, count: number): string[] =>
    Array.from({ length: count }, (_, n) => `${kind}-${n}`)
  return [
    ...numbered('project', 2).map((name) => ({
      what: name,
      ask: () => keystone.createProject({ name }),
      outcome: () => outcomeOf(name, keystone.projects()),
    })),
    ...numbered('network', 2).map((name) => ({
      what: name,
      ask: () => neutron.createNetwork({ name, cidr: '10.36.0.0/24' }),
      outcome: () =>
        outcomeOf(name, neutron.networks({ name }), async ({ id, subnetIds }) => {
          // Two requests: a network without a subnet is whole, too.
          const subnets = await neutron.subnets({ network_id: id })
          return subnets.length === subnetIds.length ? 'done' : 'half'
        }),
    })),
    ...numbered('image', 2).map((name) => ({
      what: name,
      ask: () => glance.upload({ name, diskFormat: 'raw', file: data }),
      outcome: () =>
        outcomeOf(name, glance.list({ name }), (image) => outcomeOfImage(glance, image, sha256(data))),
    })),
    ...numbered('volume', 2).map((name) => ({
      what: name,
      ask: () => cinder.createVolume({ name, size: 1 }),
      outcome: () => outcomeOf(name, cinder.volumes(), byStatus('available', /^error/)),
    })),
    ...numbered('server', 2).map((name) => ({
      what: name,
      ask: () => nova.boot({ name, image, flavor: 'm1.nano', network }),
      outcome: () => outcomeOf(name, nova.list({ name }), byStatus('ACTIVE', /^ERROR$/)),
    })),
  ]
}

test(
  'the controller loses power in the middle of ten requests: each is done, refused, or visible as failed, and none is half there',
  { tags: 'slow', timeout: 2_700_000 },
  async ({ cloud, cluster, guestDisk, step }) => {
    const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
    const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.37.0.0/24' })
    const requests = tenRequests(cloud, image, network)
    const answers = new Map<string, 'acknowledged' | 'refused'>()

    await step('cut its power in the middle', async () => {
      const asked = requests.map(({ what, ask }) =>
        ask().then(
          () => answers.set(what, 'acknowledged'),
          () => answers.set(what, 'refused'),
        ),
      )
      const probe = (): Promise<Seen<number>> =>
        Promise.resolve(
          answers.size < 3
            ? { done: false, seen: `${answers.size} answered` }
            : { done: true, value: answers.size },
        )
      await waitFor({ what: 'some of ten answers', interval: '10ms', probe }, { timeout: '5min' })
      await using off = await cluster.faults.powerCut('controller')
      expect([...answers.values()]).toContain('acknowledged')
      // Those that are under way are not answered any more.
      await Promise.all(asked)
      expect([...answers.values()]).toContain('refused')
      expect(off.holds).toBe(true)
    })
    await step('it boots, and all services are there', () => cloudReady(cluster))

    await step('each is done, refused, or visible as failed', async () => {
      const settled = {
        what: 'nothing that is half there, and nothing that is lost',
        probe: async (): Promise<Seen<string[]>> => {
          const told = await Promise.all(
            requests.map(
              async ({ what, outcome }) => `${what}: ${answers.get(what) ?? ''}, ${await outcome()}`,
            ),
          )
          const wrong = told.filter((each) => /half$|acknowledged, absent$/.test(each))
          return wrong.length === 0 ? { done: true, value: told } : { done: false, seen: wrong.join('; ') }
        },
      }
      await waitFor(settled, { timeout: '10min', interval: '5s', signal: cluster.signal })
    })
    await step('who lost an image uploads it again', async () => {
      for (const { id, name } of (await cloud.glance.list()).filter(({ name }) =>
        name.startsWith('image-'),
      )) {
        await cloud.glance.delete(id)
        const again = await cloud.glance.upload({ name, file: guestDisk })
        expect((await cloud.glance.download(again.id)).sha256).toBe(sha256(await readFile(guestDisk)))
      }
    })
  },
)
