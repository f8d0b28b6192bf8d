import { StackrigError } from '../errors.js'
import type { Launcher } from './command.js'

/** Who calls QEMU for all nodes: `$STACKRIG_LAUNCHER`, or stackrig itself. @throws StackrigError USAGE */
export function chosenLauncher(): Launcher {
  const wanted = process.env['STACKRIG_LAUNCHER'] ?? 'direct'
  if (wanted === 'direct' || wanted === 'runqemu') return wanted
  throw new StackrigError('USAGE', 'STACKRIG_LAUNCHER must be direct or runqemu', { seen: wanted })
}
