import type { Difference } from '../differences.js'
import type { Suspicion } from '../finding.js'
import { broken, changedAt, partsOfPath, type Context } from './context.js'

/** Programs, and what they load, that were changed after the golden snapshot was made. */
export function code({ subject: path, now }: Difference, context: Context): Suspicion | undefined {
  const { node } = context
  if (now === undefined || isToldOtherwise(path, context)) return undefined
  const parts = partsOfPath(context, settingsOf(path))
  const isFolder = now === 'directory'
  return {
    tier: 'changed',
    what: isFolder
      ? `what lies in ${path} on ${node} is not what the golden snapshot has there`
      : `${path} on ${node} was changed after the golden snapshot was made`,
    where: node,
    ...changedAt(context, path),
    proof: [`find -newerct: ${now} ${path}`],
    breaks: parts.length > 0 ? broken(parts, node) : [`node ${node}`],
    words: [path, ...moduleOf(path)],
    mends: `install anew what dpkg -S ${path} names`,
    soft: true,
  }
}

/** A folder, of something that was changed in it; a program of which more is known. */
function isToldOtherwise(path: string, { before, now }: Context): boolean {
  if ([...now.of('changed code').keys()].some((other) => other.startsWith(`${path}/`))) return true
  return (
    before.get('size', path) !== now.get('size', path) ||
    before.get('rights', path) !== now.get('rights', path)
  )
}

/** Where the settings lie of whatever a file is a part of: a part of the software is known by them. */
function settingsOf(path: string): string {
  const name =
    /\/python3[^/]*\/(?:dist|site)-packages\/([^/.]+)/.exec(path)?.[1] ??
    /^\/(?:usr\/)?(?:lib|share)\/([^/]+)\//.exec(path)?.[1]
  return name === undefined ? path : `/etc/${name.replaceAll('_', '-')}`
}

/** `nova.virt.libvirt.vif`, as a log speaks of it. */
function moduleOf(path: string): string[] {
  const inside = /-packages\/(.+)\.py$/.exec(path)?.[1]
  return inside === undefined ? [] : [inside.replaceAll('/', '.')]
}
