import type { TestSpecification, Vitest } from 'vitest/node'
import { StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { chooseFiles } from './choose-files.js'

/** Which tests are run. */
export interface TestChoice {
  projects: string[]
  /** Names or parts of paths (`chooseFiles`); none for all. */
  files: string[]
  /** Those tagged `slow`, too. */
  slow: boolean
  /** Only those with these tags; one that begins with `!` they must not have. */
  tags?: string[]
}

/** A file of tests that was chosen. */
export interface ChosenFile {
  project: string
  /** Path from the project's folder. */
  file: string
  /** Whether some of those chosen are tagged `slow`. */
  slow: boolean
}

/** With what vitest runs of it. */
export interface ChosenTests extends ChosenFile {
  specification: TestSpecification
}

/**
 * The files that have chosen tests. A file in which none has a tag that is asked for is not loaded: the tags are read out of its text.
 * @throws StackrigError USAGE when there is none.
 */
export async function selectTests(vitest: Vitest, choice: TestChoice): Promise<ChosenTests[]> {
  const chosen = await findTests(vitest, choice)
  if (chosen.length > 0) return chosen
  throw new StackrigError('USAGE', 'the tests to run must be named', {
    seen: `${choice.projects.join(', ')}: none ${choice.files.length > 0 ? `of ${choice.files.join(', ')} ` : ''}can be run there`,
    next: 'npx stackrig test --help',
  })
}

/** The same, but there may be none. */
export async function findTests(vitest: Vitest, choice: TestChoice): Promise<ChosenTests[]> {
  const all = await vitest.globTestSpecifications([])
  const pathOf = (specification: TestSpecification): string =>
    specification.moduleId.replace(`${projectFolder}/`, '')
  const named = new Set(chooseFiles(choice.files, [...new Set(all.map(pathOf))], projectFolder))
  const files = all.filter((specification) => named.has(pathOf(specification)))
  const parsed = await vitest.experimental_parseSpecifications(files)
  return files.flatMap((specification, at): ChosenTests[] => {
    const { project, moduleId } = specification
    const wanted = [...(project.config.tagsFilter ?? []), ...(choice.tags ?? [])]
    const tests = [...(parsed[at]?.children.allTests() ?? [])]
    const fits = (tags: readonly string[]): boolean =>
      wanted.every((tag) => (tag.startsWith('!') ? !tags.includes(tag.slice(1)) : tags.includes(tag)))
    // Whatever tests a file makes while it is loaded, they may have no tag.
    const decided = wanted.some((tag) => !tag.startsWith('!')) || tests.length > 0
    if (wanted.length > 0 && decided && !tests.some(({ tags }) => fits(tags))) return []
    const testTagsFilter = [...wanted, ...(choice.slow ? [] : ['!slow'])]
    return [
      {
        project: project.name,
        file: pathOf(specification),
        slow: choice.slow && tests.some(({ tags }) => tags.includes('slow')),
        specification: project.createSpecification(
          moduleId,
          testTagsFilter.length > 0 ? { testTagsFilter } : {},
        ),
      },
    ]
  })
}
