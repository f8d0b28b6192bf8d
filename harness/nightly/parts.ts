import { StackrigError } from '../errors/index.js'

/** Tests that one part of a night runs, as vitest names them. */
export interface TestPart {
  projects: string[]
  /** Tags that its tests have, or with `!` have not. */
  tags: string[]
}

/** A part of a night that runs no tests: a program. */
export type ProgramPart = 'check' | 'torture' | 'bench'

/** What a night is made of, in its order. */
const parts: Readonly<Record<string, TestPart | ProgramPart>> = {
  check: 'check',
  unit: { projects: ['unit'], tags: ['!slow'] },
  vm: { projects: ['vm'], tags: ['!slow'] },
  core: { projects: ['scenarios'], tags: ['core', '!slow'] },
  scenarios: { projects: ['scenarios'], tags: ['!core', '!slow'] },
  slow: { projects: ['unit', 'vm', 'scenarios'], tags: ['slow'] },
  'all-in-one': { projects: ['all-in-one'], tags: [] },
  torture: 'torture',
  bench: 'bench',
}

/** Those that a project has which uses stackrig. */
const ofProject = ['check', 'core', 'scenarios', 'slow']

/** @param isCheckout whether the project is stackrig itself */
export const partNames = (isCheckout: boolean): string[] => (isCheckout ? Object.keys(parts) : ofProject)

/** A part by its name. @throws StackrigError USAGE with the names there are. */
export function findPart(name: string, isCheckout: boolean): TestPart | ProgramPart {
  const names = partNames(isCheckout)
  const part = parts[name]
  if (part === undefined || !names.includes(name)) {
    throw new StackrigError('USAGE', `there is no part "${name}" of a night here`, {
      seen: `there are: ${names.join(', ')}`,
    })
  }
  if (typeof part === 'string' || isCheckout) return part
  return { ...part, projects: ['scenarios'] }
}
