import { become, diagnose, type Cloud, type Cluster, type RunningNode } from '../../harness/index.js'

type Name = 'controller' | 'compute' | 'network'

/** What a user does: what is planted makes it fail. */
export interface Act {
  cloud: Cloud
  guestDisk: string
  nodes: Record<Name, RunningNode>
}

/** A cause that an operator, or bad luck, puts into a cloud that is well. */
export interface Planted {
  cause: string
  on: Name
  /** A script of sh, run by root. */
  plant: string
  act: (user: Act) => Promise<unknown>
  /** What the first finding must name. */
  says: RegExp
}

/** Whether the action failed, and what is named first for it. */
export async function plantAndAsk(
  { on, plant, act }: Planted,
  user: Act & { cluster: Cluster },
): Promise<string> {
  await user.nodes[on].run({ timeout: '3min' })`sh -c ${plant}`
  const failure = await act(user).then(
    () => undefined,
    (error: unknown) => error as Error & { code?: string },
  )
  if (failure === undefined) return 'the action did not fail'
  const { message, code } = failure
  const [first] = await diagnose(user.cluster, { failure: { message, code } })
  return first === undefined ? `nothing is found; it failed of: ${message}` : first.what
}

/** An instance must run. */
export async function boot({ cloud, guestDisk }: Act, timeout: '90s' | '4min' = '4min'): Promise<void> {
  const network = await cloud.neutron.createNetwork({ name: 'tenant', cidr: '10.20.0.0/24' })
  const image = await cloud.glance.upload({ name: 'guest', file: guestDisk })
  await become(await cloud.nova.boot({ name: 'web', image, flavor: 'm1.nano', network }), 'ACTIVE', {
    timeout,
  })
}

/** An image must be stored. */
export const upload = ({ cloud, guestDisk }: Act): Promise<unknown> =>
  cloud.glance.upload({ name: 'guest', file: guestDisk })

/** A volume must be made. */
export const volume = async ({ cloud }: Act): Promise<unknown> =>
  become(await cloud.cinder.createVolume({ name: 'data', size: 1 }), 'available', { timeout: '2min' })

/** SQL as the database's own administrator says it. */
export const sql = (database: string, statement: string): string =>
  `cd / && runuser -u postgres -- psql -qX -v ON_ERROR_STOP=1 ${database} <<'END'\n${statement};\nEND\n`
