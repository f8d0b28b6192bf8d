import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Contract } from '../contract/index.js'
import { directCommand, type Accelerator } from '../qemu/index.js'
import { machineSpec, type Images } from './launch.js'
import type { Topology } from './topology.js'

// What these files do to a node is part of the snapshot.
const sources = [
  'provision.ts',
  'edit-file.ts',
  '../guest/shell-loop.ts',
  '../guest/login.ts',
  'golden-key.ts',
]

/**
 * A digest of everything that makes a golden snapshot what it is: a snapshot with another key can never be restored.
 * The processor's model counts only under KVM, where the guest sees it.
 */
export async function goldenKey(
  topology: Topology,
  images: Images,
  accelerator: Accelerator,
  readyVersion: string,
): Promise<string> {
  const hash = createHash('sha256')
  const add = (part: unknown): unknown => hash.update(JSON.stringify(part) + '\n')
  add({ ...topology, contract: leavingTraces(topology.contract) })
  add(accelerator)
  add(readyVersion)
  for (const node of topology.nodes) {
    const image = images.get(node.image)
    if (!image) continue
    add([image.name, image.digest, image.build])
    const storage = { memory: { file: '', shared: true }, disk: image.rootfs && 'disk', incoming: false }
    add(directCommand(machineSpec(topology, node, image, { accelerator, logFolder: '/', storage })))
  }
  for (const source of sources) add(await readFile(fileURLToPath(new URL(source, import.meta.url)), 'utf8'))
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
