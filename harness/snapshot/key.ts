import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { execa } from 'execa'
import { machineSpec, type MachineOptions, type Topology } from '../cluster/index.js'
import type { Contract } from '../contract/index.js'
import { directCommand } from '../qemu/index.js'
import { makingSteps } from './making-steps.js'
import type { SnapshotKey } from './snapshot.js'

/**
 * A digest of everything that makes a golden snapshot what it is: a snapshot with another key can never be restored.
 * The processor's model counts only under KVM, where the guest sees it.
 * @param readiness what is proved and warmed up, by its name
 */
export async function snapshotKey(
  topology: Topology,
  machines: MachineOptions,
  readiness: string,
): Promise<SnapshotKey> {
  const { accelerator, images, launcher } = machines
  const hash = createHash('sha256')
  const add = (part: unknown): unknown => hash.update(JSON.stringify(part) + '\n')
  add({ ...topology, contract: leavingTraces(topology.contract) })
  // What QEMU saved as one launcher called it, it does not load as the other does.
  add([accelerator, launcher, readiness])
  add(Object.entries(makingSteps).map(([step, { version }]) => [step, version]))
  for (const node of topology.nodes) {
    const image = images.get(node.image)
    if (!image) continue
    add([image.name, image.digest, image.build])
    const storage = { memory: { file: '', shared: true }, disk: image.rootfs && 'disk', incoming: false }
    add(directCommand(machineSpec({ topology, machines, logFolder: '/' }, node, { storage })))
  }
  add(await qemuIdentity())
  if (accelerator === 'kvm') add(/model name.*/.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[0])
  return hash.digest('hex').slice(0, 24)
}

/** What of a contract leaves traces in a cluster: how its cloud is spoken to, and its logs are read, does not. */
function leavingTraces({ name, init, kernelWords, roles, passwords, cloud }: Contract): unknown {
  return { name, init, kernelWords, roles, passwords, credentials: cloud?.credentials }
}

async function qemuIdentity(): Promise<unknown> {
  const { stdout: path } = await execa('sh', ['-c', 'command -v qemu-system-x86_64'])
  const { size, mtimeMs } = await stat(path)
  return [path, size, mtimeMs]
}
