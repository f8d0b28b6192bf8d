import type { Program, Sandbox } from '../sandbox/index.js'
import { StackrigError } from '../errors/index.js'
import { farSocket, nearSocket } from './wire-streams.mjs'

/**
 * What `ip -batch` reads to make the way of a link through the wire: a bridge for the node's tap, and two taps more, one on
 * that bridge and one on the cluster's. What comes faster than the wire takes it waits in their queues.
 */
const makeWay = (tap: string): string[] => [
  `link add ${tap}b type bridge forward_delay 0 mcast_snooping 0`,
  `link set ${tap}b addrgenmode none up`,
  `tuntap add ${tap}n mode tap`,
  `tuntap add ${tap}f mode tap`,
  `link set ${tap}n master ${tap}b txqueuelen 10000 addrgenmode none up`,
  `link set ${tap}f master br0 txqueuelen 10000 addrgenmode none up`,
]

const removeWay = (tap: string): string[] => ['n', 'f', 'b'].map((end) => `link del ${tap}${end}`)

/**
 * A QEMU without a machine: of the programs that stackrig needs anyway, the one that opens taps and hands their frames on as
 * streams (QEMU docs, "Invocation", -netdev; `stream` is of 7.2). Without virtio-net headers: the kernel then cuts what guests
 * send into frames, and fills in their checksums.
 */
function relayCommand(node: string, tap: string): string[] {
  const ends = [
    { device: `${tap}n`, socket: nearSocket(node) },
    { device: `${tap}f`, socket: farSocket(node) },
  ]
  return [
    ...['qemu-system-x86_64', '-name', `wire-${node}`, '-machine', 'none', '-nodefaults', '-no-user-config'],
    ...[
      '-display',
      'none',
      '-sandbox',
      'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
    ],
    ...ends.flatMap(({ device, socket }, hub) => [
      ...['-netdev', `tap,id=tap${hub},ifname=${device},script=no,downscript=no,vnet_hdr=off`],
      ...['-netdev', `stream,id=stream${hub},server=off,addr.type=unix,addr.path=${socket}`],
      ...['-netdev', `hubport,id=a${hub},hubid=${hub},netdev=tap${hub}`],
      ...['-netdev', `hubport,id=b${hub},hubid=${hub},netdev=stream${hub}`],
    ]),
  ]
}

/** The link of one node, while it leads through the wire. */
export interface Relay {
  /** The way without the wire again. */
  remove: () => Promise<void>
}

/**
 * Makes the way; frames take it when `connected` has resolved, and the tap has been moved.
 * @throws StackrigError SANDBOX_DIED
 */
export async function spliceIn(
  sandbox: Sandbox,
  { node, tap, connected }: { node: string; tap: string; connected: () => Promise<unknown> },
): Promise<Relay> {
  await ip(sandbox, makeWay(tap))
  const program: Program = sandbox.start(relayCommand(node, tap), `${sandbox.folder}/${node}.wire.log`)
  const remove = async (): Promise<void> => {
    await ip(sandbox, [`link set ${tap} master br0`])
    program.kill()
    await program.ended
    await ip(sandbox, removeWay(tap))
  }
  try {
    const died = program.ended.then(() => {
      throw new StackrigError('SANDBOX_DIED', `the wire of ${node} must run`, {
        where: `${sandbox.folder}/${node}.wire.log`,
      })
    })
    died.catch(() => undefined)
    await Promise.race([connected(), died])
    await ip(sandbox, [`link set ${tap} master ${tap}b`])
    return { remove }
  } catch (error) {
    await remove().catch(() => undefined)
    throw error
  }
}

async function ip(sandbox: Sandbox, batch: string[]): Promise<void> {
  const { status, output } = await sandbox.run(['ip', '-batch', '-'], { input: batch.join('\n') })
  if (status === 0) return
  throw new StackrigError('SANDBOX_DIED', 'the links of a sandbox must be changed', {
    where: sandbox.folder,
    seen: output,
  })
}
