import { readFile } from 'node:fs/promises'
import { execa } from 'execa'
import type { Accelerator } from './command.js'

/** What has to be the same where a saved state is loaded. */
export interface SavingHost {
  /** QEMU's own words. */
  qemu: string
  accelerator: Accelerator
  /** The model, under KVM, where the guest sees it. */
  processor?: string
}

export async function thisHost(accelerator: Accelerator): Promise<SavingHost> {
  const { stdout } = await execa('qemu-system-x86_64', ['--version'], { timeout: 60_000 })
  const qemu = stdout.split('\n', 1)[0] ?? ''
  if (accelerator === 'tcg') return { qemu, accelerator }
  const processor = /^model name\s*: (.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[1]
  return { qemu, accelerator, ...(processor !== undefined && { processor }) }
}
