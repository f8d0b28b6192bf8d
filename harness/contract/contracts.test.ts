import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../paths.js'
import { debianZed } from './debian-zed.js'
import { contracts, type Contract } from './index.js'

const all = Object.entries(contracts)

const placeholders = /\{(\w+)\}/g
const known = ['controller', 'address', 'name', 'netmask', 'gateway', 'adminPassword', 'servicePassword']

describe.each(all)('%s', (name, contract: Contract) => {
  const roles = Object.entries(contract.roles)

  it('has a name of its own and roles', () => {
    expect(contract.name).toBe(name)
    expect(roles).not.toEqual([])
  })

  it.each(roles)('%s: what is restarted is promised, and what is changed is read anew', (_, role) => {
    expect(role.services).toEqual(expect.arrayContaining([...role.restart]))
    expect(new Set(role.services).size).toBe(role.services.length)
    expect(role.restart.length > 0).toBe(role.edits.length > 0)
  })

  it.each(roles)('%s: each key is set once, in a file with a full path', (_, role) => {
    const keys = role.edits.map(({ file, section, key }) => `${file} [${section ?? ''}] ${key}`)
    expect(new Set(keys).size).toBe(keys.length)
    for (const { file, format, section } of role.edits) {
      expect(file).toMatch(/^\//)
      expect(section === undefined).toBe(format === 'exports')
    }
  })

  it('uses placeholders that provisioning knows', () => {
    const texts = [contract.kernelWords, ...roles.flatMap(([, { edits }]) => edits.map(({ value }) => value))]
    const used = texts.flatMap((text) => [...text.matchAll(placeholders)].map(([, word]) => word))
    expect(known).toEqual(expect.arrayContaining([...new Set(used)]))
  })
})

const clouds = all.flatMap(([name, { cloud, roles }]) => (cloud ? [{ name, cloud, roles }] : []))

describe.each(clouds)('the cloud of $name', ({ cloud, roles }) => {
  it('has controller, compute and network nodes, or one that is all of them, each with services', () => {
    const apart = ['controller', 'compute', 'network']
    const wanted = 'all-in-one' in roles ? ['all-in-one'] : apart
    expect(Object.keys(roles)).toEqual(expect.arrayContaining(wanted))
    for (const role of Object.values(roles)) expect(role.services).not.toEqual([])
  })

  it('has front doors on its controller, identity with its version and port', () => {
    const identity = new URL(cloud.identityUrl)
    expect(identity.hostname).toBe('controller')
    expect(identity.pathname.endsWith(`/${cloud.apis.identity}`)).toBe(true)
    expect(Number(identity.port)).toBe(cloud.ports['identity'])
    expect(new URL(cloud.horizonUrl).hostname).toBe('controller')
    expect(cloud.horizonUrl).not.toMatch(/\/$/)
  })

  it('points every address of identity in its edits at the version that it speaks', () => {
    const values = Object.values(roles).flatMap(({ edits }) => edits.map(({ value }) => value))
    const versions = values.flatMap((value) => /^http:.*\/(v[\d.]+)\/?$/.exec(value)?.[1] ?? [])
    expect(new Set(versions)).toEqual(new Set([cloud.apis.identity]))
  })
})

it('docs/images.md lists what the Debian images promise', () => {
  const text = readFileSync(join(projectFolder, 'docs/images.md'), 'utf8')
  for (const [role, { services }] of Object.entries(debianZed.roles)) {
    expect(text.split('\n').find((line) => line.startsWith(`| ${role} | 192`))).toContain(
      `| ${services.join(', ')} |`,
    )
  }
})
