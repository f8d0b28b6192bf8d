import { Command } from 'commander'
import { pastRuns } from '../report/index.js'
import { markedTests, type MarkedTest } from './marked-tests.js'
import { print } from './print.js'
import { resultsRoot } from './results-folder.js'

/** With what became of it when it last ran, out of `results/`. */
interface SeenTest extends MarkedTest {
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
      const found = await seenTests()
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

async function seenTests(): Promise<SeenTest[]> {
  const marked = await markedTests()
  if (marked.length === 0) return []
  const runs = await pastRuns(resultsRoot, looked)
  return marked.map((test) => {
    const last = runs.find(({ results }) =>
      results.tests.some((one) => isSame(one, test) && one.state !== 'skipped'),
    )
    const state = last?.results.tests.find((one) => isSame(one, test))?.state
    return { ...test, ...(last && state && { last: { state, run: last.name } }) }
  })
}

const isSame = (one: { file: string; name: string }, other: { file: string; name: string }): boolean =>
  one.file === other.file && one.name === other.name
