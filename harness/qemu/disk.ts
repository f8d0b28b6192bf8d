import { execa } from 'execa'

/** Makes a qcow2 file that holds what differs from another disk (QEMU docs, "qemu-img create"). */
export async function createOverlay(file: string, backing: string, format: 'qcow2' | 'raw'): Promise<void> {
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', format, '-b', backing, file])
}
