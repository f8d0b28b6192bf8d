import { humanDuration } from '../duration.js'
import { fileKey, type LastDuration } from '../report/index.js'
import type { ChosenFile } from './select-tests.js'

/** More than these are summed up. */
const listed = 12

/** Which files are about to run, and how long they took last time. */
export function announcement(
  files: readonly ChosenFile[],
  last: ReadonlyMap<string, LastDuration>,
): string[] {
  if (files.length <= listed) return files.map((file) => `  ${nameOf(file)}  ${told(file, last)}`)
  const projects = [...new Set(files.map(({ project }) => project))]
  return projects.map((project) => {
    const own = files.filter((file) => file.project === project)
    const known = own.flatMap((file) => last.get(fileKey(project, file.file)) ?? [])
    const sum = known.reduce((total, { duration }) => total + duration, 0)
    const rest = own.length - known.length
    const unknown = rest === 0 ? '' : known.length === 0 ? 'not run before' : `, ${rest} not run before`
    const took = known.length === 0 ? '' : `${humanDuration(sum)} of work last time`
    return `  ${project}: ${own.length} files, ${took}${unknown}`
  })
}

const nameOf = ({ project, file }: ChosenFile): string =>
  project === 'all-in-one' ? `${file} on all-in-one` : file

function told({ project, file, slow }: ChosenFile, last: ReadonlyMap<string, LastDuration>): string {
  const tests = slow ? 'slow tests, too; ' : ''
  const known = last.get(fileKey(project, file))
  if (known === undefined) return `${tests}not run before`
  const partly = known.partly ? ' without those left out then' : ''
  return `${tests}${humanDuration(known.duration)} last time${partly}`
}
