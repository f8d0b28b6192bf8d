import { describe, expect, it } from 'vitest'
import { endpointUrl, versioned, type CatalogEntry } from './catalog.js'

function entry(type: string, url: string, region = 'RegionOne'): CatalogEntry {
  const endpoints = (['admin', 'internal', 'public'] as const).map((which) => ({
    interface: which,
    region,
    url: url.replace('controller', which === 'public' ? 'controller' : which),
  }))
  return { type, name: type, endpoints }
}

const catalog = [
  entry('image', 'http://controller:9292/'),
  entry('compute', 'http://controller:8774/v2.1'),
  entry('volumev3', 'http://controller:8776/v3/4f1c'),
  entry('network', 'http://elsewhere:9696', 'RegionTwo'),
]

describe('endpointUrl', () => {
  it('gives the public address of the region', () => {
    expect(endpointUrl(catalog, 'image', 'RegionOne')).toBe('http://controller:9292')
    expect(endpointUrl(catalog, 'network', 'RegionTwo')).toBe('http://elsewhere:9696')
  })

  it("gives the administrator's address when asked for it", () => {
    expect(endpointUrl(catalog, 'image', 'RegionOne', 'admin')).toBe('http://admin:9292')
  })

  it('knows the older names of the volume service', () => {
    expect(endpointUrl(catalog, 'volume', 'RegionOne')).toBe('http://controller:8776/v3/4f1c')
  })

  it('says what the catalogue has instead', () => {
    expect(() => endpointUrl(catalog, 'network', 'RegionOne')).toThrow(
      /no public network endpoint in RegionOne\n.*the catalogue has image, compute, volumev3, network/,
    )
    expect(() => endpointUrl([], 'image', 'RegionOne')).toThrow('no services at all')
  })
})

describe('versioned', () => {
  it.each([
    ['http://controller:9292', 'v2', 'http://controller:9292/v2'],
    ['http://controller/image', 'v2', 'http://controller/image/v2'],
    ['http://controller:8774/v2.1', 'v2.1', 'http://controller:8774/v2.1'],
    ['http://controller:8776/v3/4f1c', 'v3', 'http://controller:8776/v3/4f1c'],
    ['http://controller:9292/v2', 'v1', 'http://controller:9292/v1'],
    ['http://controller:8774/v2/4f1c', 'v2.1', 'http://controller:8774/v2/4f1c'],
  ])('%s', (url, version, expected) => {
    expect(versioned(url, version)).toBe(expected)
  })
})
