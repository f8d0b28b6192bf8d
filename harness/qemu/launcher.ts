import { settings } from '../settings.js'
import type { Launcher } from './command.js'

/** Who calls QEMU for all nodes: `$STACKRIG_LAUNCHER`, or stackrig itself. @throws StackrigError USAGE */
export function chosenLauncher(): Launcher {
  return settings().launcher
}
