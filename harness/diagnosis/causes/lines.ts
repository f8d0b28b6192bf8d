/** The lines of a file of settings that differ; each with its section, `[neutron] password = wrong`. Undefined without texts. */
export function changedLines(
  before: string | undefined,
  now: string | undefined,
): { had: string[]; has: string[] } | undefined {
  if (before === undefined || now === undefined) return undefined
  const [had, has] = [withSections(before), withSections(now)]
  return { had: without(had, has), has: without(has, had) }
}

function withSections(text: string): string[] {
  let section = ''
  return text.split('\n').flatMap((line) => {
    const header = /^\s*(\[[^\]]+\])\s*$/.exec(line)?.[1]
    if (header !== undefined) section = `${header} `
    return header === undefined ? [`${section}${line.trim()}`] : []
  })
}

/** Those of the first list that the second has not, or not as often. */
function without(lines: string[], others: string[]): string[] {
  const left = new Map<string, number>()
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1)
  return lines.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
}
