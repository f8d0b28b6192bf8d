import { readFileSync } from 'node:fs'
import type { TestModule } from 'vitest/node'
import { projectFolder } from '../paths.js'
import type { KnownIssue } from '../scenario/index.js'

/** A test that is marked with a known issue. */
export interface MarkedTest {
  id: string
  /** The last day on which it may fail. */
  until: string
  /** What its failure says, a regular expression. */
  says: string
  url?: string
  file: string
  name: string
}

/**
 * The tests of scenarios that are marked, without running any.
 * @param only files, from the project's folder; without it, all
 */
export async function markedTests(only?: readonly string[]): Promise<MarkedTest[]> {
  // Loaded when it is needed: that takes a fifth of a second.
  const { createVitest } = await import('vitest/node')
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
    const marking = files.filter(
      (file) =>
        (only?.includes(file.replace(`${projectFolder}/`, '')) ?? true) &&
        readFileSync(file, 'utf8').includes('bug('),
    )
    if (marking.length === 0) return []
    const { testModules } = await vitest.collect(marking)
    return testModules.flatMap(marked)
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
