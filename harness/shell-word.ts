/** A text as one word, for sh(1) and for Python's shlex.split. */
export function quoteWord(value: string | number): string {
  const text = String(value)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
