import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseQemubootConf } from '../images/index.js'
import { passingFolder } from '../testing/passing-folder.js'
import { directCommand, type MachineSpec } from './command.js'

const specOf = (conf: string, more: Partial<MachineSpec> = {}, kernel = '/images/bzImage'): MachineSpec => ({
  name: 'one',
  image: {
    ...{ name: 'image', role: 'controller', contract: 'c', digest: '', build: '', folder: '/images' },
    ...{ kernel, memoryMiB: 128, cpus: 1 },
    conf: parseQemubootConf(`[config_bsp]\n${conf}\n`, '/images/image.qemuboot.conf'),
  },
  ...{ memoryMiB: 128, cpus: 1, mac: '52:54:00:00:00:02', tap: 'tap0', kernelWords: ['ip=192.168.7.2'] },
  ...{ memory: { file: '/memory', shared: true }, ports: [], consoleLog: '/log', accelerator: 'kvm' },
  ...{ launcher: 'direct', incoming: false },
  ...more,
})

const append = (conf: string): string => {
  const command = directCommand(specOf(conf))
  return command[command.indexOf('-append') + 1] ?? ''
}

test('the kernel speaks on the terminal that the image logs in on, as under runqemu', () => {
  expect(append('serial_consoles = 115200;ttyS0 115200;ttyS1')).toBe('console=ttyS0 ip=192.168.7.2')
  expect(append('serial_consoles = 115200;ttyS0\nqb_kernel_cmdline_append = quiet console=ttyS1')).toBe(
    'quiet console=ttyS1 console=ttyS0 ip=192.168.7.2',
  )
  expect(append('machine = qemux86-64')).toBe('console=ttyS0 ip=192.168.7.2')
  expect(append('serial_consoles = 115200;hvc0')).toBe('console=hvc0 console=ttyS0 ip=192.168.7.2')
})

describe('a fork, whose kernel runs already, gets none, but the ROM that is a part of what was saved', () => {
  const { path } = passingFolder()
  const kernelOf = (text: string): string => {
    const file = join(path, 'kernel')
    writeFileSync(file, Buffer.concat([Buffer.alloc(0x202), Buffer.from(text), Buffer.alloc(2048)]))
    return file
  }
  const forked = (conf: string, kernel: string): string[] =>
    directCommand(specOf(conf, { incoming: true }, kernel))

  test('on a machine as QEMU makes them today', () => {
    const command = forked('', kernelOf('HdrS'))
    expect(command).toEqual(expect.arrayContaining(['-option-rom', 'linuxboot_dma.bin']))
    expect(command).not.toContain('-kernel')
    expect(directCommand(specOf('', {}, kernelOf('HdrS')))).toContain('-kernel')
  })

  test.each([
    ['a kernel that is not in the form of Linux', '', 'ELF.'],
    ['a machine of an older QEMU', 'qb_machine = -machine pc-i440fx-2.4', 'HdrS'],
  ])('%s has another ROM, and is loaded', (_, conf, magic) => {
    const command = forked(conf, kernelOf(magic))
    expect(command).toContain('-kernel')
    expect(command).not.toContain('-option-rom')
  })
})
