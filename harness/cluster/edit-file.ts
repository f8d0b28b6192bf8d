import type { FileEdit } from '../contract/index.js'
import { StackrigError } from '../errors/index.js'
import { withoutEnd } from '../without-end.js'

/**
 * The text with one key set to a value; nothing else changes, comments and order stay.
 * oslo.config reads repeated keys as a list and takes `#` only at the start of a line for a comment, so no general INI
 * library will do (it would drop the first, and cut a value at the second).
 */
export function editText(text: string, edit: Omit<FileEdit, 'file' | 'value'>, value: string): string {
  return edit.format === 'exports'
    ? setExport(text, edit.key, value)
    : setIni(text, edit.section ?? 'DEFAULT', edit.key, value)
}

function setExport(text: string, key: string, value: string): string {
  const line = `export ${key}=${value}`
  const lines = text.split('\n')
  const at = lines.findIndex((candidate) => candidate.startsWith(`export ${key}=`))
  if (at === -1) return `${withoutEnd(text, '\n')}\n${line}\n`
  return lines.with(at, line).join('\n')
}

function setIni(text: string, section: string, key: string, value: string): string {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.trim() === `[${section}]`)
  if (start === -1) return `${withoutEnd(text, '\n')}\n[${section}]\n${key} = ${value}\n`
  const next = lines.findIndex((line, index) => index > start && /^\s*\[.+\]\s*$/.test(line))
  const end = next === -1 ? lines.length : next
  const pattern = new RegExp(`^${key}\\s*=`)
  const found = lines.flatMap((line, index) =>
    index > start && index < end && pattern.test(line) ? [index] : [],
  )
  const [at] = found
  if (found.length > 1) {
    throw new StackrigError('IMAGE_MISMATCH', `the key ${key} must stand at most once in [${section}]`, {
      seen: found.map((index) => lines[index]).join('\n'),
    })
  }
  return (
    at === undefined
      ? lines.toSpliced(start + 1, 0, `${key} = ${value}`)
      : lines.with(at, `${key} = ${value}`)
  ).join('\n')
}
