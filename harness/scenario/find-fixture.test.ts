import { expect, test } from 'vitest'
import { findContract, findStart, findTopology, stagesOf } from './find-fixture.js'

test('a topology and a stage are found by their names', async () => {
  expect(await findStart('three-node')).toBe(await findTopology('three-node'))
  expect(await findStart('instance-runs')).toMatchObject({
    name: 'instance-runs',
    topology: { name: 'three-node' },
  })
})

test('a stage cannot be booted, and an unknown name is answered with those there are', async () => {
  await expect(findTopology('instance-runs')).rejects.toMatchObject({ code: 'USAGE' })
  await expect(findStart('nowhere')).rejects.toThrow(
    /no topology or stage "nowhere"[\s\S]*three-node[\s\S]*instance-runs/,
  )
})

test('a contract is found by its name, and a file of tests beside it is none', async () => {
  expect(await findContract('debian-zed')).toBe((await findTopology('three-node')).contract)
  await expect(findContract('nowhere')).rejects.toThrow(
    /no contract "nowhere"[\s\S]*there are: debian-zed, debian-zed-sysv, meta-openstack-grizzly/,
  )
  await expect(findContract('contracts.test')).rejects.toMatchObject({ code: 'USAGE' })
})

test('a topology has its own stages, and no others', async () => {
  expect((await stagesOf('three-node')).map(({ name }) => name)).toContain('instance-runs')
  expect(await stagesOf('pocket')).toEqual([])
})
