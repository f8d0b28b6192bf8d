import { movedPackages, packagesDigest, type BuiltEntry, type MovedPackage } from '../images/index.js'

/** A package that moved in the same way in some images. */
export interface MovedInImages extends MovedPackage {
  images: string[]
}

/**
 * What is taken from the good lock to the bad one in one go: a package; or several, where some took the place of others, as a kernel that
 * has its version in its name.
 */
export interface Change {
  packages: MovedInImages[]
}

/** Built images by name, as two locks have them. */
export type Entries = Readonly<Record<string, BuiltEntry>>

/**
 * What differs between two sets of the same images. What moved from the same version to the same version stands together, for it is of one
 * source as a rule, and may have to be in together.
 */
export function changesBetween(good: Entries, bad: Entries): Change[] {
  const moved = new Map<string, MovedInImages>()
  for (const [image, { packages }] of Object.entries(good)) {
    for (const one of movedPackages(packages, bad[image]?.packages ?? {})) {
      const key = JSON.stringify(one)
      const before = moved.get(key)
      if (before) before.images.push(image)
      else moved.set(key, { ...one, images: [image] })
    }
  }
  const all = [...moved.values()].sort((a, b) => compare(a.name, b.name))
  const places = groupBy(all.filter(cameOrWent), ({ name }) => name.replaceAll(/\d+/g, '#'))
  const changes: Change[] = [
    ...all.filter((one) => !cameOrWent(one)).map((one) => ({ packages: [one] })),
    ...places.flatMap((packages) =>
      packages.some(({ from }) => from === undefined) && packages.some(({ to }) => to === undefined)
        ? [{ packages }]
        : packages.map((one) => ({ packages: [one] })),
    ),
  ].sort((a, b) => compare(firstName(a), firstName(b)))
  return groupBy(changes, versions).flat()
}

/** The same images with some of the changes. */
export function withChanges(good: Entries, changes: readonly Change[]): Record<string, BuiltEntry> {
  return Object.fromEntries(
    Object.entries(good).map(([image, entry]) => {
      const moved = changes
        .flatMap((change) => change.packages)
        .filter(({ images }) => images.includes(image))
        .map(({ name, to }) => [name, to] as const)
      const all = new Map<string, string | undefined>([...Object.entries(entry.packages), ...moved])
      const packages = Object.fromEntries(
        [...all].flatMap(([name, to]) => (to === undefined ? [] : [[name, to]])),
      )
      return [image, { ...entry, packages, packagesDigest: packagesDigest(packages) }]
    }),
  )
}

const cameOrWent = ({ from, to }: MovedPackage): boolean => from === undefined || to === undefined

const firstName = ({ packages }: Change): string => packages[0]?.name ?? ''

const versions = ({ packages }: Change): string =>
  packages.map(({ name, from, to }) => (from && to ? `${from} ${to}` : name)).join('\n')

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** In the order in which each group's first was seen. */
function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one])
  return [...groups.values()]
}
