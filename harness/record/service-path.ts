import type { ServiceType } from '../openstack/index.js'

/** What was asked of an OpenStack service: its type, and the path below its version, with the query. */
export interface ServicePath {
  type: ServiceType
  path: string
}

/** Names that contracts have for a service, and its type here. */
const types: Readonly<Record<string, ServiceType>> = {
  ...{ identity: 'identity', image: 'image', compute: 'compute', network: 'network', placement: 'placement' },
  ...{ volume: 'volume', volumev2: 'volume', volumev3: 'volume', 'block-storage': 'volume' },
  'object-store': 'object-store',
}

/** The version before a path; some addresses also have the project (`/v3/PROJECT/volumes`, `/v1/AUTH_PROJECT/container`). */
const versions: Readonly<Record<ServiceType, RegExp>> = {
  ...{ identity: /^\/v\d[\d.]*/, image: /^\/v\d[\d.]*/, compute: /^\/v\d[\d.]*(\/[0-9a-f]{32}(?=\/|$))?/ },
  ...{ network: /^\/v\d[\d.]*/, placement: /^/, volume: /^\/v\d[\d.]*(\/[0-9a-f]{32}(?=\/|$))?/ },
  'object-store': /^\/v\d[\d.]*\/[^/]+/,
}

/** Undefined for an address that is none of the cloud's services. @param ports service type of the catalogue -> port */
export function servicePath(
  address: string,
  ports: Readonly<Record<string, number>> | undefined,
): ServicePath | undefined {
  if (!URL.canParse(address)) return undefined
  const { port, pathname, search } = new URL(address)
  const name = Object.entries(ports ?? {}).find(([, one]) => one === Number(port || 80))?.[0]
  const type = name === undefined ? undefined : types[name]
  if (type === undefined) return undefined
  const path = pathname.replace(versions[type], '')
  return { type, path: `${path}${search}` }
}

/** Asked for a token, or for the versions of an API: every client does that for itself. */
export function isOverhead({ type, path }: ServicePath): boolean {
  return path === '' || path === '/' || (type === 'identity' && /^\/(auth|tokens)(\/|\?|$)/.test(path))
}
