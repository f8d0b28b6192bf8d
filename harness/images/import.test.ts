import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { forgetSettings } from '../settings.js'
import { importImages } from './import.js'
import { readLock } from './lock-file.js'
import { verifyImage } from './lock.js'

let folder: string
let deploy: string
let lock: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig import-'))
  vi.stubEnv('STACKRIG_CACHE', join(folder, 'cache'))
  forgetSettings()
  // Spaces and all: nothing here goes through a shell.
  deploy = join(folder, 'deploy', 'images', 'qemux86-64')
  mkdirSync(deploy, { recursive: true })
  lock = join(folder, 'images.lock')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const put = (name: string, content: string | Buffer): void => writeFileSync(join(deploy, name), content)
const take = (options: Partial<Parameters<typeof importImages>[1]> = {}): ReturnType<typeof importImages> =>
  importImages(deploy, { contract: 'debian-zed', file: lock, ...options })

/** As the releases from thud to kirkstone leave an image: a link without the time beside each file with it. */
function oldImage(name: string, extra = ''): void {
  const base = `${name}-qemux86-64`
  const files = {
    'qemuboot.conf': `[config_bsp]
machine = qemux86-64
deploy_dir_image = .
image_link_name = ${base}
image_name = ${base}-20200401093000
kernel_imagetype = bzImage
qb_default_kernel = bzImage
qb_default_fstype = ext4
qb_mem = -m 4096
qb_smp = -smp 2
staging_bindir_native = ../../../work/x86_64-linux/usr/bin
${extra}`,
    ext4: `the disk of ${name}`,
    manifest: 'keystone qemux86_64 12.0.0\npostgresql core2_64 9.4.17\n',
    'testdata.json': JSON.stringify({
      CONTROLLER_IP: '192.168.7.2',
      COMPUTE_IP: '192.168.7.4',
      DISTRO_CODENAME: 'thud',
    }),
  }
  for (const [kind, content] of Object.entries(files)) {
    put(`${base}-20200401093000.${kind}`, content)
    symlinkSync(`${base}-20200401093000.${kind}`, join(deploy, `${base}.${kind}`))
  }
  put('bzImage', 'kernel')
}

/** As the newest releases do: `.rootfs` in every name, and the disk compressed. */
async function newImage(name: string): Promise<void> {
  const base = `${name}-qemux86-64.rootfs`
  put(
    `${base}.qemuboot.conf`,
    `[config_bsp]
machine = qemux86-64
image_link_name = ${base}
qb_default_kernel = bzImage
qb_default_fstype = ext4.zst
qb_opt_append = -device usb-tablet
qb_kernel_cmdline_append = console=ttyS0 100%%
`,
  )
  put('bzImage', 'kernel')
  put('plain', `the disk of ${name}`)
  await execa('zstd', ['-q', '--rm', join(deploy, 'plain'), '-o', join(deploy, `${base}.ext4.zst`)])
}

/**
 * What OpenEmbedded's qemuboot.bbclass writes into the conf, release by release (its `build_vars`), and how the files
 * beside it are called (image_types.bbclass, image-artifact-names.bbclass). `DEPLOY` is the folder.
 */
const common = [
  'machine = qemux86-64',
  'tune_arch = x86_64',
  'kernel_imagetype = bzImage',
  'qb_mem = -m 4096',
]
const moved = [
  'deploy_dir_image = .',
  'qb_default_kernel = bzImage--5.bin',
  'staging_dir_native = ../../../sysroot',
]
const consoles = 'serial_consoles = 115200;ttyS0 115200;ttyS1'
const loader = 'uninative_loader = ../../../sysroots-uninative/x86_64-linux/lib/ld-linux-x86-64.so.2'
const image = 'openstack-image-controller-qemux86-64'
const oldNames = { link: image, name: `${image}-20200401093000`, disk: '.rootfs.ext4' }
const newNames = { link: `${image}.rootfs`, name: `${image}.rootfs-20240401093000`, disk: '.ext4' }
const kernelName = ['kernel_image_name = bzImage--6', 'kernel_image_bin_ext = .bin']
const releases = [
  {
    release: 'morty to pyro',
    conf: [
      'deploy_dir_image = DEPLOY',
      'qb_default_kernel = DEPLOY/bzImage--5.bin',
      'staging_dir_native = /home/them/sysroot',
    ],
    ...oldNames,
  },
  { release: 'rocko to gatesgarth', conf: moved, ...oldNames },
  { release: 'hardknott and honister', conf: [...moved, consoles], ...oldNames },
  { release: 'kirkstone to mickledore', conf: [...moved, consoles, loader], ...oldNames },
  { release: 'nanbield', conf: [...moved, consoles, loader], ...newNames },
  { release: 'scarthgap to walnascar', conf: [...moved, consoles, loader, ...kernelName], ...newNames },
  {
    release: 'whinlatter to master',
    conf: [...moved, consoles, loader, ...kernelName],
    ...newNames,
    disk: '.ext4.zst',
  },
]

