import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { debianZed } from '../../fixtures/contracts/debian-zed.js'
import { metaOpenstackThud } from '../../fixtures/contracts/meta-openstack-thud.js'
import { StackrigError } from '../errors/index.js'
import { forgetSettings } from '../settings.js'
import { importImages } from './import.js'
import { importWarnings, refuseShortMemory } from './import-warnings.js'
import { readLock, writeLock } from './lock-file.js'
import { verifyImage } from './lock.js'
import { openFiles } from './open-files.js'

let folder: string
let lock: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig import-'))
  vi.stubEnv('STACKRIG_CACHE', join(folder, 'cache'))
  forgetSettings()
  lock = join(folder, 'images.lock')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const name = 'openstack-image-controller'
const put = (file: string, content: string): void => writeFileSync(join(folder, file), content)

/** A deploy folder with one image; `files` are beside its conf and kernel. */
function image(conf: Record<string, string>, files: string[], stem = `${name}-qemux86-64`): void {
  const values = {
    ...{ machine: 'qemux86-64', image_link_name: stem, image_name: `${stem}-20200401093000` },
    ...{ qb_default_kernel: 'bzImage', qb_default_fstype: 'ext4', qb_mem: '-m 4096', ...conf },
  }
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`)
  put(`${stem}.qemuboot.conf`, `[config_bsp]\n${lines.join('')}`)
  for (const file of ['bzImage', ...files]) put(file, file)
}

const take = (options: Partial<Parameters<typeof importImages>[1]> = {}): ReturnType<typeof importImages> =>
  importImages(folder, { contract: 'debian-zed', file: lock, ...options })
const taken = async (): Promise<Awaited<ReturnType<typeof verifyImage>>['image']> => {
  await take()
  return (await verifyImage(name, { lock: readLock(lock) })).image
}
const refusal = async (options: Parameters<typeof take>[0] = {}): Promise<StackrigError> => {
  const error: unknown = await take(options).catch((cause: unknown) => cause)
  if (error instanceof StackrigError) return error
  throw new Error(`not refused: ${JSON.stringify(error)}`)
}
const disk = `${name}-qemux86-64.ext4`

describe('what is booted', () => {
  test.each(['tmp/deploy/images/qemux86-64/bzImage', '/home/them/deploy/bzImage'])(
    'a kernel that the build called %s is the file of that name here',
    async (kernel) => {
      image({ qb_default_kernel: kernel }, [disk])
      expect((await taken()).kernel).toBe(join(folder, 'bzImage'))
    },
  )

  test('a folder without its links has the stamped files', async () => {
    const stamped = `${name}-qemux86-64-20200401093000.rootfs.ext4`
    image({}, [stamped])
    expect((await taken()).rootfs).toBe(join(folder, stamped))
  })

  test('an empty link name', async () => {
    image({ image_link_name: '' }, [`${name}-qemux86-64-20200401093000.rootfs.ext4`])
    expect((await taken()).rootfs).toContain('20200401093000')
  })

  test.each([
    ['wic', 'raw', '/dev/sd', 'scsi'],
    ['wic.vmdk', 'vmdk', '/dev/vd', undefined],
    ['wic', 'raw', '/dev/hd', 'ide'],
  ])('%s is a disk of format %s that starts its own kernel', async (type, format, drive, bus) => {
    const file = `${name}-qemux86-64.${type}`
    image({ qb_default_fstype: type, qb_drive_type: drive }, [file])
    const found = await taken()
    expect(found).toMatchObject({ rootfs: join(folder, file), rootfsFormat: format })
    expect([found.kernel, found.diskBus]).toEqual([undefined, bus])
  })

  test('a wic whose kernel is beside it gets that one', async () => {
    image({ qb_default_fstype: 'wic', qb_fsinfo: 'wic:no-kernel-in-fs' }, [`${name}-qemux86-64.wic`])
    expect((await taken()).kernel).toBe(join(folder, 'bzImage'))
  })

  test.each([
    ['gz', 'gzip'],
    ['bz2', 'bzip2'],
    ['xz', 'xz'],
  ])('ext4.%s is taken apart', async (end, program) => {
    image({ qb_default_fstype: `ext4.${end}` }, [disk])
    await execa(program, [join(folder, disk)])
    expect(readFileSync((await taken()).rootfs ?? '', 'utf8')).toBe(disk)
  })
})

describe('refused with what to do', () => {
  test('no kernel for a file system without a boot loader', async () => {
    image({ qb_default_kernel: 'none' }, [disk])
    expect((await refusal()).message).toMatch(/qb_default_kernel is none[\s\S]*import the wic/)
  })

  test('an image for arm64', async () => {
    image({ machine: 'qemuarm64', tune_arch: 'aarch64' }, [disk])
    expect((await refusal()).message).toMatch(/qemu-system-aarch64/)
  })

  test('ext4.zst in the conf, and only the ext4 there', async () => {
    image({ qb_default_fstype: 'ext4.zst' }, [disk])
    expect((await refusal()).message).toMatch(
      /there is openstack-image-controller-qemux86-64.ext4[\s\S]*qb_default_fstype/,
    )
  })

  test('a name that an image built here has, and names that images.lock cannot have', async () => {
    image({}, ['compute.ext4'], 'compute')
    expect((await refusal()).message).toMatch(/image built here: compute[\s\S]*--name compute=yocto-compute/)
    await take({ renames: { compute: 'their-compute' } })
    expect(Object.keys(readLock(lock).images)).toEqual(['their-compute'])
    rmSync(join(folder, 'compute.qemuboot.conf'))
    image({}, ['My_compute.ext4'], 'My_compute')
    expect((await refusal()).message).toMatch(/seen: {2}My_compute[\s\S]*--name My_compute=my-compute/)
  })

  test.each([
    ['qb_opt_append', '-chardev socket,path=/tmp/x,id=c'],
    ['qb_opt_append', '-drive file=/etc/shadow,format=raw'],
    ['qb_opt_append', '-initrd /etc/shadow'],
    ['qb_network_device', '-device virtio-net-pci,netdev=net0,romfile=/etc/shadow'],
    ['qb_setup_cmd', 'touch /tmp/x'],
  ])('%s = %s, unless it is one’s own build', async (key, value) => {
    image({ [key]: value }, [disk])
    expect((await refusal()).message).toContain(`${key}: ${value}`)
    expect(existsSync(lock)).toBe(false)
    if (value.includes('initrd')) return
    await take({ trust: true })
    expect(readLock(lock).images[name]).toMatchObject({ trust: true })
    await verifyImage(name, { lock: readLock(lock) })
  })
})

test('what qemux86-64 of OpenEmbedded writes is on the list', async () => {
  image(
    {
      qb_machine: '-machine q35,i8042=off',
      qb_cpu: '-cpu IvyBridge -machine q35,i8042=off',
      qb_opt_append: '-device qemu-xhci -device usb-tablet -usb -usbdevice tablet',
      qb_rng: '-object rng-random,filename=/dev/urandom,id=rng0 -device virtio-rng-pci,rng=rng0',
      qb_network_device: '-device virtio-net-pci,netdev=net0,mac=@MAC@',
      qb_tap_opt: '-netdev tap,id=net0,ifname=@TAP@,script=no,downscript=no',
      qb_audio_opt: '-device AC97',
      qb_graphics: '-vga std',
      qb_rootfs_opt: '-drive file=@ROOTFS@,if=virtio,format=raw',
    },
    [disk],
  )
  expect((await take()).images).toHaveLength(1)
})

test('a conf of another image that is broken, or a link to nothing, is nothing to this one', async () => {
  image({}, [disk])
  put('broken.qemuboot.conf', '[config_bsp]\na = 100%\n')
  symlinkSync('gone', join(folder, 'gone.qemuboot.conf'))
  const { images, broken } = await take({ names: [name] })
  expect(images).toMatchObject([{ name }])
  expect(broken.map(({ conf }) => conf).sort()).toEqual(['broken.qemuboot.conf', 'gone.qemuboot.conf'])
  expect((await refusal({ names: ['broken'] })).code).toBe('QEMUBOOT_INVALID')
})

test.each(['c++', '(a+)+b'])('a machine may be called %s', async (machine) => {
  const stem = `${name}-${machine}`
  image({ machine }, [`${stem}.ext4`], stem)
  expect((await take()).images).toMatchObject([{ name }])
})

test('of two imports at once none loses its entry', async () => {
  const folders = ['one', 'two', 'three'].map((sub) => join(folder, sub))
  const all = folders.map(async (deploy, index) => {
    mkdirSync(deploy)
    const stem = `image-${index}`
    writeFileSync(
      join(deploy, `${stem}.qemuboot.conf`),
      `[config_bsp]\nimage_link_name = ${stem}\nqb_default_kernel = k\nqb_default_fstype = ext4\n`,
    )
    writeFileSync(join(deploy, 'k'), 'k')
    writeFileSync(join(deploy, `${stem}.ext4`), 'disk')
    await importImages(deploy, { contract: 'debian-zed', file: lock, roles: { [stem]: 'controller' } })
  })
  await Promise.all(all)
  expect(Object.keys(readLock(lock).images)).toHaveLength(3)
})

test('an import that was given up writes nothing', async () => {
  image({}, [disk])
  await expect(take({ signal: AbortSignal.abort(new Error('given up')) })).rejects.toThrow()
  expect(existsSync(lock)).toBe(false)
})

test('an import that is given up while it reads a large disk ends there, and writes nothing', async () => {
  image({}, [disk])
  // To read all of it takes longer than this test may.
  truncateSync(join(folder, disk), 2 * 1024 ** 4)
  const giveUp = new AbortController()
  const taking = take({ signal: giveUp.signal })
  await vi.waitFor(() => expect(openFiles()).toContain(join(folder, disk)), { timeout: 20_000 })
  giveUp.abort(new Error('given up'))
  await expect(taking).rejects.toThrow(/given up|aborted/)
  expect(openFiles()).not.toContain(join(folder, disk))
  expect(existsSync(lock)).toBe(false)
})

describe('memory', () => {
  test('given at the import, it is kept in images.lock, and is what the node gets', async () => {
    image({ qb_mem: '' }, [disk])
    await take({ memory: { controller: 6144 } })
    expect(readLock(lock).images[name]).toMatchObject({ memoryMiB: 6144 })
    expect((await verifyImage(name, { lock: readLock(lock) })).image.memoryMiB).toBe(6144)
    writeLock(readLock(lock), lock)
  })

  test('too little for the role is warned of, and refused before the boot', async () => {
    image({ qb_mem: '-m 256' }, [disk])
    const { images } = await take()
    expect(importWarnings(images, metaOpenstackThud).join('\n')).toMatch(
      /256 MiB[\s\S]*--memory controller=4096/,
    )
    expect(() => refuseShortMemory('one', 'controller', metaOpenstackThud, 256)).toThrow(/4096/)
    expect(() => refuseShortMemory('one', 'controller', metaOpenstackThud, 4096)).not.toThrow()
  })
})

test('what will not work is told when an image is imported', async () => {
  image({}, [disk])
  put(`${name}-qemux86-64.testdata.json`, JSON.stringify({ IMAGE_FEATURES: 'ssh-server-openssh' }))
  put(`${name}-qemux86-64.manifest`, 'kernel-module-ext4 qemux86_64 5.15\n')
  const warnings = importWarnings((await take({ roles: { [name]: 'compute' } })).images, debianZed).join('\n')
  expect(warnings).toMatch(/IMAGE_FEATURES lacks allow-empty-password/)
  expect(warnings).toMatch(/not virtio-console/)
  expect(warnings).toMatch(/not kvm/)
  expect(warnings).toMatch(/no image has the role controller/)
})
