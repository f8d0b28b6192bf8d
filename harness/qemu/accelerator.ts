import { accessSync, constants } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { hostname, release } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { Image } from '../images/index.js'
import { cacheFolder } from '../paths.js'
import { replaceFile } from '../replace-file.js'
import { settings } from '../settings.js'
import { makeFolder } from '../make-folder.js'
import type { Accelerator } from './command.js'

/** Where in the cache it is noted what this host can do. */
export const accelerationFile = 'acceleration.json'

/** What runs guest code here, and how that was found out. */
export interface Acceleration {
  accelerator: Accelerator
  reason: string
}

/**
 * KVM when it works. `/dev/kvm` can exist, open, and hang every ordinary kernel, so a small image is booted in it; the
 * answer is remembered until the host or its kernel changes. `$STACKRIG_ACCELERATOR` (kvm or tcg) overrides it.
 */
export async function probeAcceleration(pocket: Image): Promise<Acceleration> {
  const { accelerator: wanted } = settings()
  if (wanted) return { accelerator: wanted, reason: 'STACKRIG_ACCELERATOR says so' }
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch {
    return { accelerator: 'tcg', reason: '/dev/kvm is not there, or not open to this user' }
  }
  const file = join(cacheFolder(), accelerationFile)
  const { ino } = await stat('/dev/kvm')
  const host = [hostname(), release(), ino].join(' ')
  const known = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as Acceleration & { host: string })
    .catch(() => undefined)
  if (known?.host === host) return { accelerator: known.accelerator, reason: known.reason }
  const { works, lasting } = await bootUnderKvm(pocket)
  const found: Acceleration = works
    ? { accelerator: 'kvm', reason: 'the pocket image boots under KVM' }
    : { accelerator: 'tcg', reason: '/dev/kvm opens, but a kernel does not boot in it' }
  if (lasting) {
    makeFolder(dirname(file))
    replaceFile(file, JSON.stringify({ ...found, host }))
  }
  return found
}

/** A kernel that works with KVM prints its first line at once; one that hangs never does. */
async function bootUnderKvm(pocket: Image): Promise<{ works: boolean; lasting: boolean }> {
  const options = [
    '-accel',
    'kvm',
    '-cpu',
    'host',
    '-m',
    '256',
    '-nodefaults',
    '-display',
    'none',
    '-no-reboot',
  ]
  const kernel = ['-kernel', pocket.kernel ?? '', ...(pocket.initrd ? ['-initrd', pocket.initrd] : [])]
  const qemu = execa(
    'qemu-system-x86_64',
    [...options, ...kernel, '-append', 'console=ttyS0', '-serial', 'stdio'],
    {
      reject: false,
      timeout: 15_000,
      stdin: 'ignore',
    },
  )
  for await (const line of qemu) {
    if (!line.includes('Linux version')) continue
    qemu.kill('SIGKILL')
    await qemu
    return { works: true, lasting: true }
  }
  const { timedOut, exitCode, signal, stderr } = await qemu
  // It may not have started, or have been told to end, or have found KVM or memory in use: that is no answer for ever.
  const passing =
    (exitCode === undefined && signal === undefined) ||
    ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'].includes(signal ?? '') ||
    /busy|cannot allocate/i.test(stderr)
  return { works: false, lasting: timedOut || !passing }
}