test.each(releases)('the deploy folder of $release is taken', async ({ conf, link, name, disk }) => {
  const fstype = disk.replace('.rootfs', '').slice(1)
  const lines = [
    ...common,
    ...conf,
    `image_name = ${name}`,
    `image_link_name = ${link}`,
    `qb_default_fstype = ${fstype}`,
  ]
  put(`${name}.qemuboot.conf`, `[config_bsp]\n${lines.sort().join('\n').replaceAll('DEPLOY', deploy)}\n\n`)
  put(`${name}.testdata.json`, JSON.stringify({ CONTROLLER_IP: '192.168.7.2', COMPUTE_IP: '192.168.7.4' }))
  put('bzImage--5.bin', 'kernel')
  put('plain', 'the disk')
  if (fstype.endsWith('zst'))
    await execa('zstd', ['-q', join(deploy, 'plain'), '-o', join(deploy, name + disk)])
  else put(name + disk, 'the disk')
  for (const [from, to] of [
    [`${link}.qemuboot.conf`, `${name}.qemuboot.conf`],
    [`${link}.testdata.json`, `${name}.testdata.json`],
    [`${link}.${fstype}`, name + disk],
  ] as const)
    symlinkSync(to, join(deploy, from))

  expect((await take()).images).toMatchObject([
    { name: 'openstack-image-controller', conf: `${link}.qemuboot.conf`, address: '192.168.7.2' },
  ])
  const verified = await verifyImage('openstack-image-controller', { lock: readLock(lock) })
  expect(verified.image).toMatchObject({ memoryMiB: 4096, kernel: join(deploy, 'bzImage--5.bin') })
  expect(readFileSync(verified.image.rootfs ?? '', 'utf8')).toBe('the disk')
})

