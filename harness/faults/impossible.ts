import type { RunningNode } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'

/** The error for a fault that cannot be had there; nothing was done. */
export function impossible(fault: string, node: string, seen: string, next?: string): StackrigError {
  const wanted = `${fault} must be possible on ${node}`
  return new StackrigError('FAULT_IMPOSSIBLE', wanted, { where: `node ${node}`, seen, next })
}

/** @throws StackrigError FAULT_IMPOSSIBLE when the node is off, or has one of these programs not. */
export async function requirePrograms(
  node: RunningNode,
  fault: string,
  ...programs: string[]
): Promise<void> {
  requireOn(node, fault)
  if (programs.length === 0) return
  const missing = await node.run`sh -c ${programs
    .map((program) => `command -v ${program} >/dev/null || echo ${program}`)
    .join('; ')}`
  if (missing !== '') throw impossible(fault, node.name, `it has no ${missing.split('\n').join(', no ')}`)
}

/** @throws StackrigError FAULT_IMPOSSIBLE */
export function requireOn(node: RunningNode, fault: string): void {
  if (!node.isOn) throw impossible(fault, node.name, node.isBooting ? 'it boots' : 'it is off')
}

/** @throws StackrigError USAGE */
export function requireThat(holds: boolean, wanted: string, seen: string): void {
  if (!holds) throw new StackrigError('USAGE', wanted, { seen })
}
