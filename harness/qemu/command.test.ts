import { expect, test } from 'vitest'
import { parseQemubootConf } from '../images/index.js'
import { directCommand, type MachineSpec } from './command.js'

const append = (conf: string): string => {
  const spec: MachineSpec = {
    name: 'one',
    image: {
      ...{ name: 'image', role: 'controller', contract: 'c', digest: '', build: '', folder: '/images' },
      ...{ kernel: '/images/bzImage', memoryMiB: 128, cpus: 1 },
      conf: parseQemubootConf(`[config_bsp]\n${conf}\n`, '/images/image.qemuboot.conf'),
    },
    ...{ memoryMiB: 128, cpus: 1, mac: '52:54:00:00:00:02', tap: 'tap0', kernelWords: ['ip=192.168.7.2'] },
    ...{ memory: { file: '/memory', shared: true }, ports: [], consoleLog: '/log', accelerator: 'kvm' },
    ...{ launcher: 'direct', incoming: false },
  }
  const command = directCommand(spec)
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