describe('a deploy folder', () => {
  test('of an older release: roles, baked addresses, release and packages are read', async () => {
    for (const name of ['openstack-image-controller', 'openstack-image-compute', 'openstack-image-network'])
      oldImage(name)
    const before = readdirSync(deploy)
    const { images } = await take()
    expect(images.map(({ name, role, address }) => [name, role, address])).toEqual([
      ['openstack-image-compute', 'compute', '192.168.7.4'],
      ['openstack-image-controller', 'controller', '192.168.7.2'],
      ['openstack-image-network', 'network', undefined],
    ])
    expect(readdirSync(deploy)).toEqual(before)
    expect(readLock(lock).images['openstack-image-compute']).toMatchObject({
      conf: 'openstack-image-compute-qemux86-64.qemuboot.conf',
      release: 'thud',
      packagesDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    const { image } = await verifyImage('openstack-image-compute', { lock: readLock(lock) })
    // thud's runqemu does not read qb_smp.
    expect(image).toMatchObject({ memoryMiB: 4096, cpus: 1, rootfsFormat: 'raw', address: '192.168.7.4' })
    expect(readFileSync(image.rootfs ?? '', 'utf8')).toBe('the disk of openstack-image-compute')
  })

  test('of a new release: the compressed disk is taken apart in the store, once', async () => {
    await newImage('openstack-image-controller')
    await take()
    const locked = readLock(lock)
    const before = readdirSync(deploy)
    const { image } = await verifyImage('openstack-image-controller', { lock: locked })
    expect(readFileSync(image.rootfs ?? '', 'utf8')).toBe('the disk of openstack-image-controller')
    expect(image.rootfs).toContain(join(folder, 'cache'))
    const written = statSync(image.rootfs ?? '')
    const again = await verifyImage('openstack-image-controller', { lock: locked })
    const { ino, mtimeMs } = statSync(again.image.rootfs ?? '')
    expect({ ino, mtimeMs }).toEqual({ ino: written.ino, mtimeMs: written.mtimeMs })
    expect(readdirSync(deploy)).toEqual(before)
  })

  test('whose disk changed after the import never boots', async () => {
    oldImage('openstack-image-controller')
    await take()
    put('openstack-image-controller-qemux86-64-20200401093000.ext4', 'another disk')
    await expect(verifyImage('openstack-image-controller', { lock: readLock(lock) })).rejects.toMatchObject({
      code: 'IMAGE_MISMATCH',
    })
  })

  test('whose links were copied as files has each image once', async () => {
    oldImage('openstack-image-controller')
    const copy = join(folder, 'copy')
    cpSync(deploy, copy, { recursive: true, dereference: true })
    deploy = copy
    expect((await take()).images).toMatchObject([
      { name: 'openstack-image-controller', conf: 'openstack-image-controller-qemux86-64.qemuboot.conf' },
    ])
  })

  test('with an image whose name says no role: it is left out, or given one', async () => {
    oldImage('openstack-image-controller')
    oldImage('core-image-minimal')
    expect((await take()).leftOut).toEqual(['core-image-minimal'])
    const { images } = await take({
      names: ['core-image-minimal'],
      roles: { 'core-image-minimal': 'compute' },
    })
    expect(images).toMatchObject([{ name: 'core-image-minimal', role: 'compute', address: '192.168.7.4' }])
  })
})

describe('is refused', () => {
  const refusal = async (options: Parameters<typeof take>[0] = {}): Promise<unknown> =>
    take(options).catch((error: unknown) => error)

  test('a folder without images, and a root file system without its conf', async () => {
    expect(await refusal()).toMatchObject({ code: 'IMAGE_MISSING' })
    put('openstack-image-controller-qemux86-64.ext4', 'a disk')
    expect(await refusal()).toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringMatching(
        /without their conf: openstack-image-controller-qemux86-64\.ext4/,
      ) as string,
    })
    expect(await importImages(join(folder, 'nowhere'), { contract: 'debian-zed' }).catch(String)).toMatch(
      /no such folder/,
    )
  })

  test('a file, and a conf that is a link to nothing', async () => {
    deploy = join(folder, 'a file')
    put('', 'no folder')
    expect(await refusal()).toMatchObject({ code: 'IMAGE_MISSING' })
    deploy = join(folder, 'links')
    mkdirSync(deploy)
    symlinkSync('gone', join(deploy, 'image.qemuboot.conf'))
    expect(await refusal()).toMatchObject({
      code: 'IMAGE_MISSING',
      message: expect.stringContaining('image.qemuboot.conf is a link that leads nowhere') as string,
    })
  })

  test('a role that the contract does not have', async () => {
    oldImage('openstack-image-aio')
    expect(await refusal({ knownRoles: ['controller', 'compute'] })).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(
        /openstack-image-aio[\s\S]*"all-in-one"; it has controller, compute/,
      ) as string,
    })
  })

  test('a conf without its root file system', async () => {
    oldImage('openstack-image-controller')
    rmSync(join(deploy, 'openstack-image-controller-qemux86-64.ext4'))
    rmSync(join(deploy, 'openstack-image-controller-qemux86-64-20200401093000.ext4'))
    expect(await refusal()).toMatchObject({ code: 'IMAGE_MISSING' })
  })

  test('two images that were built for one address', async () => {
    oldImage('openstack-image-controller')
    oldImage('openstack-image-aio')
    expect(await refusal()).toMatchObject({
      code: 'IMAGE_MISMATCH',
      message: expect.stringMatching(
        /openstack-image-aio and openstack-image-controller were both built for 192\.168\.7\.2[\s\S]*next: {2}import one/,
      ) as string,
    })
    expect((await take({ names: ['openstack-image-aio'] })).images).toMatchObject([{ role: 'all-in-one' }])
  })

  test('keys that runqemu does not know, and a single %', async () => {
    oldImage('openstack-image-controller', 'qb-mem = -m 512\n')
    expect(await refusal()).toMatchObject({
      code: 'QEMUBOOT_INVALID',
      message: expect.stringContaining('keys that runqemu does not know: qb-mem') as string,
    })
    rmSync(deploy, { recursive: true })
    mkdirSync(deploy)
    oldImage('openstack-image-controller', 'qb_kernel_cmdline_append = 100%\n')
    expect(await refusal()).toMatchObject({ code: 'QEMUBOOT_INVALID' })
  })

  test('a compressed disk that is none', async () => {
    await newImage('openstack-image-controller')
    put('openstack-image-controller-qemux86-64.rootfs.ext4.zst', 'no frame')
    await take()
    await expect(verifyImage('openstack-image-controller', { lock: readLock(lock) })).rejects.toMatchObject({
      code: 'IMAGE_MISMATCH',
      message: expect.stringContaining('unsupported format') as string,
    })
  })
})
