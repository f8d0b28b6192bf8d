import { StackrigError } from '../errors/index.js'

/** One service of the catalogue with its addresses. */
export interface CatalogEntry {
  type: string
  name: string
  endpoints: CatalogEndpoint[]
}

interface CatalogEndpoint {
  interface: 'public' | 'internal' | 'admin'
  region: string
  url: string
}

/** Service types and the names that older clouds have for them (OpenStack's service-types-authority). */
const types = {
  identity: ['identity'],
  image: ['image'],
  compute: ['compute'],
  placement: ['placement'],
  network: ['network'],
  volume: ['block-storage', 'volumev3', 'block-store', 'volume'],
  'object-store': ['object-store'],
} as const

export type ServiceType = keyof typeof types

/**
 * The address of a service in a region, without a slash at its end; the public one unless told otherwise.
 *
 * @throws StackrigError SERVICE_DOWN when the catalogue has none.
 */
export function endpointUrl(
  catalog: readonly CatalogEntry[],
  type: ServiceType,
  region: string,
  which: CatalogEndpoint['interface'] = 'public',
): string {
  for (const name of types[type]) {
    const entry = catalog.find((service) => service.type === name)
    const endpoint = entry?.endpoints.find(
      (candidate) => candidate.interface === which && candidate.region === region,
    )
    if (endpoint) return withoutSlashes(endpoint.url)
  }
  const known = catalog.map((service) => service.type).join(', ') || 'no services at all'
  throw new StackrigError('SERVICE_DOWN', `the catalogue has no ${which} ${type} endpoint in ${region}`, {
    seen: `the catalogue has ${known}`,
  })
}

/** The address without slashes at its end; in time that grows with their number, as no regular expression's does. */
export function withoutSlashes(url: string): string {
  let end = url.length
  while (url[end - 1] === '/') end -= 1
  return url.slice(0, end)
}

/**
 * The address with the API version, which some catalogues contain (`:8774/v2.1`, `:8776/v3/PROJECT`) and others leave
 * to the client (`:9292`). Another version at its end gives way: meta-openstack's catalogues say `:9292/v2` for both.
 *
 * @throws StackrigError SERVICE_DOWN for what is no address
 */
export function versioned(url: string, version: string): string {
  if (!URL.canParse(url)) {
    throw new StackrigError('SERVICE_DOWN', 'an endpoint of the catalogue must be an address', { seen: url })
  }
  const last = url.lastIndexOf('/') + 1
  if (/^v[\d.]+$/.test(url.slice(last))) return `${url.slice(0, last)}${version}`
  return /\/v\d+(\.\d+)?\//.test(new URL(url).pathname) ? url : `${url}/${version}`
}
