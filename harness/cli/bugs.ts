import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { createVitest, type TestModule } from 'vitest/node'
import { projectFolder } from '../paths.js'
import { pastRuns } from '../report/index.js'
import type { KnownIssue } from '../scenario/index.js'
import { print } from './print.js'
import { resultsRoot } from './results-folder.js'

/** A test that is marked with a known issue. */
interface MarkedTest {
  id: string
  /** The last day on which it may fail. */
  until: string
  /** What its failure says, a regular expression. */
  says: string
  url?: string
  file: string
  name: string
  /** What became of it when it last ran, out of `results/`. */
  last?: { state: string; run: string }
}

/** Older runs are not looked at: each is a file to read. */
const looked = 30

/** `stackrig bugs`: the known issues of all scenarios. */
export function bugsCommand(): Command {
  return new Command('bugs')
    .description('list the scenarios that are known to fail')
    .option('--json', 'as JSON')
    .action(async (options: { json?: true }) => {
      const found = await markedTests()
      if (options.json) {
        print(JSON.stringify(found, null, 2))
        return
      }
      if (found.length === 0) {
        print('no scenario is marked with a known issue')
        return
      }
      for (const { id, until, file, name, url, last } of found) {
        print(`${id}  until ${until}  ${last ? `${last.state} in ${last.run}` : 'has not run'}`)
        print(`    ${file}: ${name}`, ...(url === undefined ? [] : [`    ${url}`]))
      }
    })
}

async function markedTests(): Promise<MarkedTest[]> {
  const vitest = await createVitest('test', {
    root: projectFolder,
    run: true,
    watch: false,
    project: ['scenarios'],
    reporters: [],
  })
  try {
    // To load a file takes a second; those without a mark need not be.
    const files = (await vitest.globTestSpecifications([])).map(({ moduleId }) => moduleId)
    const marking = files.filter((file) => readFileSync(file, 'utf8').includes('bug('))
    if (marking.length === 0) return []
    const { testModules } = await vitest.collect(marking)
    const runs = await pastRuns(resultsRoot, looked)
    return testModules.flatMap(marked).map((test) => {
      const last = runs.find(({ results }) =>
        results.tests.some((one) => isSame(one, test) && one.state !== 'skipped'),
      )
      const state = last?.results.tests.find((one) => isSame(one, test))?.state
      return { ...test, ...(last && state && { last: { state, run: last.name } }) }
    })
  } finally {
    await vitest.close()
  }
}

function marked(module: TestModule): MarkedTest[] {
  return [...module.children.allTests()].flatMap((test) => {
    const { issue }: { issue?: KnownIssue } = test.meta()
    if (issue === undefined) return []
    const { id, until, says, url } = issue
    const place = { file: module.relativeModuleId, name: test.fullName }
    return [{ id, until, says: `/${says.source}/${says.flags}`, ...(url !== undefined && { url }), ...place }]
  })
}

const isSame = (one: { file: string; name: string }, other: { file: string; name: string }): boolean =>
  one.file === other.file && one.name === other.name
