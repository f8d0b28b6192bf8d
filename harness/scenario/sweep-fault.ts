import type { Cluster } from '../cluster/index.js'
import { messageOf, StackrigError } from '../errors/index.js'
import { writtenFault, type WrittenFault } from '../faults/index.js'
import { logger } from '../log.js'
import type { StepObserver } from './step.js'

const log = logger('sweep')

/** After which step a fault begins, as `stackrig sweep` tells a run of one scenario: `2 cut:compute:30s`. */
export function readSweep(text: string): { step: number; fault: WrittenFault } {
  const [, number = '', fault = ''] = /^(\d+) (.+)$/.exec(text) ?? []
  if (fault === '') throw new StackrigError('USAGE', 'STACKRIG_SWEEP must be `STEP FAULT`', { seen: text })
  return { step: Number(number), fault: writtenFault(fault) }
}

/** Begins the fault when the outermost step of that number has passed, and heals it after its time; the scenario goes on meanwhile. */
export function faultAfterStep(cluster: Cluster, text: string): StepObserver & Disposable {
  const { step: wanted, fault } = readSweep(text)
  let timer: NodeJS.Timeout | undefined
  return {
    stepEnded: async ({ n, depth, status }) => {
      if (depth !== 0 || n !== wanted || status !== 'passed') return
      const held = await fault.begin(cluster)
      const heal = (): void =>
        void held.heal().catch((error: unknown) => log('%s: %s', fault.text, messageOf(error)))
      timer = setTimeout(heal, fault.lasts)
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
