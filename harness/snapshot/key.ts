import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { execa } from 'execa'
import { machineSpec, type MachineOptions, type Topology } from '../cluster/index.js'
import type { Contract } from '../contract/index.js'
import { directCommand } from '../qemu/index.js'
import { makingSteps } from './making-steps.js'
import type { SnapshotKey } from './snapshot.js'

/** One of the things that make a golden snapshot what it is, for people and as data. */
export interface KeyPart {
  what: string
  value: unknown
}

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
  const hash = createHash('sha256')
  for (const { value } of await keyParts(topology, machines, readiness))
    hash.update(`${JSON.stringify(value)}\n`)
  return hash.digest('hex').slice(0, 24)
}

/** What the key is a digest of. Nodes without an image are left out: what is known before there are images. */
export async function keyParts(
  topology: Topology,
  machines: MachineOptions,
  readiness: string,
): Promise<KeyPart[]> {
  const { accelerator, images, launcher } = machines
  const parts: KeyPart[] = [
    {
      what: 'the topology, or its contract',
      value: { ...topology, contract: leavingTraces(topology.contract) },
    },
    // What QEMU saved as one launcher called it, it does not load as the other does.
    { what: 'accelerator, launcher and proof', value: [accelerator, launcher, readiness] },
    {
      what: 'the steps of its making',
      value: Object.entries(makingSteps).map(([step, { version }]) => [step, version]),
    },
  ]
  for (const node of topology.nodes) {
    const image = images.get(node.image)
    if (!image) continue
    parts.push({ what: `image ${image.name}`, value: [image.name, image.digest, image.build] })
    const storage = { memory: { file: '', shared: true }, disk: image.rootfs && 'disk', incoming: false }
    const spec = machineSpec({ topology, machines, logFolder: '/' }, node, { storage })
    parts.push({ what: `how QEMU is called for ${node.name}`, value: directCommand(spec) })
  }
  parts.push({ what: 'QEMU', value: await qemuIdentity() })
  if (accelerator === 'kvm') {
    const model = /model name.*/.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[0]
    parts.push({ what: 'the model of the processor', value: model })
  }
  return parts
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
