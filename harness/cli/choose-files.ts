import { relative, resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'

/**
 * Those of the files (paths from the project's folder) that a person means by some words; all of them without a word. A
 * whole name, as `nova`, `scenarios/nova` or `scenarios/bugs`, wins over parts of names: `scenarios/first` means
 * `first.scenario.ts`, and only when there is none also `first-boot.scenario.ts`.
 * @throws StackrigError USAGE for a word that none of them contains.
 */
export function chooseFiles(words: readonly string[], files: readonly string[], root: string): string[] {
  if (words.length === 0) return [...files]
  const chosen = new Set(words.flatMap((word) => filesOf(word, files, root)))
  return files.filter((file) => chosen.has(file))
}

function filesOf(word: string, files: readonly string[], root: string): string[] {
  // A shell completes paths from where it stands, also absolute ones.
  const here = relative(root, resolve(word))
  const names = [...new Set([word, ...(here === '' || here.startsWith('..') ? [] : [here])])].map((name) =>
    name.replace(/^\.\//, '').replace(/\/$/, '').toLowerCase(),
  )
  const whole = files.filter((file) => names.some((name) => isWholeName(name, file.toLowerCase())))
  if (whole.length > 0) return whole
  const parts = files.filter((file) => names.some((name) => file.toLowerCase().includes(name)))
  if (parts.length > 0) return parts
  throw new StackrigError('USAGE', 'a test file is named by a part of its path', {
    seen: `none of ${files.length} files has "${word}" in its path`,
    next: 'ls scenarios',
  })
}

/** Whether a name is that of a file, with or without its endings, or of a folder around it. */
function isWholeName(name: string, file: string): boolean {
  const short = file.replace(/\.(scenario|vm\.test|test)\.ts$/, '')
  return `/${short}/`.includes(`/${name}/`) || `/${file}`.endsWith(`/${name}`)
}
