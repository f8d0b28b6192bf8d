import { projectFolder } from '../paths.js'
import { findTests, type ChosenFile, type TestChoice } from './select-tests.js'

/** The files that have tests of each of some choices, without running any. */
export async function listTests(choices: readonly TestChoice[]): Promise<ChosenFile[][]> {
  const projects = [...new Set(choices.flatMap((choice) => choice.projects))]
  if (projects.length === 0) return choices.map(() => [])
  // Loaded when it is needed: that takes a fifth of a second.
  const { createVitest } = await import('vitest/node')
  const vitest = await createVitest('test', {
    ...{ root: projectFolder, run: true, watch: false, project: projects, reporters: [] },
  })
  try {
    const listed: ChosenFile[][] = []
    for (const choice of choices) {
      const found = await findTests(vitest, choice)
      listed.push(
        found
          .filter(({ project }) => choice.projects.includes(project))
          .map(({ project, file, slow }) => ({ project, file, slow })),
      )
    }
    return listed
  } finally {
    await vitest.close()
  }
}
