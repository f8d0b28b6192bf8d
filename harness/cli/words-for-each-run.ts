import { relative } from 'node:path'
import { projectFolder } from '../paths.js'
import type { Overlay } from '../scenario/index.js'

interface EachRun {
  files: readonly string[]
  project?: readonly string[] | undefined
  keep?: boolean | undefined
  hold?: boolean | undefined
  overlay?: readonly Overlay[] | undefined
  restart?: readonly string[] | undefined
  tags?: readonly string[] | undefined
}

/** What stands after `stackrig test` for a run in a process of its own, which begins in the project's folder. */
export function wordsForEachRun({
  files,
  project,
  keep,
  hold,
  overlay = [],
  restart,
  tags,
}: EachRun): string[] {
  return [
    ...files.map(fromProject),
    ...(keep ? ['--keep'] : []),
    ...(hold ? ['--hold'] : []),
    ...overlay.map(({ node, folder }) => `--overlay=${node}=${folder}`),
    ...(restart ? [`--restart=${restart.join(',')}`] : []),
    ...(tags ? [`--tags=${tags.join(',')}`] : []),
    ...(project ? ['--project', ...project] : []),
  ]
}

/** A path that a shell completed from where a person stands; what names a file by a part of its path stays. */
function fromProject(word: string): string {
  const path = relative(projectFolder, word)
  return word.startsWith('.') || word.startsWith('/') ? path : word
}
