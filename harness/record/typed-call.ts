import { stringLiteral } from './literal.js'
import type { CallNote } from './note.js'
import type { ServicePath } from './service-path.js'

interface Words {
  /** The expression for a text that may be an identifier. */
  value: (text: string) => string
  /** The name of what was there before. */
  nameOf: (id: string) => string | undefined
}

interface TypedCall {
  /** After `cloud.`. */
  code: string
  gives: 'resource' | 'nothing'
}

/** How a thing of a kind is asked for that has a state. */
export const watchedKinds: Readonly<Record<string, string>> = {
  ...{ server: 'nova.get', volume: 'cinder.volume', image: 'glance.get' },
  ...{ network: 'neutron.network', port: 'neutron.port', router: 'neutron.router' },
}

const deletes: readonly (readonly [type: string, path: RegExp, method: string])[] = [
  ['compute', /^\/servers\/([^/?]+)$/, 'nova.delete'],
  ['volume', /^\/volumes\/([^/?]+)(\?cascade=False)?$/i, 'cinder.deleteVolume'],
  ['image', /^\/images\/([^/?]+)$/, 'glance.delete'],
  ['network', /^\/networks\/([^/?]+)$/, 'neutron.deleteNetwork'],
]

/** The method of a client that makes this very call; undefined where none does. */
export function typedCall(
  { type, path, note }: ServicePath & { note: CallNote },
  words: Words,
): TypedCall | undefined {
  if (note.method === 'DELETE') {
    for (const [of, pattern, method] of deletes) {
      const [, id] = of === type ? (pattern.exec(path) ?? []) : []
      if (id !== undefined) return { code: `${method}(${words.value(id)})`, gives: 'nothing' }
    }
    return undefined
  }
  if (note.method !== 'POST') return undefined
  if (type === 'compute' && path === '/servers') return boot(note, words)
  if (type === 'volume' && path === '/volumes') return createVolume(note, words)
  return undefined
}

/** Only the fields that `nova.boot` has; another request is another call. */
function boot({ json, version }: CallNote, { value, nameOf }: Words): TypedCall | undefined {
  if (version !== undefined && !/\s?2\.1$/.test(version)) return undefined
  const server = fieldsOf(fieldsOf(json)['server'])
  const {
    name,
    imageRef,
    flavorRef,
    networks,
    availability_zone: zone,
    min_count,
    max_count,
    ...rest
  } = server
  const counts = [min_count, max_count].every((count) => count === undefined || count === 1)
  if (Object.keys(rest).length > 0 || !counts) return undefined
  if (typeof name !== 'string' || typeof imageRef !== 'string' || typeof flavorRef !== 'string')
    return undefined
  const network = networkOf(networks)
  if (network === undefined && networks !== undefined) return undefined
  if (zone !== undefined && typeof zone !== 'string') return undefined
  const found = (id: string): string => {
    const called = nameOf(id)
    return called === undefined ? value(id) : stringLiteral(called)
  }
  const fields = [
    `name: ${stringLiteral(name)}`,
    `image: ${found(imageRef)}`,
    `flavor: ${found(flavorRef)}`,
    ...(network === undefined ? [] : [`network: ${found(network)}`]),
    ...(zone === undefined ? [] : [`availabilityZone: ${stringLiteral(zone)}`]),
  ]
  return { code: `nova.boot({ ${fields.join(', ')} })`, gives: 'resource' }
}

function networkOf(networks: unknown): string | undefined {
  if (!Array.isArray(networks) || networks.length !== 1) return undefined
  const { uuid, ...rest } = fieldsOf(networks[0])
  return typeof uuid === 'string' && Object.keys(rest).length === 0 ? uuid : undefined
}

function createVolume({ json, version }: CallNote, { value }: Words): TypedCall | undefined {
  if (version !== undefined && !/\s?3\.0$/.test(version)) return undefined
  const { name, size, imageRef, ...rest } = fieldsOf(fieldsOf(json)['volume'])
  const others = Object.values(rest).some((one) => one !== false && JSON.stringify(one) !== '{}')
  if (typeof name !== 'string' || typeof size !== 'number' || others) return undefined
  const image = typeof imageRef === 'string' ? `, image: { id: ${value(imageRef)} }` : ''
  return {
    code: `cinder.createVolume({ name: ${stringLiteral(name)}, size: ${size}${image} })`,
    gives: 'resource',
  }
}

/** What a request says; null says nothing. */
function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null && one !== undefined))
}
