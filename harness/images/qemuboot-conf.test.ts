import { describe, expect, test } from 'vitest'
import { formatQemubootConf, parseQemubootConf } from './qemuboot-conf.js'

const file = '/deploy/x.qemuboot.conf'
const parse = (...lines: string[]) => parseQemubootConf(['[config_bsp]', ...lines].join('\n'), file)

describe('reading, as Python ConfigParser does', () => {
  test('keys are case-insensitive, = and : both separate, blanks around are dropped', () => {
    const conf = parse('QB_MEM =  -m 4096 ', 'machine: qemux86-64')
    expect(conf.get('qb_mem')).toBe('-m 4096')
    expect(conf.get('MACHINE')).toBe('qemux86-64')
  })

  test('%% is a percent sign, a single % an error', () => {
    expect(parse('a = 100%%').get('a')).toBe('100%')
    expect(() => parse('a = 100%')).toThrow(/QEMUBOOT_INVALID|%%/)
  })

  test('comments, empty lines, continuation lines, other sections', () => {
    const conf = parse('# a = 1', '', 'b = one', '  two', '; c = 1', '[other]', 'd = 1')
    expect(conf.get('a')).toBeUndefined()
    expect(conf.get('b')).toBe('one\ntwo')
    expect(conf.get('d')).toBeUndefined()
  })

  test('what cannot be read is named with its line', () => {
    expect(() => parse('nonsense')).toThrow(/line 2: nonsense/)
    expect(() => parse('a = 1', 'A = 2')).toThrow(/twice, line 3/)
    expect(() => parseQemubootConf('a = 1', file)).toThrow(/before the first/)
    expect(() => parseQemubootConf('', file)).toThrow(/\[config_bsp\] is missing/)
  })
})

describe('values', () => {
  test('only ../ and . are relative to the file, @DEPLOY_DIR_IMAGE@ is its folder', () => {
    const conf = parse('a = ../deploy/x', 'b = .', 'c = ./x', 'd = -initrd @DEPLOY_DIR_IMAGE@/initrd')
    expect(conf.get('a')).toBe('/deploy/x')
    expect(conf.get('b')).toBe('/deploy')
    expect(conf.get('c')).toBe('./x')
    expect(conf.get('d')).toBe('-initrd /deploy/initrd')
    expect(conf.initrd).toBeUndefined()
  })

  test('an empty value counts as missing', () => {
    const conf = parse('a =')
    expect(conf.get('a')).toBeUndefined()
    expect(() => conf.require('a')).toThrow(/the key a is missing/)
  })

  test('memory and CPUs', () => {
    const conf = parse('qb_mem = -m 4096', 'qb_smp = -smp 2')
    expect([conf.number('qb_mem'), conf.number('qb_smp'), conf.number('qb_cpu')]).toEqual([
      4096,
      2,
      undefined,
    ])
  })

  test('kernel and root file system by link name, as bitbake writes them', () => {
    const conf = parse(
      'deploy_dir_image = .',
      'qb_default_kernel = bzImage',
      'image_link_name = core-image-qemux86-64.rootfs',
      'qb_default_fstype = ext4',
      'qb_opt_append = -usb -initrd @DEPLOY_DIR_IMAGE@/initrd',
    )
    expect(conf.kernel).toBe('/deploy/bzImage')
    expect(conf.rootfs).toBe('/deploy/core-image-qemux86-64.rootfs.ext4')
    expect(conf.initrd).toBe('/deploy/initrd')
  })

  test('a folder with a blank in its path is one', () => {
    const text =
      '[config_bsp]\nqb_default_fstype = ext4\nqb_opt_append = -initrd @DEPLOY_DIR_IMAGE@/initrd -usb\n'
    expect(parseQemubootConf(text, '/my cache/image.qemuboot.conf').initrd).toBe('/my cache/initrd')
  })

  test('an initramfs is root file system and initrd in one', () => {
    const conf = parse('qb_default_fstype = cpio', 'image_name = p.rootfs')
    expect(conf.isInitramfs).toBe(true)
    expect(conf.initrd).toBe('/deploy/p.rootfs.cpio')
  })
})

test('what is written reads back the same', () => {
  const values = { qb_mem: '-m 256', qb_kernel_cmdline_append: 'console=ttyS0 x=50%' }
  const conf = parseQemubootConf(formatQemubootConf(values), file)
  for (const [key, value] of Object.entries(values)) expect(conf.get(key)).toBe(value)
})
