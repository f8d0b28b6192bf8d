import { readdir } from 'node:fs/promises'
import type { Row } from './row.js'

/** All rows: what the files of `rows/` export, by name. They are TypeScript in a test, and JavaScript in a build. */
export async function findRows(): Promise<Row[]> {
  const folder = new URL('rows/', import.meta.url)
  const files = (await readdir(folder)).filter((file) => /\.[jt]s$/.test(file))
  const modules = await Promise.all(
    files.map(async (file) => (await import(new URL(file, folder).href)) as Record<string, unknown>),
  )
  return modules
    .flatMap((module) => Object.values(module))
    .filter(isRow)
    .sort((a, b) => a.name.localeCompare(b.name))
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && 'attempt' in value && 'amounts' in value
}
