import type { RunningNode } from '../cluster/index.js'
import { messageOf } from '../errors/index.js'
import { quoteWord } from '../shell-word.js'
import type { Begun } from './fault.js'
import { impossible, requireOn, requirePrograms } from './impossible.js'

interface BlockDevice {
  qdev?: string
  inserted?: { 'node-name': string }
}

/** The disk of a node (QEMU QMP Reference Manual, query-block), by its path in QEMU and the uppermost block node on it. */
async function diskOf(node: RunningNode, fault: string): Promise<{ device: string; top: string }> {
  requireOn(node, fault)
  const devices = await node.machine.qmp.execute<BlockDevice[]>('query-block')
  const [disk] = devices.flatMap(({ qdev, inserted }) => (qdev && inserted ? { qdev, inserted } : []))
  if (!disk) throw impossible(fault, node.name, 'it has no disk')
  return { device: disk.qdev, top: disk.inserted['node-name'] }
}

const noLimit = { bps: 0, bps_rd: 0, bps_wr: 0, iops: 0, iops_rd: 0, iops_wr: 0 }

/** QEMU QMP Reference Manual, block_set_io_throttle. */
export async function diskSlow(node: RunningNode, bytes: number, operations: number): Promise<Begun> {
  const { device } = await diskOf(node, 'diskSlow')
  const { qmp } = node.machine
  const limit = (values: object): Promise<unknown> =>
    qmp.execute('block_set_io_throttle', { id: device, ...noLimit, ...values })
  await limit({ bps: bytes, iops: operations })
  return {
    heal: async () => {
      await limit({})
      return {}
    },
  }
}

/** What fails on a disk (QEMU QMP Reference Manual, BlkdebugInjectErrorOptions). */
export interface DiskError {
  on: 'read' | 'write' | 'flush'
  /** 512 bytes each; default: all. */
  sector?: number | undefined
}

/** The errors on the disk of one node: all of them in one layer above the disk, which is made anew when they change. */
export class DiskErrors {
  readonly #node: RunningNode
  #errors: readonly DiskError[] = []
  /** What lies below the layer, and where it was put in. */
  #below: { device: string; top: string } | undefined
  #layers = 0

  constructor(node: RunningNode) {
    this.#node = node
  }

  async begin(error: DiskError): Promise<Begun> {
    this.#below ??= await diskOf(this.#node, 'diskErrors')
    await this.#inject([...this.#errors, error])
    return {
      heal: async () => {
        await this.#inject(this.#errors.filter((other) => other !== error))
        return {}
      },
    }
  }

  async #inject(errors: readonly DiskError[]): Promise<void> {
    const { qmp } = this.#node.machine
    const { device, top } = this.#below ?? (await diskOf(this.#node, 'diskErrors'))
    const before = this.#errors.length > 0 ? layerName(this.#layers) : undefined
    const next = errors.length > 0 ? layerName(++this.#layers) : undefined
    if (next !== undefined) await qmp.execute('blockdev-add', layer(next, top, errors))
    // Whatever the guest has asked for is answered before.
    const path = device.replace(/\/virtio-backend$/, '')
    await qmp.execute('qom-set', { path, property: 'drive', value: next ?? top })
    if (before !== undefined) await qmp.execute('blockdev-del', { 'node-name': before })
    this.#errors = errors
    if (errors.length === 0) this.#below = undefined
  }
}

const layerName = (number: number): string => `errors${number}`

/** EIO: with ENOSPC QEMU would stop the machine, and a disk that is full is a fault of its own. */
const layer = (name: string, image: string, errors: readonly DiskError[]): object => ({
  ...{ driver: 'blkdebug', 'node-name': name, image, discard: 'unmap' },
  'inject-error': errors.map(({ on, sector }) => ({
    ...{ event: 'none', iotype: on, errno: 5, once: false },
    ...(sector !== undefined && { sector }),
  })),
})

/** Room that a file takes until there is none but `leave` bytes: also what is kept for root. */
export async function diskFull(node: RunningNode, path: string, leave: number): Promise<Begun> {
  await requirePrograms(node, 'diskFull', 'fallocate', 'df', 'truncate')
  const { exitCode } = await node.execute(`test -d ${quoteWord(path)} && test -w ${quoteWord(path)}`)
  if (exitCode !== 0) throw impossible('diskFull', node.name, `${path} is no folder that can be written`)
  const file = `${path.replace(/\/$/, '')}/.takes-all-room-${Math.random().toString(36).slice(2, 8)}`
  const remove = (): Promise<string> => node.run`rm -f ${file}`
  try {
    await node.run({ timeout: '10min' })`sh -c ${`
      file=${quoteWord(file)} at=0
      : >"$file" || exit
      free=$(df -k "$file" | tail -n 1 | sed 's/ \\+/ /g' | cut -d' ' -f4)
      for step in $((free * 1024)) 67108864 16777216 4194304 1048576 262144 65536 16384 4096; do
        while [ "$step" -gt 0 ] && fallocate -o "$at" -l "$step" "$file" 2>/dev/null; do at=$((at + step)); done
      done
      [ "$at" -gt ${leave} ] || { echo "only $at bytes were free" >&2; exit 1; }
      truncate -s $((at - ${leave})) "$file"`}`
  } catch (error) {
    await remove()
    throw impossible('diskFull', node.name, messageOf(error))
  }
  return {
    heal: async () => {
      await remove()
      return {}
    },
  }
}

/** One file system by itself; all that lie on disks as sysrq does it, which no open file prevents. */
export async function diskReadOnly(node: RunningNode, path: string | undefined): Promise<Begun> {
  await requirePrograms(node, 'diskReadOnly', 'mount')
  const mounted = path === undefined ? await remountAll(node) : await remountOne(node, path)
  return {
    heal: async () => {
      for (const folder of mounted) await node.run`mount -o remount,rw ${folder}`
      return {}
    },
  }
}

async function remountOne(node: RunningNode, path: string): Promise<string[]> {
  const { exitCode, stderr } = await node.execute(`mount -o remount,ro ${quoteWord(path)}`)
  if (exitCode !== 0) {
    const next = 'without a path all file systems on disks become read-only, whatever is open there'
    throw impossible('diskReadOnly', node.name, stderr.toString(), next)
  }
  return [path]
}

/** Linux, admin-guide/sysrq, `u`: it is done later. */
async function remountAll(node: RunningNode): Promise<string[]> {
  const writable = "awk '$1 ~ /^\\/dev\\// && $4 ~ /^rw/ { print $2 }' /proc/mounts"
  const folders = (await node.run`sh -c ${writable}`).split('\n').filter((folder) => folder !== '')
  const { exitCode } = await node.execute('test -w /proc/sysrq-trigger')
  if (exitCode !== 0) throw impossible('diskReadOnly', node.name, '/proc/sysrq-trigger is not there')
  if (folders.length === 0) throw impossible('diskReadOnly', node.name, 'no file system lies on a disk')
  await node.run`sh -c ${'echo u >/proc/sysrq-trigger'}`
  await node.waitUntil({ timeout: '1min' })`sh -c ${`[ -z "$(${writable})" ]`}`
  return folders
}
