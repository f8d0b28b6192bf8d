import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { makeFolder } from '../make-folder.js'
import { StackrigError } from '../errors/index.js'
import { isCheckout, projectFolder } from '../paths.js'
import { print } from './print.js'

/** What is known of a reported bug. */
interface Report {
  id: string
  title?: string
  url?: string
}

/** `stackrig bug`: a bug report as a scenario. */
export function bugCommand(): Command {
  const bug = new Command('bug').description('make a scenario of a bug report')
  bug
    .command('new')
    .description('write scenarios/bugs/ID-TITLE.scenario.ts, with steps to fill in')
    .argument('<id>', 'of the report: letters, digits, dots, dashes')
    .option('--title <text>', 'what is wrong, in one line')
    .option('--url <url>', 'where the report is')
    .action(async (id: string, options: Omit<Report, 'id'>) => {
      const file = bugFile({ id, ...options })
      const path = join(projectFolder, file)
      if (existsSync(path))
        throw new StackrigError('USAGE', 'a bug that has a scenario must get no second one', {
          where: file,
          next: 'fill that in, or give another title',
        })
      makeFolder(dirname(path))
      await writeFile(path, bugText({ id, ...options }))
      print(file, `next: fill in its steps, then npx stackrig test ${file.replace(/\.scenario\.ts$/, '')}`)
    })
  return bug
}

/** Where the scenario of a bug is written, from the project's folder. @throws StackrigError USAGE */
export function bugFile({ id, title = '', url }: Report): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(id))
    throw new StackrigError('USAGE', 'the id of a bug must have letters, digits, dots and dashes only', {
      seen: id,
    })
  if (url !== undefined && !/^https?:\/\/[^\s'"*]+$/.test(url))
    throw new StackrigError('USAGE', 'the address of a report must be one of http or https', { seen: url })
  const words = title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)
  return join('scenarios', 'bugs', `${[id.toLowerCase(), words].filter(Boolean).join('-')}.scenario.ts`)
}

/** A scenario that compiles, and fails until somebody has filled in what the reporter did and saw. */
export function bugText({ id, title, url }: Report): string {
  const own = isCheckout
  const harness = own ? '../../harness/index.js' : 'stackrig'
  const topology = own ? '../../fixtures/topologies/three-node.js' : 'stackrig/topologies/three-node'
  const name = JSON.stringify((title ?? `bug ${id}`).replaceAll(/\s+/g, ' ').trim())
  const quoted = name.includes("'") ? name : `'${name.slice(1, -1).replaceAll('\\"', '"')}'`
  const words = (title ?? 'what is wrong, in one line').replaceAll(/\s+/g, ' ').replaceAll('*/', '* /').trim()
  return `/**
 * Bug ${id}: ${words}
${url === undefined ? '' : ` * ${url}\n`} *
 * Expected: what the reporter expected.
 * Seen: what the reporter saw instead.
 */
import { expect, scenario } from '${harness}'
import { threeNode } from '${topology}'

const test = scenario(threeNode)

// Known to fail until it is mended? bug(${JSON.stringify(id).replaceAll('"', "'")}, { says: /…/, until: '2027-03-01' }) goes between the name and the function.
test(${quoted}, async ({ cloud, step }) => {
  const seen = await step('what the reporter did first', () => cloud.nova.list())

  await step('what the reporter saw', () => {
    // The last observation of the report, as it should have been.
    expect(seen).toEqual('fill this in')
  })
})
`
}
