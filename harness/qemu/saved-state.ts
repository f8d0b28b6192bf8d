import { setTimeout as delay } from 'node:timers/promises'
import { StackrigError } from '../errors/index.js'
import type { Machine } from './machine.js'
import { shellWord } from './shell-word.js'

// Guest memory is a file of its own, so that only the devices' state has to be moved (QEMU docs, "Migration",
// capability x-ignore-shared; tried with QEMU 7.2).
const capabilities = { capabilities: [{ capability: 'x-ignore-shared', state: true }] }

/** Writes the devices' state of a paused machine to a file. */
export async function saveState(machine: Machine, file: string): Promise<void> {
  await machine.qmp.execute('migrate-set-capabilities', capabilities)
  await machine.qmp.execute('migrate', { uri: `exec:cat > ${shellWord(file)}` })
  await migrated(machine, 'saving')
}

/** Loads what `saveState` wrote into a machine that was started with `incoming`. */
export async function loadState(machine: Machine, file: string): Promise<void> {
  await machine.qmp.execute('migrate-set-capabilities', capabilities)
  await machine.qmp.execute('migrate-incoming', { uri: `exec:cat ${shellWord(file)}` })
  await migrated(machine, 'loading')
}

async function migrated(machine: Machine, what: string): Promise<void> {
  for (;;) {
    machine.signal.throwIfAborted()
    const info = await machine.qmp.execute<{ status?: string; 'error-desc'?: string }>('query-migrate')
    if (info.status === 'completed') return
    if (info.status === 'failed' || info.status === 'cancelled') {
      throw new StackrigError('QMP_FAILED', `${what} the state of node ${machine.spec.name} must succeed`, {
        seen: info['error-desc'] ?? info.status,
      })
    }
    await delay(2)
  }
}
