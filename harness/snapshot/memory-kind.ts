import { StackrigError } from '../errors/index.js'
import { sharedMemory, type RunningNode } from '../cluster/index.js'
import { snapshotFiles, type Snapshot } from './snapshot.js'

/**
 * What a node has its memory in: the golden snapshot's, of which it has a private view, or a file of its own in the sandbox since it
 * was switched on again, or joined.
 * @throws StackrigError USAGE when it is neither: what it has changed cannot be told.
 */
export function memoryKind({ name, plan, machine }: RunningNode, golden: Snapshot): 'golden' | 'own' {
  const { file, shared } = machine.spec.memory
  if (!shared && file === snapshotFiles(golden.folder, name).memory) return 'golden'
  if (shared && file === sharedMemory(plan)) return 'own'
  throw new StackrigError('USAGE', 'a moment can be taken of nodes of a fork', {
    where: `node ${name}`,
    seen: `its memory is ${file}, ${shared ? 'which it writes to' : 'of another snapshot'}`,
  })
}
