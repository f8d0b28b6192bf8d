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

  test.each([
    ['-m 4096', 4096],
    ['-m 4G', 4096],
    ['-m 512M', 512],
    ['1024', 1024],
    ['-m size=2g,slots=2,maxmem=4g', 2048],
    ['', 256],
  ])('memory %s is %i MiB', (given, wanted) => {
    expect(parse(`qb_mem = ${given}`).memoryMiB).toBe(wanted)
  })

  test.each([
    ['-smp 2', 2],
    ['-smp cpus=4,sockets=2', 4],
    ['', 1],
  ])('processors %s are %i', (given, wanted) => {
    expect(parse(`qb_smp = ${given}`).cpus).toBe(wanted)
  })

  test('memory and processors that cannot be understood are named', () => {
    expect(() => parse('qb_mem = -m lots').memoryMiB).toThrow(/"-m 4G", but is "-m lots"/)
    expect(() => parse('qb_smp = -smp sockets=2').cpus).toThrow(/but is "-smp sockets=2"/)
  })

  test('a folder with a blank in its path is one', () => {
    const text =
      '[config_bsp]\nqb_default_fstype = ext4\nqb_opt_append = -initrd @DEPLOY_DIR_IMAGE@/initrd -usb\n'
    expect(parseQemubootConf(text, '/my cache/image.qemuboot.conf').initrd).toBe('/my cache/initrd')
  })
})

test('what is written reads back the same', () => {
  const values = { qb_mem: '-m 256', qb_kernel_cmdline_append: 'console=ttyS0 x=50%' }
  const conf = parseQemubootConf(formatQemubootConf(values), file)
  for (const [key, value] of Object.entries(values)) expect(conf.get(key)).toBe(value)
})
