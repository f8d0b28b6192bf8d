/** Throws unless the text is well-formed XML 1.0, of the parts of it that a report needs (elements, attributes, text). */
export function requireWellFormed(xml: string): void {
  const character = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u
  if (!character.test(xml)) throw new Error('a character that XML does not have')
  const text = String.raw`(?:[^<&"]|&(?:amp|lt|gt|quot|#\d+);)*`
  const token = new RegExp(
    String.raw`<\?xml [^?]*\?>|<(?<end>/)?(?<name>[a-z]+)(?: [a-z]+="${text}")*(?<empty>/)?>|${text}`,
    'uy',
  )
  const open: string[] = []
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const found = token.exec(xml)
    if (!found?.[0]) throw new Error(`not XML: ${xml.slice(at, at + 80)}`)
    const { end, name, empty } = found.groups ?? {}
    if (name === undefined || empty) continue
    if (!end) open.push(name)
    else if (open.pop() !== name) throw new Error(`${name} was not open`)
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} stays open`)
}
