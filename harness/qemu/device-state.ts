import type { Machine } from './machine.js'

/**
 * Writes the state of the devices alone to a new file: of a fork, whose memory is not a file that it writes to. It is named
 * after Xen, and works without it (QEMU QMP Reference Manual, xen-save-devices-state; tried with QEMU 7.2).
 * @throws StackrigError QMP_FAILED, QEMU_DIED
 */
export async function saveDevices(machine: Machine, file: string): Promise<void> {
  await machine.qmp.execute('xen-save-devices-state', { filename: file, live: true })
}
