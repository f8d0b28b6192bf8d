import { createHash } from 'node:crypto'

/** The packages of an image that differ from those it was locked with. */
export interface MovedPackage {
  name: string
  /** Version in images.lock; undefined for a package that came. */
  from?: string
  /** Version in the image; undefined for a package that went. */
  to?: string
}

/** `name=version` lines as a record, sorted. */
export function packageRecord(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    [...lines].sort().map((line) => {
      const split = line.indexOf('=')
      return [line.slice(0, split), line.slice(split + 1)]
    }),
  )
}

/** The lines of such a record, as apt takes them, too. */
export const packageLines = (packages: Readonly<Record<string, string>>): string[] =>
  Object.entries(packages).map(([name, version]) => `${name}=${version}`)

/** A digest over package names and versions, independent of their order. */
export function packagesDigest(packages: Record<string, string>): string {
  const lines = packageLines(packages).map((line) => `${line}\n`)
  return createHash('sha256').update(lines.sort().join('')).digest('hex')
}

/** What changed between two sets of packages, by name. */
export function movedPackages(from: Record<string, string>, to: Record<string, string>): MovedPackage[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return names
    .filter((name) => from[name] !== to[name])
    .map((name) => ({
      name,
      ...(from[name] === undefined ? {} : { from: from[name] }),
      ...(to[name] === undefined ? {} : { to: to[name] }),
    }))
}

/** One line for people: `curl 7.88.1-10 -> 7.88.1-11`. */
export function describeMove({ name, from, to }: MovedPackage): string {
  if (from === undefined) return `${name} ${to ?? ''} is new`
  if (to === undefined) return `${name} ${from} is gone`
  return `${name} ${from} -> ${to}`
}
