import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { projectFolder } from './paths.js'

const read = (...path: string[]): string => readFileSync(join(projectFolder, ...path), 'utf8')
const versions = z.record(z.string(), z.string())
const manifest = z
  .object({ dependencies: versions, devDependencies: versions, optionalDependencies: versions })
  .parse(JSON.parse(read('package.json')))
const programs = z
  .record(z.string(), z.object({ package: z.string() }))
  .parse(JSON.parse(read('harness', 'host-programs.json')))

/** The first two columns of a table, and whether the third says something. */
function rows(section: string): string[] {
  const text =
    read('docs', 'dependencies.md')
      .split(/^## /m)
      .find((part) => part.startsWith(section)) ?? ''
  return [...text.matchAll(/^\| `([^`]+)` \| ([^|]+) \| [^| ]/gm)]
    .map(([, name, second]) => `${name} ${second}`)
    .toSorted()
}

test('docs/dependencies.md has a reason for every npm package, at its exact version', () => {
  const wanted = Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  })
  expect(rows('npm packages')).toEqual(wanted.map(([name, version]) => `${name} ${version}`).toSorted())
  for (const [name, version] of wanted) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
})

test('docs/dependencies.md has a reason for every program of the host', () => {
  const wanted = Object.entries(programs).map(([program, entry]) => `${program} ${entry.package}`)
  expect(rows('Programs of the host')).toEqual(wanted.toSorted())
})
