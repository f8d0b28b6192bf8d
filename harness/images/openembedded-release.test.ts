import { describe, expect, test } from 'vitest'
import { parseQemubootConf } from './qemuboot-conf.js'
import { does, releaseRange } from './openembedded-release.js'

const always = { tune_arch: 'x86_64', staging_dir_host: '/x' }
const pyro = { ...always, qb_drive_type: '/dev/sd', qb_network_device: '-device e1000' }
const dunfell = { qb_cmdline_ip_slirp: '', qb_cmdline_ip_tap: '', qb_rootfs_extra_opt: '' }
const hardknott = { ...pyro, ...dunfell, qb_rng: '', qb_graphics: '', serial_consoles: '115200;ttyS0' }

test.each([
  ['written by hand', { qb_mem: '-m 256' }, 'master', 'master'],
  ['morty', { ...always, deploy_dir_image: '/home/them/images' }, 'morty', 'morty'],
  ['pyro', { ...pyro, deploy_dir_image: 'tmp/deploy' }, 'pyro', 'pyro'],
  ['rocko to zeus', { ...pyro, deploy_dir_image: '.' }, 'rocko', 'zeus'],
  ['a build outside of its folder', { ...pyro, deploy_dir_image: '/srv/images' }, 'pyro', 'zeus'],
  ['dunfell', { ...pyro, ...dunfell, deploy_dir_image: '.' }, 'dunfell', 'dunfell'],
  ['hardknott', hardknott, 'hardknott', 'hardknott'],
  ['honister to langdale', { ...hardknott, qb_smp: '' }, 'honister', 'langdale'],
  ['with its loader', { ...hardknott, qb_smp: '', uninative_loader: '/x' }, 'kirkstone', 'langdale'],
  ['a key of a later one alone', { ...always, qb_smp: '-smp 2' }, 'morty', 'morty'],
])('the keys of a conf say which release wrote it: %s', (_, values, first, last) => {
  expect(releaseRange(new Map(Object.entries(values)))).toEqual({ first, last })
})

test('some of several releases do what others do not', () => {
  const range = { first: 'rocko', last: 'zeus' } as const
  expect(does('wic in a format', range)).toBe(true)
  expect(does('wic flags', range)).toBeUndefined()
  expect(does('processors', range)).toBe(false)
})

describe('a conf of rocko to zeus whose runqemu it depends on', () => {
  const text = `[config_bsp]\n${Object.entries({ ...pyro, deploy_dir_image: '.', qb_mem: '' })
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')}`

  test('is refused, and the refusal says how to tell', () => {
    expect(() => parseQemubootConf(text, 'x').memoryMiB).toThrow(
      /an empty qb_mem otherwise since zeus[\s\S]*from rocko to zeus[\s\S]*--release zeus/,
    )
  })

  test.each([
    ['thud', 512],
    ['zeus', 256],
  ])('is read as that of %s when that is said', (release, memory) => {
    expect(parseQemubootConf(text, 'x', release).memoryMiB).toBe(memory)
  })

  test('a distribution’s own code name says nothing', () => {
    expect(() => parseQemubootConf(text, 'x', 'their-distro').memoryMiB).toThrow(/--release/)
  })
})
